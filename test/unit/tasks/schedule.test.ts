import { pollingFigures } from '../../../nodes/shared/models/pollingFigures';
import {
	GUIDE_BACKOFF_FACTOR,
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

const looks = (figures: PollSchedule) =>
	[...pollOffsetsSeconds(figures)].map((offset) => Math.round(offset * 1000) / 1000);

it.each<[string, PollSchedule, number[]]>([
	['fixed', schedule('fixed', 5, 10, 1.5, 30, 40), [5, 15, 25, 35, 40]],
	['fixed, the limit on a look', schedule('fixed', 10, 10, 1.5, 30, 30), [10, 20, 30]],
	['fixed, above the longest interval', schedule('fixed', 5, 10, 1.5, 2, 30), [5, 15, 25, 30]],
	['backoff', schedule('backoff', 5, 2, 2, 30, 60), [5, 7, 11, 19, 35, 60]],
	['backoff with a cap', schedule('backoff', 5, 2, 2, 5, 30), [5, 7, 11, 16, 21, 26, 30]],
	['backoff, a cap below the interval', schedule('backoff', 5, 4, 2, 1, 20), [5, 9, 13, 17, 20]],
	['backoff by 1', schedule('backoff', 5, 10, 1, 30, 40), [5, 15, 25, 35, 40]],
	['backoff by 100', schedule('backoff', 1, 1, 100, 604_800, 500), [1, 2, 102, 500]],
	['a limit below the initial wait', schedule('backoff', 60, 15, 1.5, 30, 20), [20]],
	['a limit at the initial wait', schedule('backoff', 60, 15, 1.5, 30, 60), [60]],
	['a limit just after it', schedule('backoff', 60, 15, 1.5, 30, 60.5), [60, 60.5]],
	['no initial wait', schedule('backoff', 0, 2, 2, 30, 20), [0, 2, 6, 14, 20]],
	[
		"the guide's own backoff",
		schedule('backoff', 3, 3, GUIDE_BACKOFF_FACTOR, 30, 300),
		[3, 6, 10.5, 17.25, 27.375, 42.563, 65.344, 95.344, 125.344, 155.344, 185.344, 215.344].concat([
			245.344, 275.344, 300,
		]),
	],
])('%s', (_, figures, expected) => {
	expect(looks(figures)).toEqual(expected);
});

it('never looks twice at one moment, and never beyond the limit', () => {
	for (const factor of [1, 1.1, 1.5, 3]) {
		for (let timeoutSeconds = 1; timeoutSeconds <= 700; timeoutSeconds += 7) {
			const offsets = looks(schedule('backoff', 5, 3, factor, 30, timeoutSeconds));
			expect(offsets).toEqual([...new Set(offsets)].sort((a, b) => a - b));
			expect(offsets.at(-1)).toBe(timeoutSeconds);
		}
	}
});

describe('the figures of a fast image, with nothing set', () => {
	const image = {
		strategy: 'backoff' as const,
		backoffFactor: GUIDE_BACKOFF_FACTOR,
		...pollingFigures(undefined, 'image'),
	};
	const seenAt = (taskSeconds: number) => looks(image).find((offset) => offset >= taskSeconds);

	it('sees a task of 20 s by 25 s', () => {
		expect(seenAt(20)).toBeLessThanOrEqual(25);
	});

	it('sees a task of 60 s at most 5 s late, with at most 12 looks', () => {
		const seenAtSeconds = seenAt(60) ?? NaN;
		expect(seenAtSeconds - 60).toBeLessThanOrEqual(5);
		expect(looks(image).filter((offset) => offset <= seenAtSeconds).length).toBeLessThanOrEqual(12);
	});

	it('sees every task less than 5.5 s late', () => {
		for (let seconds = 1; seconds <= 120; seconds += 0.25) {
			expect((seenAt(seconds) ?? NaN) - seconds).toBeLessThan(5.5);
		}
	});
});
