/** When to poll a task. Durations count in seconds from the submission. */
export interface PollSchedule {
	strategy: 'adaptive' | 'backoff' | 'fixed';
	/** Of 'adaptive': the polls when tasks are likely to end; the interval counts from the last on. */
	pollsAtSeconds?: number[];
	initialWaitSeconds: number;
	intervalSeconds: number;
	/** At least 1; 1 keeps the interval. */
	backoffFactor: number;
	maxIntervalSeconds: number;
	timeoutSeconds: number;
}

/** The adaptive strategy polls a task no more often. */
export const MIN_GAP_SECONDS = 1;

/** APIXO's polling guide multiplies the interval by this each round. */
export const GUIDE_BACKOFF_FACTOR = 1.5;

/**
 * Seconds after the submission of each poll, the first at index 0. Grows by whole intervals and ends
 * exactly at the timeout, so that a wait never overshoots it and never ends without a last poll.
 * Offsets count from the submission, not from the poll before: slow answers do not add up.
 */
export function* pollOffsetsSeconds(schedule: PollSchedule): Generator<number> {
	const { strategy, intervalSeconds, backoffFactor, maxIntervalSeconds, timeoutSeconds } = schedule;
	if (strategy === 'adaptive') return yield* adaptiveOffsetsSeconds(schedule);
	let interval = intervalSeconds;
	for (let offset = schedule.initialWaitSeconds; offset < timeoutSeconds; offset += interval) {
		if (offset > schedule.initialWaitSeconds && strategy === 'backoff') {
			interval = Math.max(intervalSeconds, Math.min(interval * backoffFactor, maxIntervalSeconds));
		}
		yield offset;
	}
	yield timeoutSeconds;
}

function* adaptiveOffsetsSeconds(schedule: PollSchedule): Generator<number> {
	const { initialWaitSeconds, intervalSeconds, timeoutSeconds } = schedule;
	const { pollsAtSeconds = [initialWaitSeconds] } = schedule;
	// A poll just before the last one would bring nothing.
	const endSeconds = timeoutSeconds - MIN_GAP_SECONDS;
	for (const offset of pollsAtSeconds) if (offset <= endSeconds) yield offset;
	let offset = (pollsAtSeconds.at(-1) ?? 0) + intervalSeconds;
	for (; offset <= endSeconds; offset += intervalSeconds) yield offset;
	yield timeoutSeconds;
}

/**
 * Unix ms of the first poll after `afterMs`, the last one at `endMs`; undefined when that is over.
 * Polls that are overdue, as after a pause, are left out: one poll now makes up for all of them.
 * @param submittedAtMs Unix ms from which the schedule counts
 */
export function nextPollMs(
	schedule: PollSchedule,
	submittedAtMs: number,
	{ afterMs, endMs }: { afterMs: number; endMs: number },
): number | undefined {
	const timeoutSeconds = (endMs - submittedAtMs) / 1000;
	const minGapMs = schedule.strategy === 'adaptive' ? MIN_GAP_SECONDS * 1000 : 0;
	for (const offsetSeconds of pollOffsetsSeconds({ ...schedule, timeoutSeconds })) {
		const pollAtMs = submittedAtMs + offsetSeconds * 1000;
		if (pollAtMs <= afterMs) continue;
		// The poll before may have come late.
		const atLeastMs = Math.max(pollAtMs, afterMs + minGapMs);
		return atLeastMs > endMs - minGapMs ? endMs : atLeastMs;
	}
	return undefined;
}
