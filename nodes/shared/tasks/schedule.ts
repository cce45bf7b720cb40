/** When to look at a task. All in seconds, at least 1. */
export interface PollSchedule {
	strategy: 'backoff' | 'fixed';
	initialWaitSeconds: number;
	intervalSeconds: number;
	backoffFactor: number;
	maxIntervalSeconds: number;
	timeoutSeconds: number;
}

/** APIXO's polling guide multiplies the interval by this each round. */
export const GUIDE_BACKOFF_FACTOR = 1.5;

/**
 * Seconds after submission of each look, the first at index 0. Grows by whole intervals and ends
 * exactly at the limit, so that a wait never overshoots it and never gives up without a last look.
 * Offsets count from the submission, not from the look before: slow answers do not add up.
 */
export function* pollOffsetsSeconds(schedule: PollSchedule): Generator<number> {
	const { strategy, intervalSeconds, backoffFactor, maxIntervalSeconds, timeoutSeconds } = schedule;
	let interval = intervalSeconds;
	for (let offset = schedule.initialWaitSeconds; offset < timeoutSeconds; offset += interval) {
		if (offset > schedule.initialWaitSeconds && strategy === 'backoff') {
			interval = Math.max(intervalSeconds, Math.min(interval * backoffFactor, maxIntervalSeconds));
		}
		yield offset;
	}
	yield timeoutSeconds;
}
