import {
	limitsUntil,
	maxAttempts,
	retriesMs,
	waitLimits,
} from '../../../../nodes/Apixo/decisions/limits';

const NOW_MS = 1_700_000_000_000;

/** In seconds from now. */
const limitsIn = (deadline: number, { retries = 0 } = {}) => {
	const limits = limitsUntil(NOW_MS + deadline * 1000, {
		nowMs: NOW_MS,
		retriesMs: retries * 1000,
	});
	return [limits?.stopAtMs, limits?.endAtMs].map((ms) => ((ms ?? 0) - NOW_MS) / 1000);
};

describe("the limits that n8n's deadline leaves an attempt", () => {
	it.each([
		['far off', 600, 0, [592, 597]],
		['half a minute off', 32, 0, [24, 29]],
		['near: a quarter of the time is for the end', 16, 0, [12, 14.5]],
		['now', 0, 0, [0, 0]],
		['past', -60, 0, [-60, -60]],
		['far off, with attempts to come', 600, 3, [589, 594]],
		['near, with attempts to come: half of the time is for them', 16, 20, [4, 6.5]],
	])('%s', (_, deadline, retries, expected) => {
		expect(limitsIn(deadline, { retries })).toEqual(expected);
	});

	it('are none where n8n has no deadline', () => {
		expect(limitsUntil(undefined, { nowMs: NOW_MS, retriesMs: 0 })).toBeUndefined();
		const limits = waitLimits(undefined, { canPause: true });
		expect(limits).toEqual({ graceMs: 600_000 });
	});

	it('hold for all attempts up to the same deadline', () => {
		const deadlineMs = NOW_MS + 60_000;
		const before = limitsUntil(deadlineMs, { nowMs: NOW_MS, retriesMs: 2_500 });
		const later = { nowMs: NOW_MS + 57_000, retriesMs: 2_500, before };
		expect(limitsUntil(deadlineMs, later)).toEqual(before);
		expect(limitsUntil(deadlineMs + 1, later)).not.toEqual(before);
	});
});

describe('what a run has beside', () => {
	it("ends its pauses before n8n's timer would find no time left, and has no grace in process", () => {
		const limits = waitLimits(undefined, { timerMs: NOW_MS, canPause: false });
		expect(limits).toEqual({ pauseBeforeMs: NOW_MS - 8_000, graceMs: 0 });
	});
});

describe("n8n's attempts of 'Retry On Fail'", () => {
	it.each([
		['off', { maxTries: 5 }, 0, 5],
		['with its defaults', { retryOnFail: true }, 2_500, 3],
		['as the user set it', { retryOnFail: true, maxTries: 5, waitBetweenTries: 5_000 }, 21_000, 5],
		['beyond its bounds', { retryOnFail: true, maxTries: 9, waitBetweenTries: 60_000 }, 21_000, 5],
		['below its bounds', { retryOnFail: true, maxTries: 1, waitBetweenTries: -1 }, 250, 2],
	])('%s', (_, settings, expectedMs, attempts) => {
		expect(retriesMs(settings)).toBe(expectedMs);
		expect(maxAttempts(settings)).toBe(attempts);
	});
});
