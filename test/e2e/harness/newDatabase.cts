import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { N8nInstallation } from './install.cts';

/**
 * The database that n8n makes at its first start takes it more than a hundred migrations, 4 s of a
 * core. The first n8n of a run of tests makes it, and further ones of that version get a copy.
 */
interface NewDatabase {
	version: string;
	/** Holds the database, and n8n's settings with the key that its secrets are encrypted with. */
	folder: string;
}

const FILES = ['database.sqlite', 'config'];

/** Tells the test files, which run in other processes, where it is. */
const VARIABLE = 'N8N_NODES_APIXO_NEW_DATABASE';

/** Run by n8n's own Node, which has SQLite, while the tests' one may be too old for it. */
const SCRIPT = `
const { DatabaseSync } = require('node:sqlite');
const [from, to] = process.argv.slice(1);
new DatabaseSync(from).prepare('VACUUM INTO ?').run(to);
`;

/** Keeps a copy of the database of an n8n that has just started for the first time. */
export function keepNewDatabase(
	{ userFolder }: { userFolder: string },
	version: string,
	{ nodeBinary }: N8nInstallation,
): void {
	const folder = mkdtempSync(join(tmpdir(), 'n8n-nodes-apixo-database-'));
	process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
	const [database, config] = FILES;
	const from = join(userFolder, '.n8n');
	execFileSync(nodeBinary, ['-e', SCRIPT, join(from, database), join(folder, database)]);
	cpSync(join(from, config), join(folder, config));
	process.env[VARIABLE] = JSON.stringify({ version, folder } satisfies NewDatabase);
}

/** Gives a user folder that is new the database that was kept, if it is of this version of n8n. */
export function copyNewDatabase(userFolder: string, version: string): void {
	const kept = process.env[VARIABLE];
	if (!kept) return;
	const { version: keptVersion, folder } = JSON.parse(kept) as NewDatabase;
	if (keptVersion !== version) return;
	mkdirSync(join(userFolder, '.n8n'), { recursive: true });
	for (const file of FILES) cpSync(join(folder, file), join(userFolder, '.n8n', file));
}
