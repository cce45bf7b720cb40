import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInDatabase } from './sqlite.cts';

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

/** Keeps a copy of the database of an n8n that has just started for the first time. */
export async function keepNewDatabase(n8n: { userFolder: string }, version: string): Promise<void> {
	const folder = mkdtempSync(join(tmpdir(), 'n8n-nodes-apixo-database-'));
	process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
	await copyDatabase(n8n, folder);
	process.env[VARIABLE] = JSON.stringify({ version, folder } satisfies NewDatabase);
}

/** Copies the database of a running n8n, as it is at this moment, and n8n's settings. */
export async function copyDatabase(n8n: { userFolder: string }, folder: string): Promise<void> {
	const [database, config] = FILES;
	await runInDatabase(n8n, "database.prepare('VACUUM INTO ?').run(args[0])", [
		join(folder, database),
	]);
	cpSync(join(n8n.userFolder, '.n8n', config), join(folder, config));
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
