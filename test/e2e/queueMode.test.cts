import { composeSettings } from '../support/compose.cts';
import { type Stage, jsons, openStage, runOf, stopAndWatch } from './action/support.cts';
import { nodeOutput } from './harness/executions.cts';
import { type QueueMode, startQueueMode } from './harness/queueMode.cts';
import { noOp } from './harness/workflows.cts';
import { finishAll, numbered, pairs, pairsOf, pause, UNTIL_TOLD } from './pause/support.cts';
import {
	type Aftermath,
	CONTINUED,
	FREE,
	type RunName,
	aftermathsOf,
	bringToAll,
} from './queue/kills.cts';
import { OUTAGES, type Outage, endingOf, pausedFor, polling } from './queue/outages.cts';
import { createListener, finishedTask, runsOf, signed } from './trigger/fixture.cts';

jest.setTimeout(600_000);

/** A callback of APIXO may need another attempt. */
const RESUMED_WITHIN_MS = 60_000;

let queueMode: QueueMode;

beforeAll(async () => {
	queueMode = await startQueueMode({
		workers: 2,
		webhookProcesses: 2,
		// Of docs/compose/compose.yaml, as far as they can be had without Docker.
		env: composeSettings(),
	});
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

it('goes on at another worker than the one that paused it, and has lost nothing and paid for nothing twice', async () => {
	const [firstWorker, secondWorker] = queueMode.workers;
	await secondWorker.stop();
	const stage = await stageOf(UNTIL_TOLD);
	const then = [pairs, noOp({ name: 'Next' })];
	const { executionId } = await pause(stage, { items: numbered(3), then });
	await firstWorker.kill();
	await secondWorker.start();
	finishAll(stage);

	const execution = await stage.api.waitForExecution(executionId, { timeoutMs: RESUMED_WITHIN_MS });
	expect(execution.status).toBe('success');
	expect(jsons(runOf(execution).output)).toMatchObject(
		numbered(3).map(({ prompt }) => ({
			state: 'success',
			taskId: stage.taskOf(prompt).taskId,
			deliveredBy: 'callback',
		})),
	);
	expect(pairsOf(execution)).toEqual([0, 1, 2]);
	expect(execution.runData.Next).toHaveLength(1);
	expect(stage.submits).toBe(3);
	for (const { callbackUrl } of stage.simulator.tasks()) {
		expect(callbackUrl).toMatch(queueMode.proxy.url);
	}
	await firstWorker.start();
});

it('needs few status requests when two processes share the callbacks of many tasks', async () => {
	const TASKS = 30;
	const stage = await stageOf(UNTIL_TOLD);
	const { executionId } = await pause(stage, { items: numbered(TASKS) });
	for (const { taskId } of stage.simulator.tasks()) {
		stage.simulator.finish(taskId);
		await stage.simulator.until(({ task }) => task(taskId).callbackAttempts.length > 0);
	}
	const { status } = await stage.api.waitForExecution(executionId, {
		timeoutMs: RESUMED_WITHIN_MS,
	});
	expect(status).toBe('success');
	// If each callback polled all tasks that its process has not heard of, it would be 700.
	expect(stage.statusCalls).toBeLessThan(12 * TASKS);
});

it('resumes when many tasks end at the same moment, after few status requests', async () => {
	const TASKS = 24;
	// APIXO's second callback comes after 3 s.
	const stage = await stageOf({ ...UNTIL_TOLD, timeScale: 10 });
	const { executionId } = await pause(stage, { items: numbered(TASKS) });
	finishAll(stage);
	const execution = await stage.api.waitForExecution(executionId, {
		timeoutMs: RESUMED_WITHIN_MS,
	});
	expect(execution.status).toBe('success');
	expect(jsons(runOf(execution).output)).toHaveLength(TASKS);
	// By each of the two webhook processes, and by the run that continues.
	expect(stage.statusCalls).toBeLessThan(5 * TASKS);
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

describe('a worker that is killed, and started again on its folder', () => {
	/** n8n has stored nothing of a manual run that was never paused. */
	const GONE = {
		...FREE,
		byItself: 'crashed',
		afterRetry: 'refused by n8n',
		idsInDatabase: false,
	};
	/** Of a production run it has stored its start. */
	const STARTED_OVER = { ...GONE, afterRetry: 'success', submits: 2 };
	const EXPECTED: Record<RunName, Aftermath> = {
		// APIXO had accepted the task, but not answered.
		'submits, started manually': { ...GONE, idsInLog: false },
		'submits, started by a webhook': { ...STARTED_OVER, idsInLog: false },
		'polls, started manually': GONE,
		'polls, started by a webhook': STARTED_OVER,
		'downloads, started manually': GONE,
		'downloads, started by a webhook': STARTED_OVER,
		// n8n has not stored the pause.
		'pauses, started manually': GONE,
		'pauses, started by a webhook': STARTED_OVER,
		'is paused, started manually': FREE,
		'is paused, started by a webhook': FREE,
		'resumes, started manually': CONTINUED,
		'resumes, started by a webhook': CONTINUED,
	};

	// 'resumes' needs both callbacks in one process: each of two would poll the other's task in vain.
	beforeAll(() => queueMode.proxy.sendTo(queueMode.webhookProcesses[0]));
	afterAll(() => queueMode.proxy.sendTo(...queueMode.webhookProcesses));

	it('loses no paused execution, submits nothing twice without a Retry, and has logged the tasks', async () => {
		const [worker, other] = queueMode.workers;
		await other.stop();
		const { runs, release } = await bringToAll(queueMode);
		const log = worker.logs();
		await worker.kill();
		await release();
		await worker.start();
		const aftermaths = await aftermathsOf(runs, log);
		await other.start();
		expect(aftermaths).toEqual(EXPECTED);
	});
});

it('delivers once, whichever other process restarts meanwhile', async () => {
	const outages = Object.keys(OUTAGES) as Outage[];
	const scenes = await Promise.all(
		outages.map(async (outage) => ({ outage, scene: await pausedFor(outage, queueMode) })),
	);
	const polled = await polling(queueMode);
	const endings: Record<string, unknown> = {};
	for (const { outage, scene } of scenes) {
		await OUTAGES[outage](queueMode, scene);
		endings[outage] = await endingOf(scene);
	}
	endings.polled = await endingOf(polled);
	const once = { status: 'success', submits: 1 };
	expect(endings).toEqual(Object.fromEntries([...outages, 'polled'].map((name) => [name, once])));
});
