import { type Stage, jsons, openStage, runOf, stopAndWatch } from './action/support.cts';
import { nodeOutput } from './harness/executions.cts';
import { type QueueMode, startQueueMode } from './harness/queueMode.cts';
import { noOp } from './harness/workflows.cts';
import {
	finishAll,
	numbered,
	pairs,
	pairsOf,
	pause,
	UNTIL_TOLD,
	TIMER_WITHIN_MS,
	TIMER_SOON,
} from './pause/support.cts';
import { createListener, finishedTask, runsOf, signed } from './trigger/fixture.cts';

// n8n's timer may resume two paused runs one after the other.
jest.setTimeout(2 * TIMER_WITHIN_MS);

let queueMode: QueueMode;

beforeAll(async () => {
	queueMode = await startQueueMode({ workers: 2, webhookProcesses: 2 });
	// Seven programs are started.
}, 300_000);
afterAll(async () => await queueMode?.dispose());

const stageOf = async (options: Parameters<typeof openStage>[0]): Promise<Stage> =>
	await openStage(options, queueMode.main.api);

it('polls on a worker, until it is cancelled', async () => {
	const stage = await stageOf({});
	const { execution, output } = await stage.run();
	expect(execution.status).toBe('success');
	expect(output[0].json).toMatchObject({ state: 'success', deliveredBy: 'poll' });

	const endless = await stageOf({ defaults: { outcome: 'never' } });
	const { executionId } = await endless.start();
	await endless.simulator.until(() => endless.statusCalls >= 2);
	await stopAndWatch(endless, executionId, 2500);
});

it('goes on at another worker than the one that paused it, and has lost and paid nothing', async () => {
	const [firstWorker, secondWorker] = queueMode.workers;
	await secondWorker.stop();
	const paused = { items: numbered(3), then: [pairs, noOp({ name: 'Next' })] };
	const calledBack = await stageOf(UNTIL_TOLD);
	const unheardOf = await stageOf({ defaults: { seconds: 3_600, callback: { never: true } } });
	const runs = [
		await pause(calledBack, paused),
		await pause(unheardOf, { ...paused, parameters: { options: TIMER_SOON } }),
	];
	await firstWorker.kill();
	await secondWorker.start();
	finishAll(calledBack);
	finishAll(unheardOf);

	for (const [index, stage] of [calledBack, unheardOf].entries()) {
		const { executionId } = runs[index];
		const execution = await stage.api.waitForExecution(executionId, { timeoutMs: TIMER_WITHIN_MS });
		const { output } = runOf(execution);
		expect(execution.status).toBe('success');
		expect(jsons(output)).toMatchObject(
			numbered(3).map(({ prompt }) => ({
				state: 'success',
				taskId: stage.taskOf(prompt).taskId,
				deliveredBy: stage === calledBack ? 'callback' : 'poll',
			})),
		);
		expect(pairsOf(execution)).toEqual([0, 1, 2]);
		expect(execution.runData.Next).toHaveLength(1);
		expect(stage.submits).toBe(3);
	}
	for (const { callbackUrl } of calledBack.simulator.tasks()) {
		expect(callbackUrl).toMatch(queueMode.proxy.url);
	}
	await firstWorker.start();
});

it('starts one run for a task that three processes are told of, one after the other', async () => {
	const { main, webhookProcesses, proxy } = queueMode;
	const { simulator, credential } = await stageOf({});
	const listener = await createListener(main, { credential });
	const callbackUrl = signed(listener.url.replace(main.url, proxy.url), simulator);
	const taskId = await finishedTask(simulator, { callbackUrl });

	proxy.sendTo(webhookProcesses[0]);
	const [first] = await simulator.sendCallback(taskId);
	expect(first.status).toBe(200);
	expect(await runsOf(main, listener)).toHaveLength(1);

	proxy.sendTo(webhookProcesses[1], main);
	const again = await simulator.sendCallback(taskId, { times: 4 });
	expect(again.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
	proxy.sendTo(...webhookProcesses);
	const [run, ...others] = await runsOf(main, listener);
	expect(others).toEqual([]);
	expect(nodeOutput(run, 'First Output')[0].json.taskId).toBe(taskId);
});
