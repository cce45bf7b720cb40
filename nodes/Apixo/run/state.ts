import { isTransient, type Answer } from '../../shared/api/failure';
import { sameInputMaySucceed } from '../../shared/api/failCodes';
import { isTerminal, type TaskAnswer } from '../../shared/api/schemas';
import type { Explanation } from '../../shared/tasks/explain';
import {
	outcomeOf,
	type DeliveredBy,
	type Outcome,
	type Task,
} from '../../shared/tasks/outcome';
import { pollOffsetsSeconds } from '../../shared/tasks/schedule';
import type { GenerateRequest } from '../actions/generate/request';

/** What is needed of a request once it is submitted; the prompt and the other inputs are not. */
export type ParkedRequest = Pick<GenerateRequest, 'waiting' | 'delivery' | 'reference'>;

/** An input item whose task was submitted or taken up. */
export interface TaskEntry {
	itemIndex: number;
	request: ParkedRequest;
	task: Task;
	/** Absent while the task is waited for. */
	outcome?: Outcome;
	deliveredBy?: DeliveredBy;
}

/** An input item for which no task is known. */
export interface RefusedEntry {
	itemIndex: number;
	explanation: Explanation;
}

export type ParkedEntry = TaskEntry | RefusedEntry;

/** All that a parked run of the node needs to go on; kept in the execution's data. */
export interface ParkedState {
	executionId: string;
	/** Which run of the node in this execution: a loop's rounds do not mix. */
	runIndex: number;
	/** How many tasks may be under way at once. */
	maxConcurrency: number;
	/** Items without an entry are not submitted yet. */
	entries: ParkedEntry[];
	/** Unix ms at which the execution wakes by itself. */
	wakeAtMs: number;
	/** How many tries of 'Retry On Fail' have ended with an error. */
	triesFailed: number;
	/** The run ended with an error: who finds this is the next try. */
	isTryOver: boolean;
}

/** Where the state is in the node's context of the execution. */
export const STATE_KEY = 'parked';

/** How long the API may stay silent after a task's limit before the task counts as timed out. */
const SILENCE_MS = 10 * 60_000;
const LOOK_AGAIN_MS = 30_000;

export function newState(
	executionId: string,
	runIndex: number,
	maxConcurrency: number,
): ParkedState {
	return {
		executionId,
		runIndex,
		maxConcurrency,
		entries: [],
		wakeAtMs: 0,
		triesFailed: 0,
		isTryOver: false,
	};
}

/** The part of a request that is kept. */
export function parkedRequest({ waiting, delivery, reference }: GenerateRequest): ParkedRequest {
	return { waiting, delivery, reference };
}

/** Whether the item was submitted. */
export function hasTask(entry: ParkedEntry): entry is TaskEntry {
	return 'task' in entry;
}

/** Tasks whose outcome is not known yet. */
export function pendingEntries({ entries }: ParkedState): TaskEntry[] {
	return entries.filter(hasTask).filter(({ outcome }) => outcome === undefined);
}

/** Indexes of the items that are next to be submitted: as many as there is room for. */
export function nextItems(state: ParkedState, itemCount: number): number[] {
	const begun = new Set(state.entries.map(({ itemIndex }) => itemIndex));
	const left = Array.from({ length: itemCount }, (_, itemIndex) => itemIndex);
	const room = Math.max(0, state.maxConcurrency - pendingEntries(state).length);
	return left.filter((itemIndex) => !begun.has(itemIndex)).slice(0, room);
}

/** Every item was submitted or refused, and of every task the outcome is known. */
export function isComplete(state: ParkedState, itemCount: number): boolean {
	return state.entries.length === itemCount && pendingEntries(state).length === 0;
}

/**
 * The state after a look at a task: settled where it is final, out of time, or cannot be asked for.
 * While the API is silent the task stays pending, for a while even after its limit: it may be done.
 */
export function withLook(
	state: ParkedState,
	taskId: string,
	answer: Answer<TaskAnswer>,
	deliveredBy: DeliveredBy,
	nowMs: number,
): ParkedState {
	return {
		...state,
		entries: state.entries.map((entry) => {
			if (!hasTask(entry) || entry.task.taskId !== taskId || entry.outcome) return entry;
			const outcome = outcomeOfLook(entry, answer, nowMs);
			return outcome ? { ...entry, outcome, deliveredBy } : entry;
		}),
	};
}

function outcomeOfLook(
	entry: TaskEntry,
	answer: Answer<TaskAnswer>,
	nowMs: number,
): Outcome | undefined {
	const limitMs = entry.task.submittedAtMs + timeoutSecondsOf(entry) * 1000;
	const timedOut = { kind: 'timedOut', timeoutSeconds: timeoutSecondsOf(entry) } as const;
	if (answer.ok) {
		if (isTerminal(answer.value.state)) return outcomeOf(answer.value);
		return nowMs >= limitMs ? { ...timedOut, answer: answer.value } : undefined;
	}
	if (!isTransient(answer.error)) return { kind: 'unknown', failure: answer.error };
	return nowMs >= limitMs + SILENCE_MS ? timedOut : undefined;
}

function timeoutSecondsOf({ request }: TaskEntry): number {
	return request.waiting.schedule.timeoutSeconds;
}

/** Unix ms at which the execution wakes by itself: the earliest look that any task is due for. */
export function nextWakeMs(state: ParkedState, nowMs: number): number {
	return Math.min(...pendingEntries(state).map((entry) => nextLookMs(entry, nowMs)));
}

function nextLookMs({ request, task }: TaskEntry, nowMs: number): number {
	for (const offsetSeconds of pollOffsetsSeconds(request.waiting.schedule)) {
		const lookAtMs = task.submittedAtMs + offsetSeconds * 1000;
		if (lookAtMs > nowMs) return lookAtMs;
	}
	return nowMs + LOOK_AGAIN_MS;
}

/** The state of a run that ended with an error, for n8n's next try of the node. */
export function afterFailedTry(state: ParkedState): ParkedState {
	return { ...state, isTryOver: true, triesFailed: state.triesFailed + 1 };
}

/**
 * The state as the next try takes it up: what was refused is submitted again, and so is a failed
 * task where that may help, unless the tries are used up; a task that was not done in time is
 * looked at again. Results stay.
 * @param maxTries of 'Retry On Fail'. n8n counts from the last wake-up on, and would pay for more.
 */
export function forNextTry(state: ParkedState, maxTries: number): ParkedState {
	const maySubmit = state.triesFailed < maxTries;
	return {
		...state,
		isTryOver: false,
		entries: state.entries.flatMap((entry): ParkedEntry[] => {
			if (!hasTask(entry)) return maySubmit ? [] : [entry];
			const { itemIndex, request, task, outcome } = entry;
			if (outcome?.kind === 'timedOut' || outcome?.kind === 'unknown') {
				return [{ itemIndex, request, task }];
			}
			return outcome && maySubmit && mayTryAgain(outcome) ? [] : [entry];
		}),
	};
}

/** A task that failed for a reason that may not come up again with the same input. */
export function mayTryAgain(outcome: Outcome): boolean {
	return outcome.kind === 'failed' && sameInputMaySucceed(outcome.answer.failCode);
}
