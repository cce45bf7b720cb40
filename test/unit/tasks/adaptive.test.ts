import { allModels } from '../../../nodes/shared/models/catalogue';
import { pollingFigures } from '../../../nodes/shared/models/pollingFigures';
import {
	adaptiveSchedule,
	estimateLengths,
	type AdaptiveFigures,
} from '../../../nodes/shared/tasks/adaptive';
import { nextPollMs, pollOffsetsSeconds } from '../../../nodes/shared/tasks/schedule';

const IMAGE: AdaptiveFigures = {
	expected: { medianSeconds: 12.5, spread: 0.4, isGuess: false },
	learnedSeconds: [],
	initialWaitSeconds: 5,
	intervalSeconds: 3,
	timeoutSeconds: 120,
};
const VIDEO: AdaptiveFigures = {
	expected: { medianSeconds: 120, spread: 0.6, isGuess: true },
	learnedSeconds: [],
	initialWaitSeconds: 60,
	intervalSeconds: 15,
	timeoutSeconds: 600,
};

/** Of the random number that shifts the polls: the least, the middle and the greatest. */
const CHANCES = [0, 0.5, 0.999];

const pollsOf = (figures: AdaptiveFigures, random = 0.5) => [
	...pollOffsetsSeconds(adaptiveSchedule(figures, random)),
];

/** Tasks of these seconds, more or less by up to a share. */
const around = (seconds: number, share: number, count: number) =>
	Array.from(
		{ length: count },
		(_, index) => seconds * (1 + share * (2 * ((index * 0.618) % 1) - 1)),
	);

describe('what is known of the lengths', () => {
	it.each<[string, number[], [number, number], [number, number]]>([
		['nothing learned: the expected length', [], [100, 100], [0.3, 0.3]],
		['one task: in the middle, and less sure', [50], [70, 71], [0.4, 0.6]],
		['one task that took 20 times as long', [2_000], [440, 450], [0.9, 0.9]],
		['20 alike: theirs, and their spread', around(50, 0.05, 20), [49, 53], [0.05, 0.2]],
		['20 that differ', around(50, 0.5, 20), [45, 55], [0.25, 0.45]],
		['one of 20 took 100 times as long', [...around(50, 0.05, 19), 5000], [49, 54], [0.05, 0.25]],
		['one of 20 took no time', [...around(50, 0.05, 19), 0.1], [46, 53], [0.05, 0.25]],
		['one of 50 took no time', [...around(50, 0.05, 49), 0.1], [48, 52], [0.03, 0.1]],
		[
			'a fifth took a quarter of the time: no outliers',
			[...around(60, 0.05, 16), ...around(15, 0.05, 4)],
			[40, 60],
			[0.5, 0.9],
		],
		['all took the same time', Array<number>(20).fill(50), [49, 53], [0.03, 0.15]],
	])('%s', (_, learnedSeconds, [leastMedian, mostMedian], [leastSpread, mostSpread]) => {
		const { medianSeconds, spread } = estimateLengths(
			{ medianSeconds: 100, spread: 0.3 },
			learnedSeconds,
		);
		expect(medianSeconds).toBeGreaterThanOrEqual(leastMedian - 1e-9);
		expect(medianSeconds).toBeLessThanOrEqual(mostMedian + 1e-9);
		expect(spread).toBeGreaterThanOrEqual(leastSpread - 1e-9);
		expect(spread).toBeLessThanOrEqual(mostSpread + 1e-9);
	});
});

