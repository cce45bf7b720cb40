import { sharedN8n } from '../harness/shared.cts';
import { walk } from './walker.cts';

/** Some are refused before there is a task of them, or never submitted, since one before them failed. */
const ITEMS = 400;
const TASKS = 300;

const RUN_WITHIN_MS = 240_000;
jest.setTimeout(2 * RUN_WITHIN_MS);

/** A walk that failed is repeated with its seed: `WALK_SEED=... npm run test:e2e -- randomWalk`. */
const seed = Number(process.env.WALK_SEED ?? Date.now() % 2 ** 31);

it(`a random walk over faults with seed ${seed} loses nothing and pays nothing twice`, async () => {
	const { taskCount, violations } = await walk(sharedN8n(), {
		seed,
		itemCount: ITEMS,
		isBrief: true,
		runTimeoutMs: RUN_WITHIN_MS,
	});
	process.stderr.write(`[random walk] seed ${seed}, ${taskCount} tasks\n`);
	expect({ seed, violations }).toEqual({ seed, violations: [] });
	expect(taskCount).toBeGreaterThanOrEqual(TASKS);
});
