import { createPacer, type Pacer } from '../../../nodes/shared/api/pacer';
import type { Timing } from '../../../nodes/shared/api/transport';
import { FakeTiming } from '../support/fakeTiming';

// Thousands of turns on the fake clock: seconds of computing on a busy machine.
/** When each of `count` calls that come at once gets its turn. */
async function turnsAtMs(pacer: Pacer, timing: Timing, count: number): Promise<number[]> {
	const atMs: number[] = [];
	const call = async () => {
		await pacer.turn();
		atMs.push(timing.now());
	};
	await Promise.all(Array.from({ length: count }, call));
	return atMs;
}

function setUp(startMs = 0) {
	const timing = new FakeTiming(startMs);
	return { timing, pacer: createPacer(timing) };
}

describe('the full pace', () => {
	it('lets 1,000 calls that come at once go within 6 s, 10,000 a minute', async () => {
		const { timing, pacer } = setUp();
		const atMs = await turnsAtMs(pacer, timing, 1000);
		expect(atMs.slice(0, 3)).toEqual([0, 6, 12]);
		expect(atMs.at(-1)).toBe(5994);
		expect(new Set(atMs).size).toBe(1000);
	});

	it('never lets more than 10,000 go in any minute', async () => {
		const { timing, pacer } = setUp();
		await pacer.turn();
		await timing.sleep(30_000);
		const atMs = await turnsAtMs(pacer, timing, 10_500);
		expect(atMs.filter((turnMs) => turnMs < 30_000 + 60_000)).toHaveLength(10_000);
	});

	it('holds nothing back that comes slowly', async () => {
		const { timing, pacer } = setUp(1_000);
		for (let call = 0; call < 5; call++) {
			await pacer.turn();
			await timing.sleep(6);
		}
		expect(timing.slept).toEqual([6, 6, 6, 6, 6]);
	});
});

describe('after a refusal', () => {
	it.each([
		['names no time', undefined, 1_000],
		['says 0', 0, 1_000],
		['says 7 s', 7_000, 7_000],
		['says a day', 86_400_000, 60_000],
		['says for ever', Infinity, 60_000],
	])('that %s all requests pause', async (_, retryAfterMs, pauseMs) => {
		const { timing, pacer } = setUp();
		pacer.slowDown(0, retryAfterMs);
		expect(await turnsAtMs(pacer, timing, 2)).toEqual([pauseMs, pauseMs + 12]);
	});

	it('requests that wait for their turn pause too', async () => {
		const { timing, pacer } = setUp();
		const turns = turnsAtMs(pacer, timing, 4);
		await timing.sleep(7);
		pacer.slowDown(6);
		expect(await turns).toEqual([0, 6, 1_007, 1_019]);
	});

	it('of several requests that were under way together the pace slows down once', async () => {
		const { timing, pacer } = setUp();
		await timing.sleep(100);
		pacer.slowDown(80);
		pacer.slowDown(86);
		pacer.slowDown(92);
		expect(await turnsAtMs(pacer, timing, 2)).toEqual([1_100, 1_112]);
	});

	it('with each further refusal the pace slows down, to two requests a second at the slowest', async () => {
		const { timing, pacer } = setUp();
		for (let refusal = 0; refusal < 20; refusal++) {
			await pacer.turn();
			pacer.slowDown(timing.now());
		}
		const [first, second] = await turnsAtMs(pacer, timing, 2);
		expect(second - first).toBe(500);
	});

	it('the pace returns to the full one as requests are taken', async () => {
		const { timing, pacer } = setUp();
		pacer.slowDown(0);
		for (let request = 0; request < 100; request++) pacer.speedUp();
		expect(await turnsAtMs(pacer, timing, 2)).toEqual([1_000, 1_006]);
	});
});

describe('a turn that has a latest time', () => {
	it('needs no timer for that where there is none', async () => {
		const { pacer, timing } = setUp();
		await Promise.all([pacer.turn(Infinity), pacer.turn(Infinity)]);
		expect(timing.slept).toEqual([6]);
	});

	it('tells whether it came', async () => {
		const { pacer, timing } = setUp();
		expect(await pacer.turn()).toBe(true);
		pacer.slowDown(timing.now(), 3_000);
		expect(await pacer.turn(2_000)).toBe(false);
		expect(await pacer.turn(4_000)).toBe(true);
	});

	it('comes then, whatever is before it', async () => {
		const { timing, pacer } = setUp();
		pacer.slowDown(0, 60_000);
		const others = turnsAtMs(pacer, timing, 3);
		await pacer.turn(2_000);
		expect(timing.now()).toBe(2_000);
		expect(await others).toEqual([60_000, 60_012, 60_024]);
	});

	it('comes at once where that has passed', async () => {
		const { timing, pacer } = setUp(5_000);
		pacer.slowDown(5_000, 60_000);
		await pacer.turn(4_000);
		expect(timing.now()).toBe(5_000);
	});

	it('comes earlier where it is free earlier', async () => {
		const { timing, pacer } = setUp();
		await turnsAtMs(pacer, timing, 3);
		await pacer.turn(2_000);
		expect(timing.now()).toBe(18);
	});
});

it('a cancelled run rejects all that wait for their turn', async () => {
	const { timing, pacer } = setUp();
	const turns = [1, 2, 3].map(async () => await pacer.turn());
	await turns[0];
	timing.cancel(new Error('cancelled'));
	const settled = await Promise.allSettled(turns);
	expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
});
