import { unsubmittedItems, withItem, withSettings, type ItemState, type RunState } from './state';
import type { TaskRequest } from './taskRequest';

/** What an item asks for: a request to submit, a task to wait for, or nothing, since it is wrong. */
export interface WorkItem {
	entry: TaskRequest | ItemState;
	/** How many tasks may be under way at once, by this item's options. */
	maxConcurrency: number;
	canPause: boolean;
}

/**
 * The state with what all items ask for, and the requests to submit, by item index. The user may have
 * changed how to wait for those that are submitted.
 */
export function withWork(
	state: RunState,
	items: WorkItem[],
	nowMs: number,
): { state: RunState; requests: Map<number, TaskRequest> } {
	const unsubmitted = new Set(unsubmittedItems(state));
	const requests = new Map<number, TaskRequest>();
	let read = state;
	for (const { entry } of items) {
		const { itemIndex } = entry;
		const isUnsubmitted = unsubmitted.has(itemIndex);
		if ('status' in entry) {
			if (isUnsubmitted) read = withItem(read, entry);
		} else if (isUnsubmitted) {
			requests.set(itemIndex, entry);
		} else {
			read = withSettings(read, entry, nowMs);
		}
	}
	if (items.length === 0) return { state: read, requests };
	return {
		requests,
		state: {
			...read,
			maxConcurrency: Math.min(...items.map(({ maxConcurrency }) => maxConcurrency)),
			canPause: items.every(({ canPause }) => canPause),
		},
	};
}
