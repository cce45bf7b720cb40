import { createPacer } from '../../../nodes/shared/api/pacer';
import { FakeTiming } from '../support/fakeTiming';

it('lets 1,000 calls that come at once go within 6 s, 10,000 a minute', async () => {
	const timing = new FakeTiming();
	const pace = createPacer(timing);
	const wentAtMs = await Promise.all(
		Array.from({ length: 1000 }, async () => {
			await pace();
			return timing.now();
		}),
	);
	expect(wentAtMs.slice(0, 3)).toEqual([0, 6, 12]);
	expect(wentAtMs.at(-1)).toBe(5994);
	expect(new Set(wentAtMs).size).toBe(1000);
});

it('never lets more than 10,000 go in any minute', async () => {
	const timing = new FakeTiming();
	const pace = createPacer(timing);
	await pace();
	await timing.sleep(30_000);
	const wentAtMs: number[] = [];
	const calls = Array.from({ length: 10_500 }, async () => {
		await pace();
		wentAtMs.push(timing.now());
	});
	await Promise.all(calls);
	const inFirstMinute = wentAtMs.filter((atMs) => atMs < 30_000 + 60_000).length;
	expect(inFirstMinute).toBe(10_000);
});

it('holds nothing back that comes slowly', async () => {
	const timing = new FakeTiming(1_000);
	const pace = createPacer(timing);
	for (let call = 0; call < 5; call++) {
		await pace();
		await timing.sleep(6);
	}
	expect(timing.slept).toEqual([6, 6, 6, 6, 6]);
});
