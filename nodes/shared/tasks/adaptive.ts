import { cheapestPolls } from './cheapestPolls';
import { MIN_GAP_SECONDS, type PollSchedule } from './schedule';

/** How long tasks of one kind take, as far as is known: log-logistic, since some take far longer. */
export interface LengthEstimate {
	/** Half of the tasks take longer. */
	medianSeconds: number;
	/** Standard deviation of the logarithm; a small one is the spread as a share of the median. */
	spread: number;
}

/** How many finished tasks the usual length counts for, which may be no more than a guess. */
const PRIOR_WEIGHT = { median: 0.5, spread: 3 };
const PRIOR_SPREAD = 0.3;
/** However alike the tasks were, the next one may differ a little. */
const LEAST_SPREAD = 0.03;
/** A length further from the median, in median deviations, counts as just that far. */
const OUTLIER_DEVIATIONS = 5;

/**
 * What is known of the lengths of tasks of one kind.
 * @param expectedSeconds by APIXO's pages, or a guess
 * @param learnedSeconds of tasks that are finished
 */
export function estimateLengths(
	expectedSeconds: number,
	learnedSeconds: readonly number[],
): LengthEstimate {
	const logs = withoutOutliers(learnedSeconds).map((seconds) => Math.log(seconds));
	const count = logs.length;
	const weight = PRIOR_WEIGHT.median + count;
	const center = (PRIOR_WEIGHT.median * Math.log(expectedSeconds) + sum(logs)) / weight;
	const mean = sum(logs) / Math.max(1, count);
	const squares = sum(logs.map((log) => (log - mean) ** 2));
	const variance =
		(PRIOR_WEIGHT.spread * PRIOR_SPREAD ** 2 + squares) / (PRIOR_WEIGHT.spread + count);
	// The fewer tasks, the less sure is the median itself.
	const uncertainty = count > 0 ? 1 + 1 / weight : 1;
	return {
		medianSeconds: Math.exp(center),
		spread: Math.max(LEAST_SPREAD, Math.sqrt(variance * uncertainty)),
	};
}

function withoutOutliers(lengths: readonly number[]): number[] {
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
 * `unlikelyShare`: the share of tasks that take longer than polls are aimed at.
 * Tuned by the simulation in benchmark/: a guess is worth no more polls than APIXO's guide makes.
 */
const AIMS = {
	cold: { pollPrice: 3.5, unlikelyShare: 0.1 },
	learned: { pollPrice: 0.98, unlikelyShare: 0.015 },
};
/** The share of tasks that are shorter than polls are aimed at. */
const SHORTEST_SHARE = 0.002;
/** Into how many steps the time is divided in which tasks are likely to end. */
const STEPS = 200;
/**
 * The longest gap, and that after a task has outlived what is known, in intervals of APIXO's guide:
 * an image of 60 s is still noticed within 5 s.
 */
const LONGEST_GAP_INTERVALS = 5 / 3;
/** How far the polls of a task are shifted at random, as a share of the gap after the first. */
const JITTER = 0.2;

/** What a schedule rests on. */
export interface AdaptiveFigures {
	/** How long a task usually takes, by APIXO's pages. */
	expectedSeconds: number;
	/** How long finished tasks took. */
	learnedSeconds: readonly number[];
	/** APIXO's guide: between two polls. */
	intervalSeconds: number;
	timeoutSeconds: number;
}

/**
 * Polls when tasks are likely to end: where the expected delay and the price of the expected polls
 * are least, and not after the fastest task seen. A task that outlives what is known is polled at
 * an even interval.
 * @param random from 0 to 1; shifts the polls, so that tasks submitted together are not polled together
 */
export function adaptiveSchedule(figures: AdaptiveFigures, random: number): PollSchedule {
	const { expectedSeconds, learnedSeconds, timeoutSeconds } = figures;
	const gapSeconds = Math.max(MIN_GAP_SECONDS, figures.intervalSeconds * LONGEST_GAP_INTERVALS);
	const { medianSeconds, spread } = estimateLengths(expectedSeconds, learnedSeconds);
	const { pollPrice, unlikelyShare } = learnedSeconds.length === 0 ? AIMS.cold : AIMS.learned;
	// The logistic distribution's standard deviation is its scale times pi / sqrt(3).
	const scale = (spread * Math.sqrt(3)) / Math.PI;
	const shareDoneBy = (seconds: number) => 1 / (1 + (medianSeconds / seconds) ** (1 / scale));
	const secondsUntil = (share: number) => medianSeconds * (share / (1 - share)) ** scale;

	const fromSeconds = secondsUntil(SHORTEST_SHARE);
	const stepSeconds = (secondsUntil(1 - unlikelyShare) - fromSeconds) / STEPS;
	const doneShare = Array.from({ length: STEPS + 1 }, (_, step) =>
		shareDoneBy(fromSeconds + step * stepSeconds),
	);
	const polls = cheapestPolls(
		{ fromSeconds, stepSeconds, doneShare },
		{
			pollPriceSeconds: pollPrice * spread,
			minGapSeconds: MIN_GAP_SECONDS,
			maxGapSeconds: gapSeconds,
			firstBySeconds: Math.min(Infinity, ...withoutOutliers(learnedSeconds)),
		},
	);
	const [first, second = first + gapSeconds] = polls;
	const shift = Math.max(MIN_GAP_SECONDS - first, JITTER * (2 * random - 1) * (second - first));
	const pollsAtSeconds = polls.map((seconds) => Math.round((seconds + shift) * 1000) / 1000);
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
