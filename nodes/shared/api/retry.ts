import type { Result } from '../result';
import type { Timing } from './transport';

const BASE_DELAY_MS = 1_000;
const MAX_DELAY_MS = 30_000;
/** A server that says `Retry-After: 0`, or a past date, still gets a pause. */
const MIN_DELAY_MS = 250;

/**
 * Ms to wait before the next attempt: what the server's `Retry-After` says, at least an exponential
 * backoff with full jitter, and up to a second on top, so that requests that failed together do not
 * come back together.
 * @param attemptsDone at least 1
 */
export function retryDelayMs(
	attemptsDone: number,
	retryAfterMs: number | undefined,
	random: () => number,
): number {
	const ceilingMs = Math.min(MAX_DELAY_MS, BASE_DELAY_MS * 2 ** (attemptsDone - 1));
	const backoffMs = Math.max(MIN_DELAY_MS, random() * ceilingMs);
	return Math.ceil(Math.max(retryAfterMs ?? 0, backoffMs) + random() * BASE_DELAY_MS);
}

export interface RetryOptions<E> {
	isRetryable(error: E): boolean;
	/** Unix ms; the last attempt starts here at the latest. */
	deadlineMs(): number;
	/** Default: as many as there is time for. */
	maxAttempts?: number;
	timing: Timing;
}

/**
 * Repeats `attempt` until it succeeds, fails for good, or the deadline has passed. A delay that
 * would go beyond the deadline ends there, so that the last attempt comes as late as it may.
 * Rejects when the run is cancelled between two attempts.
 */
export async function retry<T, E extends { retryAfterMs?: number }>(
	attempt: () => Promise<Result<T, E>>,
	{ isRetryable, deadlineMs, maxAttempts = Infinity, timing }: RetryOptions<E>,
): Promise<Result<T, E>> {
	for (let attemptsDone = 1; ; attemptsDone++) {
		const result = await attempt();
		if (result.ok || attemptsDone >= maxAttempts || !isRetryable(result.error)) return result;
		const timeLeftMs = deadlineMs() - timing.now();
		if (timeLeftMs <= 0) return result;
		const delayMs = retryDelayMs(attemptsDone, result.error.retryAfterMs, () => timing.random());
		await timing.sleep(Math.min(delayMs, timeLeftMs));
	}
}
