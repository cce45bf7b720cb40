/** How a task's length is distributed, as seen at equally spaced moments. */
export interface LengthDistribution {
	/** Seconds after the submission, of the first moment and between two. */
	fromSeconds: number;
	stepSeconds: number;
	/** The share of tasks that are done by each moment; never falls. */
	doneShare: number[];
}

export interface PollCosts {
	/** How many seconds of delay a poll is worth. */
	pollPriceSeconds: number;
	/** No two polls are closer to each other, nor is the first one to the submission. */
	minGapSeconds: number;
	/** No two polls are further apart. */
	maxGapSeconds: number;
	/** The first one comes no later, unless that is too close to the submission. */
	firstBySeconds: number;
}

/**
 * The seconds after the submission at which to poll so that the expected delay, plus the price of
 * the expected polls, is least. The last one is at the last moment of the distribution, or too close
 * to it for one more.
 *
 * By dynamic programming from the last moment back: `cost[i]` is that of all that comes after a poll
 * at moment i, weighted with the share of tasks that are not done then. The next poll at moment j
 * costs its price for that share, and the delay of those that end between i and j.
 */
export function cheapestPolls(distribution: LengthDistribution, costs: PollCosts): number[] {
	const { fromSeconds, stepSeconds, doneShare } = distribution;
	const { pollPriceSeconds, minGapSeconds, maxGapSeconds, firstBySeconds } = costs;
	const last = doneShare.length - 1;
	const at = (moment: number) => fromSeconds + moment * stepSeconds;
	const momentAt = (seconds: number) =>
		Math.max(0, Math.min(last, Math.ceil((seconds - fromSeconds) / stepSeconds)));

	// Sum of the delays of all tasks that are done by a moment, were they noticed only then.
	const delays = [0];
	for (let i = 1; i <= last; i++) {
		delays[i] = delays[i - 1] + ((doneShare[i - 1] + doneShare[i]) / 2) * stepSeconds;
	}
	const minSteps = Math.max(1, Math.ceil(minGapSeconds / stepSeconds));
	const maxSteps = Math.max(minSteps, Math.floor(maxGapSeconds / stepSeconds));

	const cost: number[] = Array.from({ length: last + 1 }, () => Infinity);
	const next: Array<number | undefined> = [];
	for (let i = last; i >= 0; i--) {
		const price = pollPriceSeconds * (1 - doneShare[i]);
		// No poll is left: some later one notices the rest.
		if (i + minSteps > last) cost[i] = price + minGapSeconds * (1 - doneShare[i]);
		const furthest = Math.min(last, i + maxSteps);
		for (let j = i + minSteps; j <= furthest; j++) {
			const delay = delays[j] - delays[i] - doneShare[i] * (j - i) * stepSeconds;
			const total = price + delay + cost[j];
			if (total >= cost[i]) continue;
			cost[i] = total;
			next[i] = j;
		}
	}

	const earliest = momentAt(minGapSeconds);
	const latest = Math.max(earliest, momentAt(firstBySeconds));
	let first = earliest;
	for (let j = earliest; j <= latest; j++) {
		if (delays[j] + cost[j] <= delays[first] + cost[first]) first = j;
	}
	const polls = [at(first)];
	for (let i = next[first]; i !== undefined; i = next[i]) polls.push(at(i));
	return polls;
}
