import type { IDataObject, IRunExecutionData } from 'n8n-workflow';
import type { RunState } from '../../../nodes/Apixo/decisions/state';
import { runInDatabase } from '../harness/sqlite.cts';

/** Loaded with this file, since jest lets nothing be loaded while concurrent tests change turns. */
const flatted = import('flatted');

const READ = `
	const select = database.prepare('SELECT data FROM execution_data WHERE executionId = ?');
	return select.get(args[0]).data;
`;

const WRITE_AND_MAKE_DUE = `
	database.prepare('UPDATE execution_data SET data = ? WHERE executionId = ?').run(input, args[0]);
	const due = "UPDATE execution_entity SET waitTill = strftime('%Y-%m-%d %H:%M:%f', 'now') WHERE id = ?";
	database.prepare(due).run(args[0]);
`;

/**
 * Changes what a paused execution's node has in its context, in the database of an n8n that is
 * down, and makes the execution due: n8n resumes it as soon as it is up.
 */
export async function changePausedNode(
	n8n: { userFolder: string },
	executionId: string,
	nodeName: string,
	change: (context: IDataObject) => IDataObject,
): Promise<void> {
	const { parse, stringify } = await flatted;
	const data = parse(await runInDatabase(n8n, READ, [executionId])) as IRunExecutionData;
	const contexts = data.executionData?.contextData ?? {};
	const key = `node:${nodeName}`;
	contexts[key] = change(contexts[key] as IDataObject);
	await runInDatabase(n8n, WRITE_AND_MAKE_DUE, [executionId], stringify(data));
}

/** As if n8n had been down until the next poll of each of the execution's tasks was due. */
export async function makeDue(
	n8n: { userFolder: string },
	executionId: string,
	nodeName: string,
): Promise<void> {
	const dueAtMs = Date.now();
	await changePausedNode(n8n, executionId, nodeName, (context) => {
		const { run0 } = context.apixoRuns as unknown as { run0: RunState };
		const items = run0.items.map((item) =>
			item.status === 'task' ? { ...item, wait: { ...item.wait, nextPollAtMs: dueAtMs } } : item,
		);
		const apixoPause = { ...(context.apixoPause as IDataObject), untilMs: dueAtMs };
		return { ...context, apixoPause, apixoRuns: { run0: { ...run0, items } } } as IDataObject;
	});
}
