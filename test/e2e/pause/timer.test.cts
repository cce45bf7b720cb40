import { type RunOptions, jsons, openStage, runOf } from '../action/support.cts';
import { noOp } from '../harness/workflows.cts';
import type { TaskPlan as Plan } from '../../simulator/simulator.cts';
import { numbered, park, pausing, WAKE_UP_MS, WAKES_SOON } from './support.cts';

jest.setTimeout(2 * WAKE_UP_MS);

const never = { callback: { never: true } };
const next = noOp({ name: 'Next' });

/** Runs a node that wakes soon, to its end. */
async function runToEnd(plan: Plan, run: RunOptions = {}) {
	const stage = await openStage({ defaults: plan });
	const { options: nodeOptions, ...parameters } = (run.parameters ?? {}) as { options?: object };
	const parked = await park(stage, {
		then: [next],
		...run,
		parameters: { ...parameters, options: { ...WAKES_SOON, ...nodeOptions } },
	});
	const { api } = stage;
	const execution = await api.waitForExecution(parked.executionId, { timeoutMs: WAKE_UP_MS });
	return { stage, ...runOf(execution) };
}

// n8n looks once a minute, so that all wait together.
describe('the execution wakes by itself', () => {
	it.concurrent('and finds the result, if no callback ever comes', async () => {
		const { stage, execution, output } = await runToEnd({ seconds: 1, ...never });
		expect(jsons(output)).toEqual([
			expect.objectContaining({ state: 'success', deliveredBy: 'poll' }),
		]);
		expect(execution.runData.Next).toHaveLength(1);
		expect(stage.simulator.counts()).toMatchObject({ generateTask: 1, statusTask: 1 });
	});

	it.concurrent('and finds those of which the callback was lost', async () => {
		const stage = await openStage({ defaults: { seconds: 1 } });
		stage.simulator.plan({ promptIncludes: 'prompt 1' }, never);
		const { executionId } = await park(stage, {
			items: numbered(3),
			parameters: { options: WAKES_SOON },
		});
		const { output } = runOf(
			await stage.api.waitForExecution(executionId, { timeoutMs: WAKE_UP_MS }),
		);
		expect(jsons(output).map(({ state }) => state)).toEqual(['success', 'success', 'success']);
		expect(stage.submits).toBe(3);
	});

	it.concurrent(
		'and stops with an error that names the task, if it is not done in time',
		async () => {
			const { stage, execution, error } = await runToEnd(
				{ outcome: 'never' },
				{ parameters: { options: { timeout: 4 } }, retryOnFail: true, waitBetweenTries: 100 },
			);
			const { taskId } = stage.taskOf('a red fox');
			expect(execution.status).toBe('error');
			expect(error.message).toBe(
				`APIXO task ${taskId} was not done within 4 seconds; its last state was 'processing'`,
			);
			expect(error.description).toContain(`task ID '${taskId}'`);
			expect(error.context).toMatchObject({ taskId, state: 'processing' });
			expect(stage.submits).toBe(1);
		},
	);

	it.concurrent('and hands on the unfinished task, if On Timeout says so', async () => {
		const { stage, execution, output } = await runToEnd(
			{ outcome: 'never' },
			{ parameters: { options: { timeout: 4, onTimeout: 'output' } } },
		);
		const { taskId } = stage.taskOf('a red fox');
		expect(jsons(output)).toEqual([
			expect.objectContaining({ taskId, state: 'processing', timedOut: true }),
		]);
		expect(execution.runData.Next).toHaveLength(1);
	});

	it.concurrent('and loses no other task to the one that was not done in time', async () => {
		const stage = await openStage({ defaults: { seconds: 1 } });
		stage.simulator.plan({ promptIncludes: 'prompt 1' }, { outcome: 'never' });
		const { executionId } = await park(stage, {
			items: numbered(3),
			onError: 'continueRegularOutput',
			parameters: { options: { ...WAKES_SOON, timeout: 4 } },
		});
		const { output } = runOf(
			await stage.api.waitForExecution(executionId, { timeoutMs: WAKE_UP_MS }),
		);
		const { taskId } = stage.taskOf('prompt 1');
		expect(jsons(output).map(({ state }) => state)).toEqual(['success', 'processing', 'success']);
		expect(output[1].json).toMatchObject({
			taskId,
			error: expect.stringContaining(
				`APIXO task ${taskId} was not done within 4 seconds`,
			) as string,
		});
	});

	it.concurrent('and stops, if APIXO does not know the task any more', async () => {
		const { stage, error } = await runToEnd({
			...never,
			statusFaults: [{ kind: 'http', status: 404 }],
		});
		const { taskId } = stage.taskOf('a red fox');
		expect(error.message).toMatch(new RegExp(`^APIXO does not know task ${taskId} `));
		expect(error.context.taskId).toBe(taskId);
	});
});

describe('a callback that comes before the execution is parked', () => {
	const early: Plan = { seconds: 0, submitFaults: [{ kind: 'hang', seconds: 1 }] };

	it.concurrent('comes again, and resumes it', async () => {
		// APIXO tries again after 30 s: here after 3 s.
		const stage = await openStage({ timeScale: 10, defaults: early });
		const { executionId } = await park(stage);
		const { output } = runOf(await stage.api.waitForExecution(executionId));
		expect(output[0].json).toMatchObject({ state: 'success', deliveredBy: 'callback' });
		const { callbackAttempts } = stage.taskOf('a red fox');
		const [first, ...later] = callbackAttempts.map(({ status }) => status);
		expect(first).toBeGreaterThanOrEqual(400);
		expect(later).toEqual([200]);
		expect(stage.simulator.counts()).toMatchObject({ generateTask: 1, statusTask: 1 });
	});

	it.concurrent('or the execution wakes by itself, if that is sooner', async () => {
		const stage = await openStage({ timeScale: 0.1, defaults: early });
		const { executionId } = await stage.start({
			parameters: pausing({ options: WAKES_SOON }),
			then: [next],
		});
		const execution = await stage.api.waitForExecution(executionId, { timeoutMs: WAKE_UP_MS });
		expect(runOf(execution).output[0].json).toMatchObject({
			state: 'success',
			deliveredBy: 'poll',
		});
		expect(execution.runData.Next).toHaveLength(1);
		const { callbackAttempts } = stage.taskOf('a red fox');
		expect(callbackAttempts).toHaveLength(1);
		expect(callbackAttempts[0].status).toBeGreaterThanOrEqual(400);
		expect(stage.simulator.counts()).toMatchObject({ generateTask: 1, statusTask: 1 });
	});
});
