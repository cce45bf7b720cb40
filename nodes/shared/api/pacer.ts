import type { Timing } from './transport';

/** APIXO's limit is 10,000 requests a minute (page of ltx-2-19b): one each 6 ms. */
export const MIN_SPACING_MS = 60_000 / 10_000;
const MAX_SPACING_MS = 500;
/** After a refusal that names no time, or a shorter one. */
const MIN_PAUSE_MS = 1_000;
/** Rate limits count by the minute: a longer pause, whatever `Retry-After` says, helps nobody. */
const MAX_PAUSE_MS = 60_000;
const SLOWER = 2;
/** Small, so that a new refusal comes after some 70 requests, not after a few. */
const FASTER = 0.99;

/** Decides when each request of a run may go. */
export interface Pacer {
	/**
	 * Resolves when it is the caller's turn, in the order of the calls.
	 * Rejects when the run is cancelled meanwhile.
	 * @param latestMs Unix ms; resolves then even if it is not the caller's turn
	 * @returns whether it is
	 */
	turn(latestMs?: number): Promise<boolean>;
	/**
	 * APIXO refused a request as one too many: pauses all requests, and sends them more slowly.
	 * @param sentAtMs when that request went
	 */
	slowDown(sentAtMs: number, retryAfterMs?: number): void;
	/** APIXO took a request: approaches the full pace again. */
	speedUp(): void;
}

/** Spreads requests over time: evenly, by APIXO's documented limit or, once it refuses, below it. */
export function createPacer(timing: Timing): Pacer {
	let spacingMs = MIN_SPACING_MS;
	let nextTurnMs = 0;
	let slowedAtMs = 0;
	let waiting = 0;
	let lastTurn: Promise<unknown> = Promise.resolve();

	async function takeTurn(): Promise<void> {
		// A refusal may postpone the turn while it is waited for.
		while (timing.now() < nextTurnMs) await timing.sleep(nextTurnMs - timing.now());
		nextTurnMs = timing.now() + spacingMs;
	}

	async function queue(): Promise<true> {
		waiting++;
		const turn = lastTurn.then(takeTurn);
		lastTurn = turn.catch(() => {});
		await turn.finally(() => waiting--);
		return true;
	}

	return {
		async turn(latestMs = Infinity) {
			const isFree = waiting === 0 && timing.now() >= nextTurnMs;
			if (isFree || latestMs === Infinity) return await queue();
			const stop = new AbortController();
			const latest = timing.sleep(Math.max(0, latestMs - timing.now()), stop.signal);
			const tooLate = latest.then(() => false);
			return await Promise.race([queue(), tooLate]).finally(() => stop.abort());
		},

		slowDown(sentAtMs, retryAfterMs = 0) {
			// Requests that were under way together are refused together: one sign, not many.
			if (sentAtMs >= slowedAtMs) {
				spacingMs = Math.min(MAX_SPACING_MS, spacingMs * SLOWER);
				slowedAtMs = timing.now();
			}
			const pauseMs = Math.min(MAX_PAUSE_MS, Math.max(MIN_PAUSE_MS, retryAfterMs));
			nextTurnMs = Math.max(nextTurnMs, timing.now() + pauseMs);
		},

		speedUp() {
			spacingMs = Math.max(MIN_SPACING_MS, spacingMs * FASTER);
		},
	};
}
