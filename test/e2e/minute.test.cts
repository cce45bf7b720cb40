import type { TaskPlan } from '../simulator/simulator.cts';
import { type RunOptions, type Stage, jsons, openStage, runOf } from './action/support.cts';
import { noOp } from './harness/workflows.cts';
import {
	NO_CALLBACK,
	TIMER_SOON,
	TIMER_WITHIN_MS,
	finish,
	numbered,
	pause,
	pausing,
	untilPaused,
	UNTIL_TOLD,
} from './pause/support.cts';

/*
 * What takes a minute in a real n8n: its timer, which checks once a minute which executions are
 * due, and tasks of their usual length. In one block, so that all of it waits together.
 */

jest.setTimeout(2 * TIMER_WITHIN_MS);

const never = { callback: { never: true } };
const next = noOp({ name: 'Next' });

/** Pauses a node that the timer resumes soon; `end` waits for the end of its execution. */
async function pauseForTimer(stage: Stage, run: RunOptions = {}) {
	const { options, ...parameters } = (run.parameters ?? {}) as { options?: object };
	const { executionId } = await pause(stage, {
		then: [next],
		...run,
		parameters: { ...parameters, options: { ...TIMER_SOON, ...options } },
	});
	return { executionId, end: async () => await ended(stage, executionId) };
}

async function ended({ api }: Stage, executionId: string) {
	return runOf(await api.waitForExecution(executionId, { timeoutMs: TIMER_WITHIN_MS }));
}

/** The same for a task of this plan, to its end. */
async function resumeByTimer(plan: TaskPlan, run: RunOptions = {}) {
	const stage = await openStage({ defaults: plan });
	return { stage, ...(await (await pauseForTimer(stage, run)).end()) };
}

/** Seconds on the simulator's clock. */
const seconds = (requests: Array<{ atSimSeconds: number }>) =>
	requests.map(({ atSimSeconds }) => atSimSeconds);

/** Seconds from the first submission to the last poll. */
function secondsToLastPoll({ simulator }: Stage): number {
	const submittedAt = seconds(simulator.requests({ endpoint: 'generateTask' }));
	const polledAt = seconds(simulator.requests({ endpoint: 'statusTask' }));
	return Math.max(...polledAt) - Math.min(...submittedAt);
}

