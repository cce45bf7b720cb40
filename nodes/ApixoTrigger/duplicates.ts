import type { IExecuteFunctions } from 'n8n-workflow';

import { escapeHtml } from '../shared/html';
import { claimKeys } from '../shared/n8n/claimOnce';

/** The callback that started this run. */
export interface StartingCallback {
	taskId: string;
	state: string;
	/** Absent where no signature was checked. */
	nonce?: string;
}

/**
 * The second layer against duplicates and against URLs that are used for other tasks, in n8n's
 * database: it knows what other processes, and this one before its restart, have started.
 * @returns why this run must stop, as HTML for a hint; undefined if it may continue
 */
export async function whyToStop(
	context: IExecuteFunctions,
	{ taskId, state, nonce }: StartingCallback,
	dropsDuplicates: boolean,
): Promise<string | undefined> {
	// Two keys for a nonce, since n8n keeps keys without values: it is used, and it is used for this task.
	const nonceKey = JSON.stringify(['nonce', nonce]);
	const nonceOfTaskKey = JSON.stringify(['nonce', nonce, taskId]);
	const taskKey = `${taskId} ${state}`;
	const keys = [
		...(nonce === undefined ? [] : [nonceKey, nonceOfTaskKey]),
		...(dropsDuplicates ? [taskKey] : []),
	];
	if (keys.length === 0) return undefined;

	const isOfOtherTask = (claimed: string[]) =>
		!claimed.includes(nonceKey) && claimed.includes(nonceOfTaskKey);

	const claimed = await claimKeys(context, keys, isOfOtherTask);
	const task = `Task ${escapeHtml(taskId)}`;
	if (isOfOtherTask(claimed)) {
		return `${task} came with a signed URL that was used for another task, so this execution stops here`;
	}
	return dropsDuplicates && !claimed.includes(taskKey)
		? `${task} was already delivered as '${state}', so this execution stops here`
		: undefined;
}
