import type { TaskAnswer } from '../api/schemas';
import { isUnixMs } from '../unixMs';
import type { TaskWait } from './wait';

/** Tasks that are likely to take equally long. */
export interface TaskKind {
	baseUrl: string;
	model: string;
	mode?: string;
}

export interface LearnedLengths {
	/** Seconds that the latest finished tasks of this kind took; of all modes where none is named. */
	of(kind: TaskKind): readonly number[];
	/** A task that is recorded again counts once. */
	record(kind: TaskKind, taskId: string, seconds: number): void;
}

const MAX_KINDS = 500;
/** Enough to know a length well, few enough to follow it when it changes. */
export const MAX_TASKS_OF_A_KIND = 50;

/** Forgets the kind, and the task, that was recorded longest ago where there are too many. */
export function createLearnedLengths(): LearnedLengths {
	const kinds = new Map<string, { kind: TaskKind; lengths: Map<string, number> }>();
	const keyOf = ({ baseUrl, model, mode }: TaskKind) => JSON.stringify([baseUrl, model, mode]);
	const isOf = (kind: TaskKind, wanted: TaskKind) =>
		kind.baseUrl === wanted.baseUrl &&
		kind.model === wanted.model &&
		(wanted.mode === undefined || kind.mode === wanted.mode);
	return {
		of: (wanted) =>
			[...kinds.values()]
				.filter(({ kind }) => isOf(kind, wanted))
				.flatMap(({ lengths }) => [...lengths.values()]),
		record(kind, taskId, seconds) {
			const key = keyOf(kind);
			const known = kinds.get(key) ?? { kind, lengths: new Map<string, number>() };
			setLatest(known.lengths, taskId, seconds, MAX_TASKS_OF_A_KIND);
			setLatest(kinds, key, known, MAX_KINDS);
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
/** Longer than any limit of APIXO's models. */
const MAX_LENGTH_SECONDS = 24 * 60 * 60;
/** A submission may be answered only this long after its task has begun. */
const LATE_ANSWER_SECONDS = 10;

/**
 * How long the task took by APIXO's own clock, so that a difference to ours does not matter.
 * Undefined where the two times are missing, are no times in ms, or are no length; nor can our own
 * task have taken much longer than the time since its submission.
 */
export function lengthSeconds(
	{ task, isOwn }: Pick<TaskWait, 'task' | 'isOwn'>,
	{ createTime, completeTime }: TaskAnswer,
	nowMs: number,
): number | undefined {
	if (!isUnixMs(createTime) || !isUnixMs(completeTime)) return undefined;
	const seconds = (completeTime - createTime) / 1000;
	const sinceSeconds = (nowMs - task.submittedAtMs) / 1000;
	const mostSeconds = isOwn ? sinceSeconds + LATE_ANSWER_SECONDS : MAX_LENGTH_SECONDS;
	return seconds >= MIN_LENGTH_SECONDS && seconds <= mostSeconds ? seconds : undefined;
}

/** Records how long a successful task took, for later schedules. */
export function learnLength(
	{ baseUrl, mode }: Omit<TaskKind, 'model'>,
	wait: Pick<TaskWait, 'task' | 'isOwn' | 'outcome'>,
	nowMs: number,
): void {
	const { task, outcome } = wait;
	if (outcome?.kind !== 'success') return;
	const seconds = lengthSeconds(wait, outcome.answer, nowMs);
	if (seconds === undefined) return;
	learnedLengths.record({ baseUrl, model: task.model, mode }, task.taskId, seconds);
}
