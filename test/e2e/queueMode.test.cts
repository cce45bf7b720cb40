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
import {
	type Aftermath,
	MOMENTS,
	type Moment,
	aftermathOf,
	bringTo,
	release,
} from './queue/kills.cts';
import { ROUTES, type Route, twoCallbacks } from './queue/oldData.cts';
import { OUTAGES, type Outage, endingOf, pausedFor, polling } from './queue/outages.cts';
import { createListener, finishedTask, runsOf, signed } from './trigger/fixture.cts';

jest.setTimeout(TIMER_WITHIN_MS);
/** Several n8n, one after the other on a busy machine. */
const START_WITHIN_MS = 300_000;

/** What takes long: `npm run test:soak`. */
const isSoak = process.env.SOAK !== undefined;
const OLD_DATA_RUNS = isSoak ? 20 : 2;
const MAX_OLD_DATA_LOSSES = isSoak ? 1 : 0;
const SOAK_WITHIN_MS = 900_000;

let queueMode: QueueMode;

beforeAll(async () => {
	queueMode = await startQueueMode({ workers: 2 });
}, START_WITHIN_MS);
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
	const parked = { items: numbered(3), then: [pairs, noOp({ name: 'Next' })] };
	const calledBack = await stageOf(UNTIL_TOLD);
	const unheardOf = await stageOf({ defaults: { seconds: 3_600, callback: { never: true } } });
	const runs = [
		await pause(calledBack, parked),
		await pause(unheardOf, { ...parked, parameters: { options: TIMER_SOON } }),
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

it('starts one run for a task that two processes are told of, one after the other', async () => {
	const {
		main,
		webhookProcesses: [webhookProcess],
		proxy,
	} = queueMode;
	const { simulator, credential } = await stageOf({});
	const listener = await createListener(main, { credential });
	const callbackUrl = signed(listener.url.replace(main.url, proxy.url), simulator);
	const taskId = await finishedTask(simulator, { callbackUrl });

	const [first] = await simulator.sendCallback(taskId);
	expect(first.status).toBe(200);
	expect(await runsOf(main, listener)).toHaveLength(1);

	proxy.sendTo(main);
	const again = await simulator.sendCallback(taskId, { times: 4 });
	expect(again.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
	proxy.sendTo(webhookProcess);
	const [run, ...others] = await runsOf(main, listener);
	expect(others).toEqual([]);
	expect(nodeOutput(run, 'First Output')[0].json.taskId).toBe(taskId);
});

describe('two callbacks at the same moment, through main and the webhook process', () => {
	/** Shorter and longer than the webhook waits for a status request. */
	const SLOW_POLLS = [1.8, 3];
	const cases = (Object.keys(ROUTES) as Route[]).flatMap((route) =>
		SLOW_POLLS.map((seconds) => [route, seconds] as const),
	);

	it.each(cases)(
		'before %s, with a status request of %d s: one submit each, and the results',
		async (route, seconds) => {
			const outcomes = [];
			for (let run = 0; run < OLD_DATA_RUNS; run++) {
				outcomes.push(await twoCallbacks(queueMode, route, seconds));
			}
			expect(outcomes.filter(({ mostSubmits }) => mostSubmits > 1)).toEqual([]);
			const lost = outcomes.filter(({ isDelivered }) => !isDelivered);
			expect(lost.slice(MAX_OLD_DATA_LOSSES)).toEqual([]);
		},
		SOAK_WITHIN_MS,
	);
});

describe('a worker that is killed, and started again on its folder', () => {
	const FREE: Aftermath = { byItself: 'success', afterRetry: '', submits: 1, idsInLog: true };
	const RETRIED = { ...FREE, byItself: 'crashed', afterRetry: 'success' };
	const PAID_AGAIN = { ...RETRIED, submits: 2 };
	const EXPECTED: Record<Moment, Aftermath> = {
		// APIXO had accepted the task, but not answered.
		submits: { ...PAID_AGAIN, idsInLog: false },
		polls: PAID_AGAIN,
		downloads: PAID_AGAIN,
		'is paused': FREE,
		resumes: RETRIED,
	};

	it(
		'loses and pays nothing that was paused, and has logged what it polled',
		async () => {
			const [worker, other] = queueMode.workers;
			await other.stop();
			const runs = await Promise.all(
				MOMENTS.map(async (moment) => await bringTo(moment, queueMode)),
			);
			const log = worker.logs();
			await worker.kill();
			runs.forEach(release);
			await worker.start();
			const aftermaths = await Promise.all(
				runs.map(async (run) => [run.moment, await aftermathOf(run, log)]),
			);
			await other.start();
			expect(Object.fromEntries(aftermaths)).toEqual(EXPECTED);
		},
		SOAK_WITHIN_MS,
	);
});

it(
	'delivers once whatever else of n8n ends and starts again meanwhile',
	async () => {
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
	},
	SOAK_WITHIN_MS,
);
