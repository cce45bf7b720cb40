import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { cleanNpmEnvironment } from '../../e2e/harness/npm.cts';

export const REPOSITORY = resolve(__dirname, '..', '..', '..');

const temporaryFolders: string[] = [];
afterAll(() => {
	for (const folder of temporaryFolders) rmSync(folder, { recursive: true });
});

/** A temporary folder with these files, by their paths; it goes after the test file's last test. */
export function folderWith(files: Record<string, string>): string {
	const folder = mkdtempSync(join(tmpdir(), 'n8n-nodes-apixo-test-'));
	temporaryFolders.push(folder);
	for (const [path, content] of Object.entries(files)) {
		mkdirSync(dirname(join(folder, path)), { recursive: true });
		writeFileSync(join(folder, path), content);
	}
	return folder;
}

/** Paths of the files below a folder of `root`, relative to `root`, with slashes, sorted. */
export function filesBelow(root: string, folder: string): string[] {
	return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile())
		.map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
		.sort();
}

/**
 * Runs a program for Node.js to its end as from a fresh shell: n8n's lint rules judge otherwise when
 * jest's NODE_ENV says that they are under test. `script` is relative to the repository.
 */
export function runScript(script: string, args: string[], cwd: string) {
	const { status, stdout, stderr } = spawnSync(
		process.execPath,
		[join(REPOSITORY, script), ...args],
		{ cwd, env: cleanNpmEnvironment(), encoding: 'utf8', maxBuffer: 50_000_000 },
	);
	return { status, stdout, stderr };
}
