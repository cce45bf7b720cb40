import {
	newRunState,
	type ItemState,
	type RunState,
	type TaskItem,
	type TaskSettings,
} from '../../../nodes/Apixo/decisions/state';
import type { Completion } from '../../../nodes/Apixo/options/waiting';
import type { TaskAnswer } from '../../../nodes/shared/api/schemas';
import type { Outcome } from '../../../nodes/shared/tasks/outcome';
import type { PollSchedule } from '../../../nodes/shared/tasks/schedule';
import { startWait, type TaskWait } from '../../../nodes/shared/tasks/wait';

/** Polls at 5, 15, 25 ... 115 and 120 s. */
export const EVERY_10_S: PollSchedule = {
	strategy: 'fixed',
	initialWaitSeconds: 5,
	intervalSeconds: 10,
	backoffFactor: 1,
	maxIntervalSeconds: 10,
	timeoutSeconds: 120,
};

export function settings(completion: Completion, more: Partial<TaskSettings> = {}): TaskSettings {
	return {
		completion,
		files: {
			downloadResults: false,
			binaryProperty: 'data',
			outputMode: 'task',
			maxFileSize: 1024,
		},
		onTaskFailure: 'error',
		onTimeout: 'error',
		...more,
	};
}

export const answer = (state: string, more: Partial<TaskAnswer> = {}): TaskAnswer => ({
	taskId: 'task-0',
	state,
	resultJson: undefined,
	...more,
});

export const SUCCESS: Outcome = { kind: 'success', answer: answer('success') };
export const RUNNING: Outcome = { kind: 'running', answer: answer('processing') };
export const TIMED_OUT: Outcome = { kind: 'timedOut', cause: { limit: 'task', seconds: 120 } };
export const UNREADABLE: Outcome = {
	kind: 'unreadable',
	failure: { kind: 'notFound', message: 'No such task', status: 404 },
};
export const failed = (failCode?: string): Outcome => ({
	kind: 'failed',
	answer: answer('failed', { failCode }),
});

/** An item whose task is `task-<itemIndex>`, submitted at 0 and not done yet. */
export function taskItem(
	itemIndex: number,
	{
		completion = 'auto',
		policy = {},
		schedule = EVERY_10_S,
		...wait
	}: Partial<TaskWait> & { completion?: Completion; policy?: Partial<TaskSettings> } = {},
): TaskItem {
	const task = { taskId: `task-${itemIndex}`, model: 'nano-banana', submittedAtMs: 0 };
	return {
		status: 'task',
		itemIndex,
		fingerprint: `request ${itemIndex}`,
		wait: { ...startWait(task, schedule), ...wait },
		settings: settings(completion, policy),
	};
}

export const refusedItem = (itemIndex: number): ItemState => ({
	status: 'refused',
	itemIndex,
	explanation: { message: 'Refused', description: 'Change it' },
});

export const sendingItem = (itemIndex: number): Extract<ItemState, { status: 'sending' }> => ({
	status: 'sending',
	itemIndex,
	fingerprint: `request ${itemIndex}`,
});

/** Of a request whose outcome nobody knows. */
export const unansweredItem = (itemIndex: number): ItemState => ({
	...sendingItem(itemIndex),
	explanation: { message: 'Unclear', description: 'Check the dashboard' },
});

export function runState(items: ItemState[], more: Partial<RunState> = {}): RunState {
	return { ...newRunState('execution 1', items.length), maxConcurrency: 100, items, ...more };
}

/** What n8n does between two attempts, and to its database and back. */
export const stored = <T>(data: T): T => JSON.parse(JSON.stringify(data)) as T;
