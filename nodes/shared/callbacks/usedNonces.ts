import { createRecentMap, type RecentMapLimits } from './recentMap';

/**
 * Remembers, in this process, for which task the nonce of a callback URL was used. A URL belongs to
 * one task: whoever learns it must not start a workflow for others with it.
 */
export interface UsedNonces {
	/** The task whose callback used the nonce first; undefined where none did. */
	taskOf(nonce: string): string | undefined;
	bind(nonce: string, taskId: string): void;
}

/** @param now Unix time in ms */
export function createUsedNonces(limits: RecentMapLimits, now: () => number): UsedNonces {
	const tasks = createRecentMap<string>(limits, now);
	return {
		taskOf: (nonce) => tasks.get(nonce),
		bind(nonce, taskId) {
			if (tasks.get(nonce) === undefined) tasks.set(nonce, taskId);
		},
	};
}
