import { sharedN8n } from '../e2e/harness/shared.cts';
import { walk } from '../e2e/faults/walker.cts';

const ITEMS = 300;

/** A walk that failed is repeated with its seed: `WALK_SEED=... npm run test:soak`. */
const seed = Number(process.env.WALK_SEED ?? Date.now() % 2 ** 31);

const WALK_WITHIN_MS = 480_000;
jest.setTimeout(WALK_WITHIN_MS);

it('faults of submissions, polls, files and callbacks lose nothing and pay nothing twice', async () => {
	process.stderr.write(`Random walk with WALK_SEED=${seed}\n`);
	const { violations } = await walk(sharedN8n(), {
		seed,
		itemCount: ITEMS,
		runTimeoutMs: WALK_WITHIN_MS - 60_000,
	});
	expect({ seed, violations }).toEqual({ seed, violations: [] });
});
