import type { TaskAnswer } from '../api/schemas';
import type { Outcome, Task } from './outcome';

/** Tasks that are likely to take equally long. */
export interface TaskKind {
	baseUrl: string;
	model: string;
	mode?: string;
}

export interface LearnedLengths {
	/** Seconds that the latest finished tasks of this kind took. */
	of(kind: TaskKind): readonly number[];
	/** A task that is recorded again counts once. */
	record(kind: TaskKind, taskId: string, seconds: number): void;
}

const MAX_KINDS = 500;
/** Enough to know a length well, few enough to follow it when it changes. */
const MAX_TASKS_OF_A_KIND = 50;

/** Forgets the kind, and the task, that was recorded longest ago where there are too many. */
export function createLearnedLengths(): LearnedLengths {
	const kinds = new Map<string, Map<string, number>>();
	const keyOf = ({ baseUrl, model, mode }: TaskKind) => JSON.stringify([baseUrl, model, mode]);
	return {
		of: (kind) => [...(kinds.get(keyOf(kind))?.values() ?? [])],
		record(kind, taskId, seconds) {
			const key = keyOf(kind);
			const lengths = kinds.get(key) ?? new Map<string, number>();
			setLatest(lengths, taskId, seconds, MAX_TASKS_OF_A_KIND);
			setLatest(kinds, key, lengths, MAX_KINDS);
		},
	};
}

function setLatest<V>(map: Map<string, V>, key: string, value: V, maxCount: number): void {
	map.delete(key);
	map.set(key, value);
	for (const oldest of map.keys()) {
		if (map.size <= maxCount) return;
		map.delete(oldest);
	}
}

/** What this process has learned. It is lost with it, and then learned anew. */
export const learnedLengths = createLearnedLengths();

const MIN_LENGTH_SECONDS = 0.1;
/** A submission may be answered only this long after its task has begun. */
const LATE_ANSWER_SECONDS = 10;

/**
 * How long the task took by APIXO's own clock, so that a difference to ours does not matter.
 * Undefined where the two times are missing, are no length at all, or are much more apart than
 * the submission and now.
 */
export function lengthSeconds(task: Task, answer: TaskAnswer, nowMs: number): number | undefined {
	const { createTime, completeTime } = answer;
	if (createTime === undefined || completeTime === undefined) return undefined;
	const seconds = (completeTime - createTime) / 1000;
	const sinceSeconds = (nowMs - task.submittedAtMs) / 1000;
	const isPlausible =
		seconds >= MIN_LENGTH_SECONDS && seconds <= sinceSeconds + LATE_ANSWER_SECONDS;
	return isPlausible ? seconds : undefined;
}

/** Records how long a successful task took, for later schedules. */
export function learnLength(
	{ baseUrl, mode }: Omit<TaskKind, 'model'>,
	{ task, outcome }: { task: Task; outcome?: Outcome },
	nowMs: number,
): void {
	if (outcome?.kind !== 'success') return;
	const seconds = lengthSeconds(task, outcome.answer, nowMs);
	if (seconds === undefined) return;
	learnedLengths.record({ baseUrl, model: task.model, mode }, task.taskId, seconds);
}
