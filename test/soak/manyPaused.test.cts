import { setTimeout as delay } from 'node:timers/promises';
import { type Stage, openStage, runOf } from '../e2e/action/support.cts';
import { type N8n, startN8n } from '../e2e/harness/n8n.cts';
import { noOp, webhookTrigger, workflow } from '../e2e/harness/workflows.cts';
import { finishAll, pausing, UNTIL_TOLD } from '../e2e/pause/support.cts';
import { eventually } from '../support/eventually.cts';

const EXECUTIONS = 200;
const WARM_UP_EXECUTIONS = 10;

/**
 * n8n takes about 9 MB outside its heap for the expressions of each execution that runs, and glibc
 * keeps some of it for good, whatever the nodes do: so a host limits how many run. A paused
 * execution does not count as running.
 */
const ENV = { N8N_CONCURRENCY_PRODUCTION_LIMIT: '5' };

/** How much more than an idle n8n counts as its idle level. */
const TOLERANCE = 1.1;

/** V8 gives memory back in steps, some seconds apart. */
const QUIET_SECONDS = 15;

/** As long as n8n may take for all executions. */
const ALL_WITHIN_MS = 240_000;

jest.setTimeout(3 * ALL_WITHIN_MS);

let n8n: N8n;
let stage: Stage;

beforeAll(async () => {
	n8n = await startN8n({ withPackage: true, env: ENV });
	await n8n.api.setupOwner();
	stage = await openStage(UNTIL_TOLD, n8n.api);
});
afterAll(async () => await n8n?.dispose());

/** Publishes a workflow with the APIXO node, and starts it that many times at once. */
async function startMany(completion: 'none' | 'callback', count: number): Promise<string> {
	const { id } = await n8n.api.createWorkflow(
		workflow({
			name: completion,
			nodes: [
				webhookTrigger({ path: completion }),
				stage.node({ parameters: { ...pausing({ prompt: completion }), completion } }),
				noOp({ name: 'Next' }),
			],
		}),
	);
	await n8n.api.activate(id);
	const calls = Array.from({ length: count }, async () => await n8n.api.callWebhook(completion));
	const answers = await Promise.all(calls);
	expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
	return id;
}

/** How many of a workflow's executions have this status; undefined while n8n is too busy to say. */
async function countOf(
	workflowId: string,
	status: 'waiting' | 'success',
): Promise<number | undefined> {
	try {
		return await n8n.api.countExecutions([status], workflowId);
	} catch (error) {
		if ((error as Error).message.startsWith('n8n answered 503')) return undefined;
		throw error;
	}
}

async function untilAre(
	workflowId: string,
	status: 'waiting' | 'success',
	count: number,
): Promise<void> {
	await eventually(
		`${count} executions to be ${status}`,
		async () => (await countOf(workflowId, status)) === count || undefined,
		ALL_WITHIN_MS,
	);
}

/** What n8n's resident memory comes down to when it has nothing to do. */
async function idleBytes(): Promise<number> {
	let lowest = Infinity;
	for (let quietSeconds = 0; quietSeconds < QUIET_SECONDS; quietSeconds++) {
		const bytes = n8n.residentMemoryBytes();
		if (bytes < 0.98 * lowest) quietSeconds = 0;
		lowest = Math.min(lowest, bytes);
		await delay(1_000);
	}
	return lowest;
}

it('200 paused executions take no memory, and all go on when APIXO calls back', async () => {
	await untilAre(await startMany('none', WARM_UP_EXECUTIONS), 'success', WARM_UP_EXECUTIONS);
	const idle = await idleBytes();

	const workflowId = await startMany('callback', EXECUTIONS);
	await untilAre(workflowId, 'waiting', EXECUTIONS);
	const paused = await idleBytes();
	expect(paused / idle).toBeLessThan(TOLERANCE);

	finishAll(stage);
	await untilAre(workflowId, 'success', EXECUTIONS);
	const taskIds = new Set<unknown>();
	for (const { id } of await n8n.api.listExecutions(workflowId)) {
		const { execution, output } = runOf(await n8n.api.getExecution(id));
		expect(execution.runData.Next).toHaveLength(1);
		expect(output).toHaveLength(1);
		expect(output[0].json).toMatchObject({ state: 'success', deliveredBy: 'callback' });
		taskIds.add(output[0].json.taskId);
	}
	expect(taskIds.size).toBe(EXECUTIONS);
	expect(stage.submits).toBe(WARM_UP_EXECUTIONS + EXECUTIONS);
});
