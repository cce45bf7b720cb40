import { z } from 'zod/v4';

import { sameInputMaySucceed } from '../../shared/api/failCodes';
import { explainUnansweredSubmit, type Explanation } from '../../shared/tasks/explain';
import { endsInError, type FailurePolicy } from '../../shared/tasks/finish';
import type { PollSchedule } from '../../shared/tasks/schedule';
import { submittedOnly, waitAgain, type TaskWait } from '../../shared/tasks/wait';
import type { ResultFiles } from '../options/resultFiles';
import type { Completion } from '../options/waiting';

/** What is kept of a request once it is submitted; its inputs are not. */
export interface TaskSettings extends FailurePolicy {
	completion: Completion;
	files: ResultFiles;
	reference?: string;
	/** The model's mode, where known: tasks of one mode are likely to take equally long. */
	mode?: string;
}

/** What became of an input item so far; an item that is not submitted yet has none. */
export type ItemState =
	/** The request is on its way or, with an explanation, its answer never came. */
	| { status: 'sending'; itemIndex: number; fingerprint: string; explanation?: Explanation }
	| { status: 'refused'; itemIndex: number; explanation: Explanation }
	| ({ status: 'task'; itemIndex: number; fingerprint: string } & TaskState);

export interface TaskState {
	wait: TaskWait;
	settings: TaskSettings;
	/** Its callback goes to the execution that submitted it, which this one retries. */
	isOfFormerExecution?: true;
}

export type TaskItem = Extract<ItemState, { status: 'task' }>;

/** All that a run of the node needs to go on, in this process or another: plain data. */
export interface RunState {
	version: typeof VERSION;
	executionId: string;
	itemCount: number;
	/** How many tasks may be under way at once. */
	maxConcurrency: number;
	/** Whether gaps between polls may be spent paused. */
	canPause: boolean;
	items: ItemState[];
	/** How many attempts of 'Retry On Fail' have ended with an error. */
	failedAttempts: number;
	/** The number of the run's last pause; 0 where it had none. */
	lastPause: number;
}

const VERSION = 2;

/** n8n may bring the data of another version of this package. Checks what money depends on. */
export const runStateSchema = z.lazy(() => {
	const known = { itemIndex: z.int(), fingerprint: z.string() };
	const explanation = z.looseObject({ message: z.string(), description: z.string() });
	const task = z.looseObject({ taskId: z.string(), model: z.string(), submittedAtMs: z.number() });
	const schedule = z.looseObject({ strategy: z.string(), timeoutSeconds: z.number() });
	const wait = z.looseObject({
		task,
		schedule,
		startedAtMs: z.number(),
		nextPollAtMs: z.number(),
	});
	const settings = z.looseObject({ completion: z.string(), files: z.looseObject({}) });
	return z.looseObject({
		version: z.literal(VERSION),
		executionId: z.string(),
		itemCount: z.int(),
		maxConcurrency: z.number(),
		lastPause: z.int(),
		items: z.array(
			z.discriminatedUnion('status', [
				z.looseObject({ status: z.literal('sending'), ...known }),
				z.looseObject({ status: z.literal('refused'), itemIndex: z.int(), explanation }),
				z.looseObject({ status: z.literal('task'), ...known, wait, settings }),
			]),
		),
	});
});

export function newRunState(executionId: string, itemCount: number): RunState {
	return {
		version: VERSION,
		executionId,
		itemCount,
		maxConcurrency: 1,
		canPause: false,
		items: [],
		failedAttempts: 0,
		lastPause: 0,
	};
}

/** The state with this item's entry in place of its former one. */
export function withItem(state: RunState, item: ItemState): RunState {
	return { ...state, items: [...withoutItem(state, item.itemIndex).items, item] };
}

/** The state in which the item counts as not submitted. */
export function withoutItem(state: RunState, itemIndex: number): RunState {
	return { ...state, items: state.items.filter((item) => item.itemIndex !== itemIndex) };
}

/**
 * The state with what this process has submitted since it was stored: n8n's data may be that of an
 * older pause. Of an item's tasks the one counts that was submitted last.
 */
export function withRemembered(state: RunState, remembered: ItemState[]): RunState {
	const known = new Map(state.items.map((item) => [item.itemIndex, item]));
	return remembered
		.filter((item) => {
			const older = known.get(item.itemIndex);
			return !older || submittedAtMs(older) < submittedAtMs(item);
		})
		.reduce(withItem, state);
}

const submittedAtMs = (item: ItemState) =>
	item.status === 'task' ? item.wait.task.submittedAtMs : -Infinity;

