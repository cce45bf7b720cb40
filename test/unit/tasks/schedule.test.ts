import { pollingFigures } from '../../../nodes/shared/models/pollingFigures';
import {
	GUIDE_BACKOFF_FACTOR,
	nextPollMs,
	pollOffsetsSeconds,
	type PollSchedule,
} from '../../../nodes/shared/tasks/schedule';

const schedule = (
	strategy: PollSchedule['strategy'],
	initialWaitSeconds: number,
	intervalSeconds: number,
	backoffFactor: number,
	maxIntervalSeconds: number,
	timeoutSeconds: number,
): PollSchedule => ({
	strategy,
	initialWaitSeconds,
	intervalSeconds,
	backoffFactor,
	maxIntervalSeconds,
	timeoutSeconds,
});

const offsetsOf = (figures: PollSchedule) =>
	[...pollOffsetsSeconds(figures)].map((offset) => Math.round(offset * 1000) / 1000);

it.each<[string, PollSchedule, number[]]>([
	['fixed', schedule('fixed', 5, 10, 1.5, 30, 40), [5, 15, 25, 35, 40]],
	['fixed, the timeout on a poll', schedule('fixed', 10, 10, 1.5, 30, 30), [10, 20, 30]],
	['fixed, whatever the longest interval', schedule('fixed', 5, 10, 1.5, 2, 30), [5, 15, 25, 30]],
	['backoff', schedule('backoff', 5, 2, 2, 30, 60), [5, 7, 11, 19, 35, 60]],
	['backoff with a cap', schedule('backoff', 5, 2, 2, 5, 30), [5, 7, 11, 16, 21, 26, 30]],
	['backoff, a cap below the interval', schedule('backoff', 5, 4, 2, 1, 20), [5, 9, 13, 17, 20]],
	['backoff by 1', schedule('backoff', 5, 10, 1, 30, 40), [5, 15, 25, 35, 40]],
	['backoff by 100', schedule('backoff', 1, 1, 100, 604_800, 500), [1, 2, 102, 500]],
	['a timeout below the initial wait', schedule('backoff', 60, 15, 1.5, 30, 20), [20]],
	['a timeout at the initial wait', schedule('backoff', 60, 15, 1.5, 30, 60), [60]],
	['a timeout just after the initial wait', schedule('backoff', 60, 15, 1.5, 30, 60.5), [60, 60.5]],
	['no initial wait', schedule('backoff', 0, 2, 2, 30, 20), [0, 2, 6, 14, 20]],
	[
		"the guide's own backoff",
		schedule('backoff', 3, 3, GUIDE_BACKOFF_FACTOR, 30, 300),
		[3, 6, 10.5, 17.25, 27.375, 42.563, 65.344, 95.344, 125.344, 155.344, 185.344, 215.344].concat([
			245.344, 275.344, 300,
		]),
	],
])('polls at these seconds: %s', (_, figures, expected) => {
	expect(offsetsOf(figures)).toEqual(expected);
});

it('never polls twice at one moment, ends at the timeout, and not later', () => {
	for (const factor of [1, 1.1, 1.5, 3]) {
		for (let timeoutSeconds = 1; timeoutSeconds <= 700; timeoutSeconds += 7) {
			const offsets = offsetsOf(schedule('backoff', 5, 3, factor, 30, timeoutSeconds));
			expect(offsets).toEqual([...new Set(offsets)].sort((a, b) => a - b));
			expect(offsets.at(-1)).toBe(timeoutSeconds);
		}
	}
});

describe('the next poll of a schedule with polls at 5, 15, 25, 35 and 40 s', () => {
	const EVERY_10_S = schedule('fixed', 5, 10, 1, 10, 40);
	const SUBMITTED_AT_MS = 7_000_000;

	/** All in seconds after the submission. */
	function nextPoll(after: number, end: number): number | undefined {
		const pollMs = nextPollMs(EVERY_10_S, SUBMITTED_AT_MS, {
			afterMs: SUBMITTED_AT_MS + after * 1000,
			endMs: SUBMITTED_AT_MS + end * 1000,
		});
		return pollMs === undefined ? undefined : (pollMs - SUBMITTED_AT_MS) / 1000;
	}

	it.each([
		['before the first', 0, 5],
		['just before a poll', 14.999, 15],
		['right after a poll', 15, 25],
		['after polls that were missed', 34, 35],
		['after the last poll but one', 35, 40],
		['at the timeout', 40, undefined],
		['after the timeout', 4_000, undefined],
	])('%s (%d s) is at %d s', (_, after, expected) => {
		expect(nextPoll(after, 40)).toBe(expected);
	});

	it.each([
		['is the last one at an earlier end', 15, 22, 22],
		['goes on up to a later end', 40, 62, 45],
		['is the last one at a later end', 55, 62, 62],
	])('%s (after %d s, end at %d s: %d s)', (_, after, end, expected) => {
		expect(nextPoll(after, end)).toBe(expected);
	});
});

describe('the figures of a fast image, with nothing set', () => {
	const image = {
		strategy: 'backoff' as const,
		backoffFactor: GUIDE_BACKOFF_FACTOR,
		...pollingFigures(undefined, 'image'),
	};
	const seenAt = (taskSeconds: number) => offsetsOf(image).find((offset) => offset >= taskSeconds);

	it('sees a task of 20 s by 25 s', () => {
		expect(seenAt(20)).toBeLessThanOrEqual(25);
	});

	it('sees a task of 60 s at most 5 s late, with at most 12 polls', () => {
		const seenAtSeconds = seenAt(60) ?? NaN;
		expect(seenAtSeconds - 60).toBeLessThanOrEqual(5);
		expect(offsetsOf(image).filter((offset) => offset <= seenAtSeconds).length).toBeLessThanOrEqual(
			12,
		);
	});

	it('sees every task less than 5.5 s late', () => {
		for (let seconds = 1; seconds <= 120; seconds += 0.25) {
			expect((seenAt(seconds) ?? NaN) - seconds).toBeLessThan(5.5);
		}
	});
});
