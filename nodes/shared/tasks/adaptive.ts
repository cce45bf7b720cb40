import { cheapestPolls, type LengthDistribution } from './cheapestPolls';
import { GUIDE_BACKOFF_FACTOR, MIN_GAP_SECONDS, type PollSchedule } from './schedule';

/** How long tasks of one kind take, as far as is known: log-logistic, since some take far longer. */
export interface LengthEstimate {
	/** Half of the tasks take longer. */
	medianSeconds: number;
	/** Standard deviation of the logarithm; a small one is the spread as a share of the median. */
	spread: number;
}

/** How many finished tasks the expected length, and its spread, count for. */
const EXPECTED_WEIGHT = { median: 1, spread: 0.5 };
/** However alike the tasks were, the next one may differ a little. */
const LEAST_SPREAD = 0.03;
/** Half of the tasks then take 0.6 to 1.7 times the median: more would say nothing. */
const GREATEST_SPREAD = 0.9;
/**
 * The share of the lengths, at least one, that are outliers at either end: they say little about the
 * next task. A larger group at one end is another kind of task, such as a model's short videos beside
 * its long ones.
 */
const OUTLIER_SHARE = 0.05;
/** With fewer lengths, only those further from the median than so many median deviations. */
const FEW_LENGTHS = 5;
const OUTLIER_DEVIATIONS = 5;

/**
 * What is known of the lengths of tasks of one kind. Lengths that contradict the expected one widen
 * the spread while there are few of them.
 * @param expected by APIXO's pages, or a guess
 * @param learnedSeconds of tasks that are finished
 */
export function estimateLengths(
	expected: LengthEstimate,
	learnedSeconds: readonly number[],
): LengthEstimate {
	const logs = withoutOutliers(learnedSeconds).map((seconds) => Math.log(seconds));
	const count = logs.length;
	if (count === 0) return expected;
	const expectedLog = Math.log(expected.medianSeconds);
	const mean = sum(logs) / count;
	const weight = EXPECTED_WEIGHT.median + count;
	const center = (EXPECTED_WEIGHT.median * expectedLog + sum(logs)) / weight;
	const squares =
		sum(logs.map((log) => (log - mean) ** 2)) +
		(EXPECTED_WEIGHT.median / weight) * (mean - expectedLog) ** 2;
	const variance =
		(EXPECTED_WEIGHT.spread * expected.spread ** 2 + squares) / (EXPECTED_WEIGHT.spread + count);
	// The fewer tasks, the less sure is the median itself.
	const spread = Math.sqrt(variance * (1 + 1 / weight));
	return {
		medianSeconds: Math.exp(center),
		spread: Math.min(GREATEST_SPREAD, Math.max(LEAST_SPREAD, spread)),
	};
}

/** The lengths in ascending order, outliers moved to the nearest length that is none. */
function withoutOutliers(lengths: readonly number[]): number[] {
	const sorted = [...lengths].sort((a, b) => a - b);
	const count = sorted.length;
	if (count < FEW_LENGTHS) return withinDeviations(sorted);
	const outliers = Math.max(1, Math.floor(OUTLIER_SHARE * count));
	const [least, most] = [sorted[outliers], sorted[count - 1 - outliers]];
	return sorted.map((seconds) => Math.min(most, Math.max(least, seconds)));
}

function withinDeviations(lengths: readonly number[]): number[] {
	const logs = lengths.map((seconds) => Math.log(seconds));
	const center = median(logs);
	const deviation = median(logs.map((log) => Math.abs(log - center)));
	const bound = OUTLIER_DEVIATIONS * Math.max(deviation, LEAST_SPREAD);
	return logs.map((log) => Math.exp(Math.min(center + bound, Math.max(center - bound, log))));
}

