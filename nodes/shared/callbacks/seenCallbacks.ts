import { createRecentMap, type RecentMapLimits } from './recentMap';

/** Reports whether the workflow was started. */
export type Settle = (hasStarted: boolean) => void;

/** The right to start the workflow, or what became of the callback that has it. */
export type Claim =
	| { first: true; settle: Settle }
	| { first: false; hasStarted: Promise<boolean> };

export interface SeenCallbacks {
	/** Gives the right to start the workflow for this key to one caller only. */
	claim(key: string): Claim;
	hasStarted(key: string): boolean;
}

interface Entry {
	hasStarted: boolean;
	settled: Promise<boolean>;
}

/**
 * Remembers which callbacks have started a workflow, in this process. The first to claim a key must
 * settle it: `settle(false)` forgets the key, so that APIXO's next attempt may start the workflow.
 * Callers who claim the key meanwhile are told what the first came to.
 * @param now Unix time in ms
 */
export function createSeenCallbacks(limits: RecentMapLimits, now: () => number): SeenCallbacks {
	const entries = createRecentMap<Entry>(limits, now);
	return {
		claim(key) {
			const known = entries.get(key);
			if (known) return { first: false, hasStarted: known.settled };
			let announce: Settle = () => {};
			const settled = new Promise<boolean>((resolve) => {
				announce = resolve;
			});
			const entry = { hasStarted: false, settled };
			entries.set(key, entry);
			return {
				first: true,
				settle(hasStarted) {
					entry.hasStarted = hasStarted;
					if (!hasStarted && entries.get(key) === entry) entries.delete(key);
					announce(hasStarted);
				},
			};
		},
		hasStarted: (key) => entries.get(key)?.hasStarted === true,
	};
}
