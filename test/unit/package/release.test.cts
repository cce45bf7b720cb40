import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runNpm } from '../../e2e/harness/npm.cts';
import { filesBelow, folderWith, REPOSITORY } from './folders.cts';

const read = (path: string) => readFileSync(join(REPOSITORY, path), 'utf8');

const { name, scripts } = JSON.parse(read('package.json')) as {
	name: string;
	scripts: Record<string, string>;
};

/** Makes a folder a repository whose files are committed, whatever git's settings on this machine. */
function commitAll(git: (...args: string[]) => string) {
	git('init', '--quiet', '--initial-branch=main');
	git('config', 'user.name', 'Demo');
	git('config', 'user.email', 'demo@example.com');
	git('config', 'commit.gpgSign', 'false');
	git('config', 'tag.gpgSign', 'false');
	git('add', '.');
	git('commit', '--quiet', '--message', 'Demo');
}

it('npm run release commits and tags the version everywhere it is named', async () => {
	const folder = folderWith({
		'package.json': JSON.stringify({ name, version: '0.2.0', scripts }),
		'CHANGELOG.md': '# Changelog\n\n## [Unreleased]\n\n### Fixed\n\n- A fault.\n',
		'docs/compose/compose.yaml': read('docs/compose/compose.yaml'),
		...Object.fromEntries(filesBelow(REPOSITORY, 'scripts').map((path) => [path, read(path)])),
	});
	const git = (...args: string[]) =>
		execFileSync('git', args, { cwd: folder, encoding: 'utf8' }).trim();
	commitAll(git);

	await runNpm(['run', 'release', '--', 'minor'], { cwd: folder });

	expect(git('describe', '--exact-match')).toBe('0.3.0');
	expect(git('status', '--porcelain')).toBe('');
	expect(JSON.parse(git('show', 'HEAD:package.json'))).toMatchObject({ version: '0.3.0' });
	expect(git('show', 'HEAD:CHANGELOG.md')).toContain('\n## [0.3.0] - ');
	expect(git('show', 'HEAD:docs/compose/compose.yaml')).toContain(` ${name}@0.3.0 `);
});