describe('within a minute', () => {
	it.concurrent('the timer finds a result that APIXO never calls back for', async () => {
		const { stage, execution, output } = await resumeByTimer({ seconds: 1, ...never });
		expect(jsons(output)).toEqual([
			expect.objectContaining({ state: 'success', deliveredBy: 'poll' }),
		]);
		expect(execution.runData.Next).toHaveLength(1);
		expect(stage.simulator.counts()).toMatchObject({ generateTask: 1, statusTask: 1 });
	});

	it.concurrent('the timer finds the one result of three whose callback was lost', async () => {
		const stage = await openStage({ defaults: { seconds: 1 } });
		stage.simulator.plan({ promptIncludes: 'prompt 1' }, never);
		const { end } = await pauseForTimer(stage, { items: numbered(3) });
		const { output } = await end();
		expect(jsons(output).map(({ state }) => state)).toEqual(['success', 'success', 'success']);
		expect(stage.submits).toBe(3);
	});

	it.concurrent('the timer pauses an execution again whose task is not done', async () => {
		const stage = await openStage(NO_CALLBACK);
		const { executionId, end } = await pauseForTimer(stage);
		await stage.simulator.until(() => stage.statusCalls === 1, TIMER_WITHIN_MS);
		await untilPaused(stage, executionId);
		finish(stage, 'a red fox');
		const { taskId } = stage.taskOf('a red fox');
		await stage.simulator.sendCallback(taskId);
		const { output, execution } = await end();
		expect(output[0].json).toMatchObject({ taskId, state: 'success' });
		expect(execution.runData.Next).toHaveLength(1);
		expect(stage.submits).toBe(1);
	});

	it.concurrent('a task that is not done in time is an error that names it', async () => {
		const { stage, execution, error } = await resumeByTimer(
			{ outcome: 'never' },
			{ parameters: { options: { timeout: 4 } } },
		);
		const { taskId } = stage.taskOf('a red fox');
		expect(execution.status).toBe('error');
		expect(error.message).toBe(
			`Task not done within 4 seconds; its last state was 'processing' (task ${taskId})`,
		);
		expect(error.description).toContain(`task ID '${taskId}'`);
		expect(error.context).toMatchObject({ taskId, state: 'processing' });
	});

	it.concurrent('Retry On Fail polls a task that was not done in time again', async () => {
		const { stage, error } = await resumeByTimer(
			{ outcome: 'never' },
			{
				// No poll before the timeout, also where n8n's timer happens to check at once.
				parameters: { options: { timeout: 4, initialWait: 4 } },
				retryOnFail: true,
				waitBetweenTries: 100,
			},
		);
		expect(error.message).toContain(stage.taskOf('a red fox').taskId);
		expect(stage.simulator.counts()).toMatchObject({ generateTask: 1, statusTask: 3 });
	});

	it.concurrent('a task that is not done in time comes out, if On Timeout says so', async () => {
		const { stage, execution, output } = await resumeByTimer(
			{ outcome: 'never' },
			{ parameters: { options: { timeout: 4, onTimeout: 'output' } } },
		);
		const { taskId } = stage.taskOf('a red fox');
		expect(jsons(output)).toEqual([
			expect.objectContaining({ taskId, state: 'processing', timedOut: true }),
		]);
		expect(execution.runData.Next).toHaveLength(1);
	});

	it.concurrent('a task that is not done in time costs its neighbours nothing', async () => {
		const stage = await openStage({ defaults: { seconds: 1 } });
		stage.simulator.plan({ promptIncludes: 'prompt 1' }, { outcome: 'never' });
		const { end } = await pauseForTimer(stage, {
			items: numbered(3),
			onError: 'continueRegularOutput',
			parameters: { options: { timeout: 4 } },
		});
		const { output } = await end();
		const { taskId } = stage.taskOf('prompt 1');
		expect(jsons(output).map(({ state }) => state)).toEqual(['success', 'processing', 'success']);
		expect(output[1].json).toMatchObject({
			taskId,
			error: expect.stringMatching(
				new RegExp(`^Task not done within 4 seconds; .*\\(task ${taskId}\\)$`),
			) as string,
		});
	});

	it.concurrent('a task that APIXO does not know at the timeout is an error', async () => {
		const { stage, error } = await resumeByTimer(
			{ seconds: 1, ...never, statusFaults: [{ kind: 'http', status: 404 }] },
			{ parameters: { options: { timeout: 4 } } },
		);
		const { taskId } = stage.taskOf('a red fox');
		expect(error.message).toMatch(new RegExp(`^APIXO can't find task ${taskId} `));
		expect(error.context.taskId).toBe(taskId);
	});

	it.concurrent(
		'the timer polls again what the status API did not confirm at the callback',
		async () => {
			const stage = await openStage(UNTIL_TOLD);
			const { executionId } = await pause(stage, { then: [next] });
			stage.simulator.faultNext('statusTask', [{ kind: 'http', status: 404 }]);
			finish(stage, 'a red fox');
			const { output } = await ended(stage, executionId);
			expect(output[0].json).toMatchObject({ state: 'success' });
			expect(stage.taskOf('a red fox').callbackAttempts.map(({ status }) => status)).toEqual([200]);
			expect(stage.simulator.counts()).toMatchObject({ generateTask: 1, statusTask: 2 });
		},
	);

	it.concurrent('the timer resumes an execution whose callback came before its pause', async () => {
		// APIXO's next attempt comes after 30 s: here after 300 s.
		const stage = await openStage({
			timeScale: 0.1,
			defaults: { seconds: 0, submitFaults: [{ kind: 'hang', seconds: 1 }] },
		});
		const { executionId } = await stage.start({
			parameters: pausing({ options: TIMER_SOON }),
			then: [next],
		});
		const { execution, output } = await ended(stage, executionId);
		expect(output[0].json).toMatchObject({ state: 'success', deliveredBy: 'poll' });
		expect(execution.runData.Next).toHaveLength(1);
		const [early, ...others] = stage.taskOf('a red fox').callbackAttempts;
		expect(early.status).toBeGreaterThanOrEqual(400);
		expect(others).toEqual([]);
		expect(stage.simulator.counts()).toMatchObject({ generateTask: 1, statusTask: 1 });
	});

	it.concurrent('three images of 20 s each are done within 25 s, by default', async () => {
		const stage = await openStage({ defaults: { seconds: 20 } });
		const { execution, output } = await stage.run({
			items: numbered(3),
			parameters: { options: {} },
		});
		expect(jsons(output).map(({ state }) => state)).toEqual(['success', 'success', 'success']);
		expect(execution.runData.APIXO[0].executionTime).toBeLessThan(25_000);
		expect(secondsToLastPoll(stage)).toBeLessThan(25);
		expect(stage.submits).toBe(3);
	});

	it.concurrent('an image of 60 s takes at most 12 polls, the last at most 5 s late', async () => {
		const stage = await openStage({ defaults: { seconds: 60 } });
		const { output } = await stage.run({ parameters: { options: {} } }, TIMER_WITHIN_MS);
		expect(output[0].json).toMatchObject({ state: 'success', costTime: 60_000 });
		expect(stage.submits).toBe(1);
		expect(stage.statusCalls).toBeLessThanOrEqual(12);
		const lateSeconds = secondsToLastPoll(stage) - 60;
		expect(lateSeconds).toBeGreaterThanOrEqual(0);
		expect(lateSeconds).toBeLessThanOrEqual(5);
	});
});
