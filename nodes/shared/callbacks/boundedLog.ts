import { createRecentMap } from './recentMap';

const WINDOW_MS = 60_000;
const MAX_LINES_PER_WINDOW = 10;
const MAX_SOURCES = 1_000;
const MAX_LINE_LENGTH = 500;

/**
 * The text to log, or undefined where the source has had its lines of this minute. Whoever learns a
 * webhook's URL can cause a line with each request.
 */
export type BoundedLog = (source: string, text: string) => string | undefined;

/** @param now Unix time in ms */
export function createBoundedLog(now: () => number): BoundedLog {
	const counts = createRecentMap<{ lines: number }>(
		{ maxAgeMs: WINDOW_MS, maxCount: MAX_SOURCES },
		now,
	);
	return (source, text) => {
		const count = counts.get(source) ?? { lines: 0 };
		if (count.lines === 0) counts.set(source, count);
		count.lines++;
		if (count.lines > MAX_LINES_PER_WINDOW) return undefined;
		const isLast = count.lines === MAX_LINES_PER_WINDOW;
		return oneLine(text) + (isLast ? ' (further ones are not logged for up to a minute)' : '');
	};
}

/** A text of others as one line of limited length, with control characters escaped. */
export function oneLine(text: string): string {
	const line = text.replace(
		/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu,
		(char) => `\\u${(char.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
	);
	return line.length > MAX_LINE_LENGTH ? `${line.slice(0, MAX_LINE_LENGTH)}…` : line;
}
