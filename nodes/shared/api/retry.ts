const BASE_DELAY_MS = 1_000;
const MAX_DELAY_MS = 30_000;

/** Tries of one call, the first one counted: about 15 s of patience, at most 31 s. */
export const MAX_ATTEMPTS = 6;

/**
 * Ms to wait before the next try: exponential with full jitter, so that many runs that failed
 * together do not come back together; where the server said `Retry-After`, that; never more than
 * the time that is left.
 * @param attemptsDone at least 1
 * @param random in [0, 1)
 */
export function retryDelayMs(
	attemptsDone: number,
	random: number,
	retryAfterMs: number | undefined,
	timeLeftMs: number,
): number {
	const ceilingMs = Math.min(MAX_DELAY_MS, BASE_DELAY_MS * 2 ** (attemptsDone - 1));
	const delayMs = retryAfterMs ?? Math.ceil(random * ceilingMs);
	return Math.max(0, Math.min(delayMs, timeLeftMs));
}
