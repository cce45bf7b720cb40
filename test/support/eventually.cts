import { setTimeout as delay } from 'node:timers/promises';

/** How long a real n8n, a browser or a database may take for anything on a busy machine, ms. */
export const DEFAULT_TIMEOUT_MS = 90_000;
const DEFAULT_POLL_MS = 100;

/**
 * Polls until there is something, and returns it. What `poll` throws comes out at once.
 * @param what what is waited for, completes "waiting for ..."; a function is called at the end
 * @param poll answers undefined as long as it is not there
 * @param timeoutMs real ms, default 90,000
 * @param intervalMs real ms between two polls, default 100
 * @throws Error that says what was waited for, after `timeoutMs`
 */
export async function eventually<T>(
	what: string | (() => string),
	poll: () => T | undefined | Promise<T | undefined>,
	timeoutMs = DEFAULT_TIMEOUT_MS,
	intervalMs = DEFAULT_POLL_MS,
): Promise<T> {
	const deadlineMs = performance.now() + timeoutMs;
	for (;;) {
		const found = await poll();
		if (found !== undefined) return found;
		if (performance.now() >= deadlineMs) {
			const awaited = typeof what === 'string' ? what : what();
			throw new Error(`Timed out after ${timeoutMs} ms waiting for ${awaited}`);
		}
		await delay(intervalMs);
	}
}

/**
 * Repeats the expectations until none of them throws.
 * @throws their own error, after `timeoutMs` real ms, default 90,000
 */
export async function eventuallyHolds(
	expectations: () => unknown,
	timeoutMs = DEFAULT_TIMEOUT_MS,
): Promise<void> {
	let failure: unknown;
	const holds = async () => {
		try {
			await expectations();
			return true;
		} catch (error) {
			failure = error;
			return undefined;
		}
	};
	await eventually('the expectations', holds, timeoutMs).catch(() => {
		throw failure;
	});
}
