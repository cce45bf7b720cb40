import { type QueueMode, startQueueMode } from '../e2e/harness/queueMode.cts';
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

const TRIES = 20;
const MAX_LOST = 1;
jest.setTimeout(1_800_000);

let queueMode: QueueMode;
beforeAll(async () => {
	queueMode = await startQueueMode({ workers: 2 });
});
afterAll(async () => await queueMode?.dispose());

describe('two callbacks at the same moment, through main and the webhook process', () => {
	/** Shorter and longer than the webhook waits for a status request. */
	const SLOW_POLLS_SECONDS = [1.8, 3];
	const cases = (Object.keys(ROUTES) as Route[]).flatMap((route) =>
		SLOW_POLLS_SECONDS.map((seconds) => [route, seconds] as const),
	);

	it.each(cases)(
		`before %s, with a status request of %d s: ${TRIES} times one submit each, and the results`,
		async (route, seconds) => {
			const outcomes = [];
			for (let run = 0; run < TRIES; run++) {
				outcomes.push(await twoCallbacks(queueMode, route, seconds));
			}
			expect(outcomes.filter(({ mostSubmits }) => mostSubmits > 1)).toEqual([]);
			const lost = outcomes.filter(({ isDelivered }) => !isDelivered);
			expect(lost.slice(MAX_LOST)).toEqual([]);
		},
	);
});

describe('a worker that is killed, and started again on its folder', () => {
	const FREE: Aftermath = { byItself: 'success', afterRetry: '', submits: 1, idsInLog: true };
	/** n8n has stored nothing of a run that was never paused. */
	const GONE = { ...FREE, byItself: 'crashed', afterRetry: 'refused by n8n' };
	const EXPECTED: Record<Moment, Aftermath> = {
		// APIXO had accepted the task, but not answered.
		submits: { ...GONE, idsInLog: false },
		polls: GONE,
		downloads: GONE,
		'is paused': FREE,
		resumes: { ...FREE, byItself: 'crashed', afterRetry: 'success' },
	};

	it('loses and pays nothing that was paused, and has logged what it polled', async () => {
		const [worker, other] = queueMode.workers;
		await other.stop();
		const runs = await Promise.all(MOMENTS.map(async (moment) => await bringTo(moment, queueMode)));
		const log = worker.logs();
		await worker.kill();
		runs.forEach(release);
		await worker.start();
		const aftermaths = await Promise.all(
			runs.map(async (run) => [run.moment, await aftermathOf(run, log)]),
		);
		await other.start();
		expect(Object.fromEntries(aftermaths)).toEqual(EXPECTED);
	});
});

it('delivers once whatever else of n8n ends and starts again meanwhile', async () => {
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
