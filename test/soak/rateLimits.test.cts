import { type Stage, openStage } from '../e2e/action/support.cts';
import type { RateLimit } from '../simulator/simulator.cts';

const ITEMS = 500;
/** Both of an image that is finished before its first poll: one submission, one poll. */
const REQUESTS_PER_ITEM = 2;

/** A minute of the simulator is a second: 20 requests in each. */
const TWENTY_A_SECOND = { timeScale: 60, rateLimit: { requestsPerMinute: 20 } };

const FOR_ALL_MS = 300_000;
jest.setTimeout(FOR_ALL_MS);

/** Generates all images in one node, whose timeout leaves enough time for every item. */
async function generateAll(stage: Stage) {
	const items = Array.from({ length: ITEMS }, (_, number) => ({ prompt: `fox ${number}` }));
	return await stage.run(
		{
			items,
			parameters: {
				completion: 'poll',
				options: { initialWait: 5, pollInterval: 5, timeout: 280 },
			},
		},
		FOR_ALL_MS - 10_000,
	);
}

describe('500 items in one node against an API that takes 20 requests a second', () => {
	it.each<[string, Partial<RateLimit>]>([
		['an honest Retry-After', { retryAfter: 'seconds' }],
		['an absurd Retry-After', { retryAfter: 'seconds', retryAfterSeconds: 1e9 }],
		['a Retry-After of zero', { retryAfter: 'seconds', retryAfterSeconds: 0 }],
		['a Retry-After that is past', { retryAfter: 'date', retryAfterSeconds: -3_600 }],
	])('succeed with %s', async (_, rateLimit) => {
		const stage = await openStage({
			...TWENTY_A_SECOND,
			rateLimit: { ...TWENTY_A_SECOND.rateLimit, ...rateLimit },
		});
		const { output, error } = await generateAll(stage);
		expect(error.message).toBe('');
		expect(output.map(({ json }) => json.state)).toEqual(Array(ITEMS).fill('success'));
		expect(Object.values(stage.simulator.submitsByPrompt())).toEqual(Array(ITEMS).fill(1));
		const { generateTask, statusTask } = stage.simulator.counts();
		expect(generateTask + statusTask).toBeLessThanOrEqual(1.5 * REQUESTS_PER_ITEM * ITEMS);
	});
});
