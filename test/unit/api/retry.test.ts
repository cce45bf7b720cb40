import { MAX_ATTEMPTS, retryDelayMs } from '../../../nodes/shared/api/retry';

const NEARLY_ONE = 0.999_999;
const LONG_MS = 3_600_000;

it('doubles the longest wait with each try, up to 30 s', () => {
	const longest = [1, 2, 3, 4, 5, 6, 7, 50].map((tries) =>
		retryDelayMs(tries, NEARLY_ONE, undefined, LONG_MS),
	);
	expect(longest).toEqual([1, 2, 4, 8, 16, 30, 30, 30].map((seconds) => seconds * 1000));
});

it('spreads evenly between nothing and the longest wait', () => {
	const delays = [0, 0.25, 0.5, 0.75].map((random) => retryDelayMs(3, random, undefined, LONG_MS));
	expect(delays).toEqual([0, 1000, 2000, 3000]);
});

it.each([
	[7_000, LONG_MS, 7_000],
	[7_000, 5_000, 5_000],
	[0, LONG_MS, 0],
	[undefined, 100, 100],
	[undefined, 0, 0],
	[7_000, -5, 0],
])('Retry-After %j with %j ms left waits %j ms', (retryAfterMs, timeLeftMs, expected) => {
	expect(retryDelayMs(4, NEARLY_ONE, retryAfterMs, timeLeftMs)).toBe(expected);
});

it('takes at most half a minute over all tries, and half of that as a rule', () => {
	const totalMs = (random: number) =>
		Array.from({ length: MAX_ATTEMPTS - 1 }, (_, index) =>
			retryDelayMs(index + 1, random, undefined, LONG_MS),
		).reduce((sum, delayMs) => sum + delayMs);
	expect(totalMs(NEARLY_ONE)).toBe(31_000);
	expect(totalMs(0.5)).toBe(15_500);
});
