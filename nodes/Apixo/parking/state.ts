import type { IDataObject, INode } from 'n8n-workflow';
import { z } from 'zod/v4';

import type { TaskAnswer } from '../../shared/api/schemas';
import type { Explanation } from '../../shared/tasks/explain';
import {
	isFinal,
	outcomeOf,
	type DeliveredBy,
	type Outcome,
	type Task,
} from '../../shared/tasks/outcome';
import { lookOffsetsSeconds } from '../../shared/tasks/schedule';
import type { GenerateRequest } from '../actions/generate/request';

/** What the last step needs of a request; the prompt and the other inputs are left behind. */
export type ParkedRequest = Pick<GenerateRequest, 'waiting' | 'delivery' | 'reference'>;

export function parkedRequest({ waiting, delivery, reference }: GenerateRequest): ParkedRequest {
	return { waiting, delivery, reference };
}

/** One input item that was submitted, taken up, or refused. */
export interface ParkedEntry {
	itemIndex: number;
	/** Absent where the item's parameters were refused. */
	request?: ParkedRequest;
	task?: Task;
	/** Why there is no task. */
	explanation?: Explanation;
	/** There is none that is known of, yet APIXO may have accepted it. */
	mayBeRunning?: boolean;
	/** The last answer of a task that is final or out of time. */
	answer?: TaskAnswer;
	isSettled?: boolean;
	deliveredBy?: DeliveredBy;
}

/** An entry that was submitted. */
export type TaskEntry = ParkedEntry & { request: ParkedRequest; task: Task };

/** All that a parked execution needs to go on, in n8n's data base as one item. */
export interface ParkedState {
	/**
	 * Where the item goes when the parked step is left: round again to look, to the last step, or
	 * back to the user's node, which still runs, since there is nothing to wait for.
	 */
	next: 'look' | 'finish' | 'handBack';
	/** The execution of the user's workflow, which waits for this one. */
	parentExecutionId: string;
	/** Of the user's node: how errors name it and what follows them. */
	node: Pick<INode, 'id' | 'name' | 'onError'>;
	goesOnAfterErrors: boolean;
	itemCount: number;
	maxConcurrency: number;
	/** Not submitted yet: at first all of them, later what `maxConcurrency` left over. */
	queue: GenerateRequest[];
	entries: ParkedEntry[];
}

const stateSchema = z.looseObject({
	next: z.enum(['look', 'finish', 'handBack']),
	parentExecutionId: z.string(),
	node: z.custom<ParkedState['node']>((node) => typeof node === 'object' && node !== null),
	goesOnAfterErrors: z.boolean(),
	itemCount: z.number(),
	maxConcurrency: z.number(),
	queue: z.array(z.custom<GenerateRequest>()),
	entries: z.array(z.custom<ParkedEntry>((entry) => typeof entry === 'object' && entry !== null)),
}) satisfies z.ZodType<ParkedState>;

/** The state that an item carries; undefined where it carries something else. */
export function readState(json: unknown): ParkedState | undefined {
	return stateSchema.safeParse(json).data;
}

/** The state as the JSON of an item. */
export function stateJson(state: ParkedState): IDataObject {
	return state as unknown as IDataObject;
}

/** Tasks whose outcome is not known yet. */
export function pendingEntries(state: ParkedState): TaskEntry[] {
	return state.entries.filter(isTaskEntry).filter(({ isSettled }) => !isSettled);
}

export function isTaskEntry(entry: ParkedEntry): entry is TaskEntry {
	return entry.task !== undefined;
}

/** Everything is submitted, and every task final or out of time. */
export function isComplete(state: ParkedState): boolean {
	return state.queue.length === 0 && pendingEntries(state).length === 0;
}

/** The state after an answer: a task that is final, or whose time is up, is settled. */
export function withAnswer(
	state: ParkedState,
	taskId: string,
	answer: TaskAnswer,
	deliveredBy: DeliveredBy,
	nowMs: number,
): ParkedState {
	return {
		...state,
		entries: state.entries.map((entry) => {
			if (!isTaskEntry(entry) || entry.task.taskId !== taskId || entry.isSettled) return entry;
			const isSettled = isFinal(answer.state) || nowMs >= deadlineMs(entry);
			return isSettled ? { ...entry, answer, deliveredBy, isSettled } : entry;
		}),
	};
}

/** What became of an entry's task, by the last answer and the clock. */
export function outcomeOfEntry({ request, answer }: TaskEntry): Outcome {
	if (answer && isFinal(answer.state)) return outcomeOf(answer);
	return { kind: 'timedOut', answer, timeoutSeconds: request.waiting.schedule.timeoutSeconds };
}

/** Unix ms at which a task's time is up. */
export function deadlineMs({ request, task }: TaskEntry): number {
	return task.submittedAtMs + request.waiting.schedule.timeoutSeconds * 1000;
}

/**
 * Unix ms at which the execution wakes by itself: the earliest look that any task is due for.
 * A task whose limit has passed without an answer is looked at again soon.
 */
export function nextWakeMs(state: ParkedState, nowMs: number): number {
	return Math.min(...pendingEntries(state).map((entry) => nextLookMs(entry, nowMs)));
}

const LOOK_AGAIN_MS = 30_000;

function nextLookMs({ request, task }: TaskEntry, nowMs: number): number {
	for (const offsetSeconds of lookOffsetsSeconds(request.waiting.schedule)) {
		const lookAtMs = task.submittedAtMs + offsetSeconds * 1000;
		if (lookAtMs > nowMs) return lookAtMs;
	}
	return nowMs + LOOK_AGAIN_MS;
}
