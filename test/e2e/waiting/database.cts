import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { IDataObject, IRunExecutionData } from 'n8n-workflow';
import { ensureN8n } from '../harness/install.cts';

/** Loaded with this file, since jest lets nothing be loaded while concurrent tests change turns. */
const flatted = import('flatted');

/** Run by n8n's own Node, which has SQLite, while the tests' one may be too old for it. */
const SCRIPT = `
const { DatabaseSync } = require('node:sqlite');
const { readFileSync } = require('node:fs');
const [file, executionId, action] = process.argv.slice(1);
const database = new DatabaseSync(file);
if (action === 'read') {
	const row = database.prepare('SELECT data FROM execution_data WHERE executionId = ?').get(executionId);
	process.stdout.write(row.data);
} else {
	const data = readFileSync(0, 'utf8');
	database.prepare('UPDATE execution_data SET data = ? WHERE executionId = ?').run(data, executionId);
	const due = "UPDATE execution_entity SET waitTill = strftime('%Y-%m-%d %H:%M:%f', 'now') WHERE id = ?";
	database.prepare(due).run(executionId);
}
`;

/**
 * Changes what a paused execution's node has in its context, in the database of an n8n that is
 * down, and makes the execution due: n8n resumes it as soon as it is up.
 */
export async function changePausedNode(
	{ userFolder }: { userFolder: string },
	executionId: string,
	nodeName: string,
	change: (context: IDataObject) => IDataObject,
): Promise<void> {
	const { parse, stringify } = await flatted;
	const { nodeBinary } = await ensureN8n({ log: () => {} });
	const run = (action: 'read' | 'write', input = '') =>
		execFileSync(
			nodeBinary,
			['-e', SCRIPT, join(userFolder, '.n8n', 'database.sqlite'), executionId, action],
			{ input, encoding: 'utf8', maxBuffer: 2 ** 26, stdio: ['pipe', 'pipe', 'inherit'] },
		);
	const data = parse(run('read')) as IRunExecutionData;
	const contexts = data.executionData?.contextData ?? {};
	const key = `node:${nodeName}`;
	contexts[key] = change(contexts[key] as IDataObject);
	run('write', stringify(data));
}