describe('polls', () => {
	it.each<[string, AdaptiveFigures, [number, number], number]>([
		['an image, of which nothing is learned', IMAGE, [9, 13], 5],
		['a video, of which nothing is learned', VIDEO, [60, 75], 20],
		[
			'an image that takes longer than APIXO says',
			{ ...IMAGE, learnedSeconds: around(40, 0.1, 20) },
			[30, 36.1],
			3,
		],
		[
			'a video that takes far less than APIXO says',
			{ ...VIDEO, learnedSeconds: around(30, 0.1, 20) },
			[20, 27.5],
			3,
		],
	])('of %s: the first one, and the gap after it', (_, figures, [earliest, latest], mostGap) => {
		const [first, second] = pollsOf(figures);
		expect(first).toBeGreaterThanOrEqual(earliest);
		expect(first).toBeLessThanOrEqual(latest);
		expect(second - first).toBeLessThanOrEqual(mostGap);
	});

	const mixed = [...around(60, 0.05, 16), ...around(15, 0.05, 4)];
	it.each<[string, number[]]>([
		['a few', [50]],
		['alike', around(50, 0.05, 20)],
		['spread', around(50, 0.3, 20)],
		['of two kinds', mixed],
	])(
		'come first no later than the fastest task seen, but for half a gap: %s',
		(_, learnedSeconds) => {
			const figures = { ...IMAGE, learnedSeconds };
			// Of several lengths, the fastest one counts as an outlier.
			const [fastest, next = fastest] = [...learnedSeconds].sort((one, other) => one - other);
			const [first, second] = pollsOf(figures, 0);
			const half = (second - first) / 2;
			for (const random of CHANCES) {
				expect(pollsOf(figures, random)[0]).toBeLessThanOrEqual(next + half + 0.2);
			}
		},
	);

	it('follow a model that has become faster', () => {
		const learnedSeconds = [...around(60, 0.1, 35), ...around(20, 0.1, 15)];
		const polls = pollsOf({ ...IMAGE, learnedSeconds });
		expect(polls.find((offset) => offset >= 20)).toBeLessThanOrEqual(25);
	});

	it.each(CHANCES)(
		"come first no sooner than APIXO's guide says, where nothing is learned (chance %f)",
		(random) => {
			for (const figures of [IMAGE, VIDEO]) {
				const late = { ...figures, expected: { medianSeconds: 1, spread: 0.6, isGuess: true } };
				for (const polled of [figures, late]) {
					expect(pollsOf(polled, random)[0]).toBeGreaterThanOrEqual(figures.initialWaitSeconds);
				}
			}
		},
	);

	it('after one task that took very long come in time for the next usual one', () => {
		const polls = pollsOf({ ...IMAGE, learnedSeconds: [110] });
		expect(polls.find((offset) => offset >= 12)).toBeLessThanOrEqual(22);
	});

	it('of a learned length notice a task earlier by no more polls', () => {
		const vague = pollsOf({ ...VIDEO, learnedSeconds: around(120, 0.5, 30) });
		const exact = pollsOf({ ...VIDEO, learnedSeconds: around(120, 0.1, 30) });
		const until = (polls: number[]) => polls.findIndex((offset) => offset >= 120);
		expect(until(exact)).toBeLessThanOrEqual(until(vague) + 1);
		const gap = (polls: number[]) => polls[until(polls)] - polls[until(polls) - 1];
		expect(gap(exact)).toBeLessThan(gap(vague) / 2);
	});

	it.each(CHANCES)(
		'notice a task within 2 s that takes 1.3 times as long as any before (chance %f)',
		(random) => {
			const learnedSeconds = around(12, 0.4, 50);
			const longestSeconds = 1.3 * Math.max(...learnedSeconds);
			const polls = pollsOf({ ...IMAGE, learnedSeconds }, random);
			const index = polls.findIndex((offset) => offset >= longestSeconds);
			expect(polls[index] - polls[index - 1]).toBeLessThanOrEqual(2);
		},
	);

	const gapsOf = (polls: number[]) => polls.slice(1).map((offset, index) => offset - polls[index]);

	it('of a task that outlives what is expected come at an even interval, while nothing is learned', () => {
		const gaps = gapsOf(pollsOf(IMAGE).filter((offset) => offset > 30 && offset < 115));
		expect(gaps.length).toBeGreaterThan(10);
		for (const gap of gaps) expect(gap).toBeCloseTo(5, 9);
	});

	it("of a task that outlives what is learned come at about the guide's interval first", () => {
		const figures = { ...IMAGE, learnedSeconds: around(12, 0.25, 20) };
		const { pollsAtSeconds = [] } = adaptiveSchedule(figures, 0.5);
		const gaps = gapsOf(pollsOf(figures).slice(pollsAtSeconds.length - 4, -1));
		expect(gaps[0]).toBeGreaterThan(2.5);
		expect(gaps[0]).toBeLessThan(3.5);
		expect(gaps.length).toBeGreaterThan(10);
		expect(gapsOf(gaps).every((growth) => growth > -1e-9)).toBe(true);
		expect(gaps.at(-1)).toBeCloseTo(5, 9);
	});

	it.each<[string, AdaptiveFigures]>([
		['of which nothing is learned', VIDEO],
		['whose length is known', { ...IMAGE, learnedSeconds: around(12, 0.05, 30) }],
	])('of tasks submitted together are spread over every gap: %s', (_, figures) => {
		const schedules = Array.from({ length: 100 }, (__, index) => pollsOf(figures, index / 100));
		const [earliest] = schedules;
		const count = earliest.filter((offset) => offset < figures.timeoutSeconds / 2).length;
		for (let poll = 0; poll < count; poll++) {
			const tenth = (earliest[poll + 1] - earliest[poll]) / 10;
			const tenths = schedules.map((polls) => Math.floor((polls[poll] - earliest[poll]) / tenth));
			for (let index = 0; index < 10; index++) {
				const inTenth = tenths.filter((found) => found === index).length;
				expect({ poll, index, isSpread: inTenth >= 8 && inTenth <= 12 }).toEqual({
					poll,
					index,
					isSpread: true,
				});
			}
		}
	});
});

