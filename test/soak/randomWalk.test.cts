import { walk } from '../e2e/faults/walker.cts';
import { sharedN8n } from '../e2e/harness/shared.cts';

/** A shorter walk: `WALK_ITEMS=500 npm run test:soak`. */
const ITEMS = Number(process.env.WALK_ITEMS ?? 5_000);
/** How many items a walk has, so that n8n's log and executions are read in portions. */
const ITEMS_OF_WALK = 500;

/** A walk that failed is repeated with its seed: `WALK_SEED=... npm run test:soak`. */
const firstSeed = Number(process.env.WALK_SEED ?? Date.now() % 2 ** 31);

const RUN_WITHIN_MS = 600_000;
jest.setTimeout(2 * RUN_WITHIN_MS);

describe('a long random walk over faults of submissions, polls, files and callbacks', () => {
	const seeds = Array.from(
		{ length: Math.ceil(ITEMS / ITEMS_OF_WALK) },
		(_, index) => firstSeed + index,
	);

	it.each(seeds)('loses nothing and pays nothing twice with seed %d', async (seed) => {
		const { violations } = await walk(sharedN8n(), {
			seed,
			itemCount: ITEMS_OF_WALK,
			runTimeoutMs: RUN_WITHIN_MS,
		});
		expect({ seed, violations }).toEqual({ seed, violations: [] });
	});
});
