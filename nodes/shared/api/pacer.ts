import type { Timing } from './transport';

/** APIXO's limit is 10,000 requests a minute (page of ltx-2-19b): one each 6 ms. */
const REQUEST_SPACING_MS = 60_000 / 10_000;

/** Spreads requests: each call resolves when its request may go. */
export function createPacer(timing: Timing): () => Promise<void> {
	let nextSlotMs = 0;
	return async () => {
		const nowMs = timing.now();
		const slotMs = Math.max(nowMs, nextSlotMs);
		nextSlotMs = slotMs + REQUEST_SPACING_MS;
		if (slotMs > nowMs) await timing.sleep(slotMs - nowMs);
	};
}
