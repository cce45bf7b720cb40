import { type Stage, jsons, openStage, runOf } from '../action/support.cts';
import { type N8n, startN8n } from '../harness/n8n.cts';
import { type TestNode, chain, manualTrigger, workflow } from '../harness/workflows.cts';
import {
	callbackUrls,
	finishAll,
	onceEach,
	prompts,
	submitsByPrompt,
	untilPaused,
} from './scenes.cts';

/*
 * n8n loads an execution's data, may wait, and then claims the row by its status alone: a run may
 * start from the data of an older pause and know nothing of what was submitted since.
 */

jest.setTimeout(240_000);

const PAUSES = {
	completion: 'callback',
	options: { initialWait: 61, pollInterval: 61, timeout: 600 },
};

/** The node's results once the execution has ended. */
async function resultsOf({ api }: Stage, executionId: string) {
	const execution = await api.waitForExecution(executionId, { timeoutMs: 200_000 });
	return { status: execution.status, results: jsons(runOf(execution).output) };
}

describe('callbacks that come while the timer is due', () => {
	it.concurrent('pay for no item of 40 twice, 20 at once, and lose no result', async () => {
		const stage = await openStage({ defaults: { seconds: 3_600, callback: { never: true } } });
		const { executionId } = await stage.start({
			items: prompts(40),
			parameters: { ...PAUSES, options: { ...PAUSES.options, maxConcurrency: 20 } },
		});
		const paused = await untilPaused(stage, executionId, 20);
		const dueAtMs = new Date(String(paused.waitTill)).getTime();
		finishAll(stage);
		const [first] = stage.simulator.tasks();
		// Genuine callbacks in the last second and a half before the timer.
		await stage.simulator.until(() => Date.now() >= dueAtMs - 1_500, 100_000);
		const callbacks = [1_500, 1_000, 500, 100].map(async (beforeMs) => {
			await stage.simulator.until(() => Date.now() >= dueAtMs - beforeMs);
			await stage.simulator.sendCallback(first.taskId);
		});
		await Promise.all(callbacks);
		await untilPaused(stage, executionId, 40);
		finishAll(stage);
		const { status, results } = await resultsOf(stage, executionId);
		expect(submitsByPrompt(stage)).toEqual(onceEach(40));
		expect(status).toBe('success');
		expect(results.map(({ state }) => state)).toEqual(Array(40).fill('success'));
	});
});

describe('an n8n that runs one execution at a time', () => {
	let n8n: N8n;
	beforeAll(async () => {
		n8n = await startN8n({
			withPackage: true,
			env: { N8N_CONCURRENCY_PRODUCTION_LIMIT: '1' },
		});
		await n8n.api.setupOwner();
	});
	afterAll(async () => await n8n.dispose());

	it.each(['callbacks', 'timers alone'])(
		'pays once for each of two APIXO nodes one behind the other, resumed by %s',
		async (by) => {
			const stage = await openStage(
				{ defaults: { seconds: 3_600, callback: { never: true } } },
				n8n.api,
			);
			const first = stage.node({ name: 'First', parameters: PAUSES });
			const second = stage.node({
				name: 'APIXO',
				parameters: { ...PAUSES, prompt: "={{ 'second ' + $json.taskId }}" },
			});
			const nodes: TestNode[] = [manualTrigger({ items: prompts(3) }), first, second];
			const { id } = await stage.api.createWorkflow(
				workflow({ name: `Two nodes, ${by}`, nodes, connections: chain(...nodes) }),
			);
			const executionId = await stage.api.runManually(id);
			await untilPaused(stage, executionId, 3);
			finishAll(stage);
			if (by === 'callbacks') await sendEach(stage, 2);
			await untilPausedOrDone(stage, executionId, 6);
			finishAll(stage);
			if (by === 'callbacks') await sendEach(stage, 2);
			const { status, results } = await resultsOf(stage, executionId);
			expect(Object.values(submitsByPrompt(stage))).toEqual(Array(6).fill(1));
			expect(status).toBe('success');
			expect(results.map(({ state }) => state)).toEqual(['success', 'success', 'success']);
			expect(callbackUrls(stage).every((url) => url !== undefined)).toBe(true);
		},
	);
});

/** Sends the callback of every finished task, each this many times at the same moment. */
async function sendEach({ simulator }: Stage, times: number): Promise<void> {
	const finished = simulator.tasks().filter(({ finalAtMs }) => finalAtMs !== undefined);
	await Promise.all(
		finished.flatMap(({ taskId }) =>
			Array.from({ length: times }, async () => await simulator.sendCallback(taskId)),
		),
	);
}

async function untilPausedOrDone(stage: Stage, executionId: string, tasks: number): Promise<void> {
	await stage.simulator.until((simulator) => simulator.tasks().length >= tasks, 150_000);
	await untilPaused(stage, executionId, tasks);
}
