import { type QueueMode, startQueueMode } from '../e2e/harness/queueMode.cts';
import {
	type Outcome,
	ROUTES,
	type Route,
	timerAndCallback,
	twoCallbacks,
} from './oldDataInQueueMode.cts';

const TRIES = 20;
const MAX_LOST = 1;
jest.setTimeout(1_800_000);

let queueMode: QueueMode;
beforeAll(async () => {
	queueMode = await startQueueMode({ workers: 2 });
});
afterAll(async () => await queueMode?.dispose());

const routes = Object.keys(ROUTES) as Route[];

function expectNoneTwice(outcomes: Outcome[]): void {
	expect(outcomes.filter(({ mostSubmits }) => mostSubmits > 1)).toEqual([]);
	const lost = outcomes.filter(({ isDelivered }) => !isDelivered);
	expect(lost.slice(MAX_LOST)).toEqual([]);
}

describe('two callbacks at the same moment, through main and the webhook process', () => {
	/** Shorter and longer than the webhook waits for a status request. */
	const SLOW_POLLS_SECONDS = [1.8, 3];
	const cases = routes.flatMap((route) =>
		SLOW_POLLS_SECONDS.map((seconds) => [route, seconds] as const),
	);

	it.each(cases)(
		`before %s, with a status request of %d s: ${TRIES} times one submit each, and the results`,
		async (route, seconds) => {
			const outcomes = [];
			for (let run = 0; run < TRIES; run++) {
				outcomes.push(await twoCallbacks(queueMode, route, seconds));
			}
			expectNoneTwice(outcomes);
		},
	);
});

describe("n8n's timer, and callbacks through the webhook process, at the same moment", () => {
	/** From two seconds before the timer to two seconds after it. */
	const beforeTimerMs = (run: number) => 2_000 - (run * 4_000) / (TRIES - 1);

	it.each(routes)(`before %s: ${TRIES} times one submit each, and the results`, async (route) => {
		const runs = Array.from({ length: TRIES }, (_, run) => beforeTimerMs(run));
		expectNoneTwice(
			await Promise.all(runs.map(async (ms) => await timerAndCallback(queueMode, route, ms))),
		);
	});
});
