import {
	attemptsAfterFirst,
	limitsOfAttempt,
	maxAttempts,
	waitLimits,
	type AttemptLimits,
} from '../../../../nodes/Apixo/decisions/limits';

const NOW_MS = 1_700_000_000_000;
const NONE = { count: 0, eachMs: 0 };

/** In seconds from now. */
const inSeconds = (limits: AttemptLimits | undefined) =>
	[limits?.stopAtMs, limits?.endAtMs].map((ms = NaN) => (ms - NOW_MS) / 1000);

describe("the limits that n8n's deadline leaves an attempt", () => {
	it.each([
		['far off', 600, NONE, [592, 597]],
		['half a minute off', 32, NONE, [24, 29]],
		['near: a quarter of the time is for the end', 16, NONE, [12, 14.5]],
		['now', 0, NONE, [0, 0]],
		['past', -60, NONE, [-60, -60]],
		['far off, with attempts to come', 600, { count: 2, eachMs: 1_500 }, [589, 594]],
		[
			'near, with attempts to come: half of the time is for them',
			16,
			{ count: 4, eachMs: 5_500 },
			[4, 6.5],
		],
	])('%s', (_, deadline, attemptsLeft, expected) => {
		const deadlineMs = NOW_MS + deadline * 1000;
		const limits = limitsOfAttempt(deadlineMs, { nowMs: NOW_MS, attemptsLeft });
		expect(inSeconds(limits)).toEqual(expected);
	});

	it('are none where n8n has no deadline', () => {
		expect(limitsOfAttempt(undefined, { nowMs: NOW_MS, attemptsLeft: NONE })).toBeUndefined();
		expect(waitLimits(undefined, { canPause: true })).toEqual({ graceMs: 600_000 });
	});

	it('let further attempts up to the same deadline do no more, and give each time for its output', () => {
		const deadlineMs = NOW_MS + 60_000;
		const attemptsLeft = { count: 2, eachMs: 1_500 };
		const first = limitsOfAttempt(deadlineMs, { nowMs: NOW_MS, attemptsLeft });
		const after = (before: AttemptLimits | undefined, deadline = deadlineMs) =>
			limitsOfAttempt(deadline, { nowMs: NOW_MS + 55_000, attemptsLeft, before });
		const second = after(first);
		const third = after(second);
		expect([first, second, third, after(third)].map(inSeconds)).toEqual([
			[49, 54],
			[49, 55.5],
			[49, 57],
			[49, 57],
		]);
		expect(inSeconds(after(first, deadlineMs + 600_000))).toEqual([649, 654]);
	});
});

it("pauses end before n8n's timer would find no time left, and only a run that can pause has grace", () => {
	const limits = waitLimits(undefined, { timerMs: NOW_MS, canPause: false });
	expect(limits).toEqual({ pauseBeforeMs: NOW_MS - 8_000, graceMs: 0 });
});

describe("n8n's attempts of 'Retry On Fail'", () => {
	it.each([
		['off', { maxTries: 5 }, 0, 1_500, 5],
		['with its defaults', { retryOnFail: true }, 2, 1_500, 3],
		[
			'as the user set it',
			{ retryOnFail: true, maxTries: 5, waitBetweenTries: 5_000 },
			4,
			5_500,
			5,
		],
		[
			'beyond its bounds',
			{ retryOnFail: true, maxTries: 9, waitBetweenTries: 60_000 },
			4,
			5_500,
			5,
		],
		['below its bounds', { retryOnFail: true, maxTries: 1, waitBetweenTries: -1 }, 1, 500, 2],
	])('%s', (_, settings, count, eachMs, attempts) => {
		expect(attemptsAfterFirst(settings)).toEqual({ count, eachMs });
		expect(maxAttempts(settings)).toBe(attempts);
	});
});
