import { isUnixMs } from '../unixMs';

/** APIXO's clock and n8n's may differ by as much. */
const MAX_CLOCK_DIFFERENCE_MS = 24 * 60 * 60_000;

/**
 * How many ms ago a task was completed, at least 0; undefined where `completeTime` is absent or no
 * plausible Unix time in ms: APIXO's field is unchecked.
 */
export function fileAgeMs(completeTime: unknown, nowMs: number): number | undefined {
	if (!isUnixMs(completeTime)) return undefined;
	const ageMs = nowMs - completeTime;
	return ageMs >= -MAX_CLOCK_DIFFERENCE_MS ? Math.max(0, ageMs) : undefined;
}