describe('an image of a model of which nothing is learned', () => {
	it('is noticed before 25 s when it takes 20 s, at any chance', () => {
		for (let permille = 0; permille < 1000; permille++) {
			const noticedAt = pollsOf(IMAGE, permille / 1000).find((offset) => offset >= 20.2);
			expect(noticedAt).toBeLessThan(24.6);
		}
	});

	it('is noticed within 5 s by at most 12 polls when it takes 60 s, at any chance', () => {
		for (let percent = 0; percent < 100; percent++) {
			const polls = pollsOf(IMAGE, percent / 100);
			const noticed = polls.findIndex((offset) => offset >= 60);
			expect(polls[noticed]).toBeLessThanOrEqual(65);
			expect(noticed + 1).toBeLessThanOrEqual(12);
		}
	});
});

describe.each(allModels().map((model) => [model.id, model] as const))('%s', (_, model) => {
	const figures = pollingFigures(model, model.category);
	const { expected = { medianSeconds: NaN, spread: NaN, isGuess: true }, ...guide } = figures;
	const { medianSeconds } = expected;
	const longestGapSeconds = Math.max(1, (guide.intervalSeconds * 5) / 3);

	it.each([
		['nothing learned', []],
		['as expected', around(medianSeconds, 0.2, 20)],
		['far shorter', around(0.2, 0.1, 20)],
		['far longer', around(5_000, 0.5, 20)],
		['all the same', Array<number>(50).fill(medianSeconds)],
		['anything', [0.1, 1, 10, 100, 1_000, 100_000]],
		['one, absurdly short', [0.1]],
		['one, absurdly long', [100_000]],
	])(
		'polls at least 1 s apart, at most the longest gap, and last at the limit: %s',
		(__, learnedSeconds) => {
			for (const timeoutSeconds of [1, 7.5, figures.timeoutSeconds]) {
				for (const random of CHANCES) {
					const schedule = { ...guide, expected, learnedSeconds, timeoutSeconds };
					const polls = pollsOf(schedule, random);
					const gaps = polls.map((offset, index) => offset - (polls[index - 1] ?? 0));
					expect(Math.min(...gaps)).toBeGreaterThanOrEqual(0.999);
					const [, ...later] = gaps;
					expect(Math.max(0, ...later)).toBeLessThanOrEqual(longestGapSeconds + 1.001);
					expect(polls.at(-1)).toBe(timeoutSeconds);
				}
			}
		},
	);
});

it('tells the next poll from the time that has gone by, also after a pause', () => {
	const schedule = adaptiveSchedule(VIDEO, 0.5);
	const polls = [...pollOffsetsSeconds(schedule)];
	const next = (afterSeconds: number, endSeconds = 600) => {
		const ms = nextPollMs(schedule, 1_000, {
			afterMs: 1_000 + afterSeconds * 1000,
			endMs: 1_000 + endSeconds * 1000,
		});
		return ms === undefined ? undefined : (ms - 1_000) / 1000;
	};
	expect(next(0)).toBeCloseTo(polls[0], 9);
	expect(next(polls[0])).toBeCloseTo(polls[1], 9);
	// A poll that came late.
	expect(next(polls[1] - 0.3)).toBeCloseTo(polls[1] + 0.7, 9);
	// One that would come late, less than 1 s before the last one.
	expect(next(polls[1] - 0.3, polls[1] + 1)).toBeCloseTo(polls[1] + 1, 9);
	expect(next(300)).toBeCloseTo(polls.find((offset) => offset > 300) ?? NaN, 9);
	expect(next(599)).toBe(600);
	expect(next(600)).toBeUndefined();
});
