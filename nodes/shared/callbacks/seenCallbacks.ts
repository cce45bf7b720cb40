/** Whether the workflow was started. */
export type Settle = (fired: boolean) => void;

/** The right to start the workflow, or what became of the callback that has it. */
export type Claim = { first: true; settle: Settle } | { first: false; fired: Promise<boolean> };

export interface SeenCallbacks {
	/** Gives the right to start the workflow for this key to one caller only. */
	claim(key: string): Claim;
	hasFired(key: string): boolean;
}

interface Entry {
	atMs: number;
	hasFired: boolean;
	settled: Promise<boolean>;
}

/**
 * Remembers which callbacks have started a workflow, in this process. The first to claim a key must settle
 * it: `settle(false)` forgets the key, so that the sender's next attempt may start it. Further claims are
 * told when, and as what, the first is settled. The oldest keys go when there are too many.
 * @param now Unix time in ms
 */
export function createSeenCallbacks(
	limits: { maxAgeMs: number; maxCount: number },
	now: () => number,
): SeenCallbacks {
	const entries = new Map<string, Entry>();

	function forgetTheOld(): void {
		for (const [key, { atMs }] of entries) {
			if (entries.size <= limits.maxCount && now() - atMs <= limits.maxAgeMs) return;
			entries.delete(key);
		}
	}

	return {
		claim(key) {
			forgetTheOld();
			const known = entries.get(key);
			if (known) return { first: false, fired: known.settled };
			let announce: (fired: boolean) => void = () => {};
			const settled = new Promise<boolean>((resolve) => {
				announce = resolve;
			});
			const entry = { atMs: now(), hasFired: false, settled };
			entries.set(key, entry);
			forgetTheOld();
			return {
				first: true,
				settle(fired) {
					entry.hasFired = fired;
					if (!fired && entries.get(key) === entry) entries.delete(key);
					announce(fired);
				},
			};
		},

		hasFired(key) {
			forgetTheOld();
			return entries.get(key)?.hasFired === true;
		},
	};
}