/** The state with options of waiting that the user has changed since the task was submitted. */
export function withSettings(
	state: RunState,
	{
		itemIndex,
		settings,
		schedule,
	}: {
		itemIndex: number;
		settings: TaskSettings;
		schedule: (isOfFormerExecution?: boolean) => PollSchedule;
	},
	nowMs: number,
): RunState {
	const items = state.items.map((item) => {
		if (item.itemIndex !== itemIndex || item.status !== 'task') return item;
		const wait = { ...item.wait, schedule: schedule(item.isOfFormerExecution) };
		const { outcome, lastAnswer } = wait;
		const isWaitedFor = settings.completion !== 'none';
		if (isWaitedFor && outcome?.kind === 'running') {
			return { ...item, settings, wait: waitAgain(wait, nowMs) };
		}
		const isUnwaited = !isWaitedFor && !outcome;
		return { ...item, settings, wait: isUnwaited ? submittedOnly(wait, lastAnswer?.state) : wait };
	});
	return { ...state, items };
}

/** Items whose task has no outcome yet. */
export function pendingItems({ items }: RunState): TaskItem[] {
	return items.filter((item) => item.status === 'task').filter(({ wait: { outcome } }) => !outcome);
}

/** Indexes of the run's items. */
export function allItems({ itemCount }: RunState): number[] {
	return Array.from({ length: itemCount }, (_, index) => index);
}

/** Indexes of the items that are not submitted yet. */
export function unsubmittedItems(state: RunState): number[] {
	const begun = new Set(state.items.map(({ itemIndex }) => itemIndex));
	return allItems(state).filter((index) => !begun.has(index));
}

/** Whether the item will end with an error. */
export function isFailed(item: ItemState): boolean {
	if (item.status !== 'task') return item.status === 'refused' || item.explanation !== undefined;
	const { wait, settings } = item;
	return wait.outcome !== undefined && endsInError(wait.outcome, settings);
}

/** The state of an attempt that ended with an error, for n8n's next attempt. */
export function afterFailedAttempt(state: RunState): RunState {
	return { ...state, failedAttempts: state.failedAttempts + 1 };
}

/**
 * What the next attempt starts from: results stay, and so does a request whose answer never came. A
 * task that was not done in time is waited for again. A refused request, and a task whose failure is
 * an error that may be temporary, is submitted again unless the attempts are used up.
 * @param maxAttempts of 'Retry On Fail'; n8n counts anew after each pause, which would pay for more
 * @param isTimeOver n8n is about to end the execution: whatever has ended keeps its end
 */
export function forNextAttempt(
	state: RunState,
	{ maxAttempts, isTimeOver, nowMs }: { maxAttempts: number; isTimeOver: boolean; nowMs: number },
): RunState {
	const maySubmit = state.failedAttempts < maxAttempts && !isTimeOver;
	const items = state.items.flatMap((item): ItemState[] => {
		if (item.status === 'refused') return maySubmit ? [] : [item];
		if (item.status === 'sending') {
			return [{ ...item, explanation: item.explanation ?? explainUnansweredSubmit() }];
		}
		const { outcome } = item.wait;
		if (outcome?.kind === 'timedOut' || outcome?.kind === 'unreadable') {
			return [isTimeOver ? item : { ...item, wait: waitAgain(item.wait, nowMs) }];
		}
		const isRetryable =
			outcome?.kind === 'failed' &&
			endsInError(outcome, item.settings) &&
			sameInputMaySucceed(outcome.answer.failCode);
		return isRetryable && maySubmit ? [] : [item];
	});
	return { ...state, items };
}

/**
 * What another execution starts from that retries this one: only requests that are still the same
 * count, and the attempts begin anew. Tasks are polled at once: their callbacks, and perhaps the
 * polls that were due, went to the execution before.
 * @param fingerprints of the requests as they are now, by item index; after the first one, as former
 * versions told them
 */
export function forRetriedExecution(
	state: RunState,
	executionId: string,
	fingerprints: string[][],
	nowMs: number,
): RunState {
	const items = state.items.flatMap((item): ItemState[] => {
		const known = fingerprints[item.itemIndex] ?? [];
		if (item.status === 'refused' || !known.includes(item.fingerprint)) return [];
		const [fingerprint] = known;
		if (item.status === 'sending') return [{ ...item, fingerprint }];
		const wait = item.wait.outcome ? item.wait : { ...item.wait, nextPollAtMs: nowMs };
		return [{ ...item, fingerprint, wait, isOfFormerExecution: true }];
	});
	return { ...state, executionId, items, itemCount: fingerprints.length, failedAttempts: 0 };
}
