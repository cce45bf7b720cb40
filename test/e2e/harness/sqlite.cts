import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureN8n } from './install.cts';

const databaseOf = ({ userFolder }: { userFolder: string }) =>
	join(userFolder, '.n8n', 'database.sqlite');

/**
 * Runs a script with the SQLite `database` of an n8n, the list `args`, and the text `input`. By n8n's
 * own Node, since the tests' one may be too old to have SQLite.
 * @returns what the script returns
 */
export async function runInDatabase(
	n8n: { userFolder: string },
	script: string,
	args: string[],
	input = '',
): Promise<string> {
	const { nodeBinary } = await ensureN8n({ log: () => {} });
	const wrapped = `
		const { DatabaseSync } = require('node:sqlite');
		const [file, ...args] = process.argv.slice(1);
		const run = (database, input) => {${script}};
		const output = run(new DatabaseSync(file), require('node:fs').readFileSync(0, 'utf8'));
		process.stdout.write(output ?? '');
	`;
	return execFileSync(nodeBinary, ['-e', wrapped, databaseOf(n8n), ...args], {
		input,
		encoding: 'utf8',
		maxBuffer: 2 ** 26,
		stdio: ['pipe', 'pipe', 'inherit'],
	});
}