function median(values: number[]): number {
	const sorted = [...values].sort((a, b) => a - b);
	const middle = Math.floor(sorted.length / 2);
	return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function sum(values: number[]): number {
	return values.reduce((total, value) => total + value, 0);
}

/**
 * `pollPrice`: how many seconds of delay a poll is worth, times the spread of the lengths. So a
 * length that is better known is used to notice tasks earlier, by as many polls.
 * `longestShare`: the share of tasks that end after the last of the polls that are planned.
 * Tuned by the simulation in benchmark/; `frugal` so that an image that takes 60 s instead of the 12 s
 * that APIXO's pages name is polled 12 times at most, and one of 20 s is noticed before 25 s.
 */
const AIMS = {
	frugal: { pollPrice: 3.5, longestShare: 0.05 },
	other: { pollPrice: 1, longestShare: 0.005 },
};
/** The longest interval at which APIXO's guide polls quick tasks, which are images. */
const QUICK_INTERVAL_SECONDS = 5;
/** The share of tasks that end before the first of the polls that are planned. */
const SHORTEST_SHARE = 0.002;
/** Into how many steps the time is divided in which tasks are likely to end, at least. */
const STEPS = 200;
/** At least, so that a longest gap can be told from a longer one. */
const STEPS_A_GAP = 8;
/**
 * The longest gap, in intervals of APIXO's guide: an image of 60 s is still noticed within 5 s. At the
 * interval itself it would take 19 polls where nothing is learned.
 */
const LONGEST_GAP_INTERVALS = 5 / 3;

/** What a schedule rests on. */
export interface AdaptiveFigures {
	/** How long tasks are expected to take, by APIXO's pages or a guess. */
	expected: LengthEstimate & { isGuess: boolean };
	/** How long finished tasks took. */
	learnedSeconds: readonly number[];
	/** APIXO's guide: before the first poll. */
	initialWaitSeconds: number;
	/** APIXO's guide: between two polls. */
	intervalSeconds: number;
	timeoutSeconds: number;
}

/**
 * Polls when tasks are likely to end: where the expected delay and the price of the expected polls
 * are least. The first poll comes no later than the fastest task seen, but for the shift, or, while
 * none was seen, no sooner than APIXO's guide says. A task that outlives what is learned is polled at
 * the guide's interval, and soon at the longest gap; with frugal aims at that gap from the start.
 * @param random from 0 to 1; shifts each poll, so that tasks submitted together are not polled
 * together: by up to half a gap to either side or, where the first may not come sooner, by up to the
 * whole gap
 */
export function adaptiveSchedule(figures: AdaptiveFigures, random: number): PollSchedule {
	const { expected, learnedSeconds, timeoutSeconds } = figures;
	const gapSeconds = Math.max(MIN_GAP_SECONDS, figures.intervalSeconds * LONGEST_GAP_INTERVALS);
	const isNothingLearned = learnedSeconds.length === 0;
	const notBeforeSeconds = isNothingLearned ? figures.initialWaitSeconds : MIN_GAP_SECONDS;
	const [firstBySeconds = Infinity] = withoutOutliers(learnedSeconds);
	const lengths = estimateLengths(expected, learnedSeconds);
	const isQuick = figures.intervalSeconds <= QUICK_INTERVAL_SECONDS;
	// One task is enough to know better.
	const aim = isNothingLearned && !expected.isGuess && isQuick ? AIMS.frugal : AIMS.other;
	const planned = cheapestPolls(
		distributionOf(lengths, {
			notBeforeSeconds,
			firstBySeconds,
			timeoutSeconds,
			longestShare: aim.longestShare,
			stepSeconds: gapSeconds / STEPS_A_GAP,
		}),
		{
			pollPriceSeconds: aim.pollPrice * lengths.spread,
			minGapSeconds: MIN_GAP_SECONDS,
			maxGapSeconds: gapSeconds,
			firstBySeconds,
		},
	);
	const last = planned[planned.length - 1];
	const interval = Math.max(MIN_GAP_SECONDS, figures.intervalSeconds);
	const growing = [last + interval, last + interval + GUIDE_BACKOFF_FACTOR * interval];
	const polls = aim === AIMS.frugal ? planned : [...planned, ...growing];
	const pollsAtSeconds = shifted(polls, { random, notBeforeSeconds, gapSeconds });
	return {
		strategy: 'adaptive',
		pollsAtSeconds,
		initialWaitSeconds: pollsAtSeconds[0],
		intervalSeconds: gapSeconds,
		backoffFactor: 1,
		maxIntervalSeconds: gapSeconds,
		timeoutSeconds,
	};
}

/**
 * Moves each poll by up to half a gap to either side, so that the polls of a hundred tasks that were
 * submitted together are spread evenly over every gap. Adds the poll that follows the last one, moved
 * in the same way. No gap becomes shorter than the shortest of its neighbors, or longer than their
 * longest.
 */
function shifted(
	polls: number[],
	bounds: { random: number; notBeforeSeconds: number; gapSeconds: number },
): number[] {
	const { random, notBeforeSeconds, gapSeconds } = bounds;
	const last = polls[polls.length - 1];
	const [first, second] = [...polls, last + gapSeconds];
	const around = [2 * first - second, ...polls, last + gapSeconds, last + 2 * gapSeconds];
	const middles = around.slice(1).map((poll, index) => (around[index] + poll) / 2);
	const laterSeconds = Math.max(0, notBeforeSeconds - middles[0]);
	return middles.slice(1).map((next, index) => {
		const seconds = middles[index] + random * (next - middles[index]) + laterSeconds;
		return Math.round(seconds * 1000) / 1000;
	});
}

/** The lengths that polls are aimed at, in steps of that many seconds at most. */
function distributionOf(
	{ medianSeconds, spread }: LengthEstimate,
	bounds: {
		notBeforeSeconds: number;
		firstBySeconds: number;
		timeoutSeconds: number;
		longestShare: number;
		stepSeconds: number;
	},
): LengthDistribution {
	// The logistic distribution's standard deviation is its scale times pi / sqrt(3).
	const scale = (spread * Math.sqrt(3)) / Math.PI;
	const shareDoneBy = (seconds: number) => 1 / (1 + (medianSeconds / seconds) ** (1 / scale));
	const secondsUntil = (share: number) => medianSeconds * (share / (1 - share)) ** scale;

	const shortestSeconds = Math.min(bounds.firstBySeconds, secondsUntil(SHORTEST_SHARE));
	const fromSeconds = Math.max(bounds.notBeforeSeconds, shortestSeconds);
	const untilSeconds = Math.min(bounds.timeoutSeconds, secondsUntil(1 - bounds.longestShare));
	const rangeSeconds = Math.max(MIN_GAP_SECONDS, untilSeconds - fromSeconds);
	const steps = Math.max(STEPS, Math.ceil(rangeSeconds / bounds.stepSeconds));
	const stepSeconds = rangeSeconds / steps;
	const doneShare = Array.from({ length: steps + 1 }, (_, step) =>
		shareDoneBy(fromSeconds + step * stepSeconds),
	);
	return { fromSeconds, stepSeconds, doneShare };
}
