import { retry, retryDelayMs } from '../../../nodes/shared/api/retry';
import type { Result } from '../../../nodes/shared/result';
import { FakeTiming } from '../support/fakeTiming';

const NEARLY_ONE = 0.999_999;
const START_MS = 1_000_000;
const HOUR_MS = 3_600_000;

/** Random numbers one after the other. */
const numbers =
	(...values: number[]) =>
	() =>
		values.shift() ?? 0;

describe('the delay before the next attempt', () => {
	it('grows to at most 30 s, and a second on top', () => {
		const longest = [1, 2, 3, 4, 5, 6, 7, 50].map((attemptsDone) =>
			retryDelayMs(attemptsDone, undefined, numbers(NEARLY_ONE, 0)),
		);
		expect(longest).toEqual([1, 2, 4, 8, 16, 30, 30, 30].map((seconds) => seconds * 1000));
		expect(retryDelayMs(50, undefined, () => NEARLY_ONE)).toBe(31_000);
	});

	it.each([
		// Retry-After, random backoff, random jitter, ms
		[undefined, 0.25, 0, 1_000],
		[undefined, 0.75, 0, 3_000],
		[undefined, 0.75, 0.5, 3_500],
		[7_000, 0.75, 0, 7_000],
		[7_000, 0.75, 0.5, 7_500],
		[2_000, 0.75, 0.5, 3_500],
		// Never at once, whatever the server says and chance wants.
		[0, 0, 0, 250],
		[undefined, 0, 0, 250],
		[-5_000, 0, 0, 250],
	])(
		'with Retry-After %j and chance %j, %j is %j ms',
		(retryAfterMs, backoff, jitter, expected) => {
			expect(retryDelayMs(3, retryAfterMs, numbers(backoff, jitter))).toBe(expected);
		},
	);
});

describe('retry', () => {
	type Failure = { retryAfterMs?: number; isFinal?: boolean };
	const DONE: Result<string, Failure> = { ok: true, value: 'done' };
	const failing = (error: Failure = {}): Result<string, Failure> => ({ ok: false, error });

	function setUp(deadlineMs: number, ...script: Array<Result<string, Failure>>) {
		const timing = new FakeTiming(START_MS);
		const attemptsAtMs: number[] = [];
		return {
			timing,
			/** Ms since the start at which each attempt came. */
			attemptsAtMs,
			run: async (maxAttempts?: number) =>
				await retry(
					async () => {
						attemptsAtMs.push(timing.now() - START_MS);
						return script[Math.min(attemptsAtMs.length, script.length) - 1];
					},
					{
						isRetryable: ({ isFinal }) => !isFinal,
						deadlineMs: () => START_MS + deadlineMs,
						maxAttempts,
						timing,
					},
				),
		};
	}

	it.each([
		['a success', [DONE], DONE],
		['a failure that is final', [failing({ isFinal: true })], failing({ isFinal: true })],
	])('ends with %s', async (_, script, expected) => {
		const { run, attemptsAtMs } = setUp(HOUR_MS, ...script);
		expect(await run()).toEqual(expected);
		expect(attemptsAtMs).toEqual([0]);
	});

	it('waits longer from attempt to attempt', async () => {
		const { run, attemptsAtMs } = setUp(HOUR_MS, failing(), failing(), failing(), DONE);
		expect(await run()).toEqual(DONE);
		// Half of 1, 2 and 4 s, and half a second on top of each.
		expect(attemptsAtMs).toEqual([0, 1_000, 2_500, 5_000]);
	});

	it('is bounded by time, not by count, and attempts once more at the deadline', async () => {
		const { run, attemptsAtMs } = setUp(120_000, failing());
		expect(await run()).toEqual(failing());
		expect(attemptsAtMs.length).toBeGreaterThan(6);
		expect(attemptsAtMs.at(-1)).toBe(120_000);
	});

	it.each([
		['beyond the deadline', 86_400_000],
		['absurd', 1e12],
		['infinite', Infinity],
	])('waits no longer than to the deadline where Retry-After is %s', async (_, retryAfterMs) => {
		const { run, attemptsAtMs } = setUp(120_000, failing({ retryAfterMs }));
		await run();
		expect(attemptsAtMs).toEqual([0, 120_000]);
	});

	it('does not spend its attempts within a second where Retry-After is 0', async () => {
		const { run, timing, attemptsAtMs } = setUp(120_000, failing({ retryAfterMs: 0 }));
		timing.chance = 0;
		await run();
		expect(attemptsAtMs.filter((atMs) => atMs < 1_000).length).toBeLessThanOrEqual(4);
		expect(attemptsAtMs.at(-1)).toBe(120_000);
	});

	it('makes one attempt where the deadline has passed', async () => {
		const { run, attemptsAtMs } = setUp(-1, failing());
		await run();
		expect(attemptsAtMs).toEqual([0]);
	});

	it('makes no more attempts than it may', async () => {
		const { run, attemptsAtMs } = setUp(HOUR_MS, failing());
		expect(await run(2)).toEqual(failing());
		expect(attemptsAtMs).toHaveLength(2);
	});

	it('rejects when the run is cancelled between two attempts', async () => {
		const { run, timing, attemptsAtMs } = setUp(HOUR_MS, failing());
		const result = run();
		timing.cancel(new Error('cancelled'));
		await expect(result).rejects.toThrow('cancelled');
		expect(attemptsAtMs).toHaveLength(1);
	});
});
