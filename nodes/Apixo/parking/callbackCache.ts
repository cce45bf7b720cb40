import type { TaskAnswer } from '../../shared/api/schemas';

const MAX_ENTRIES = 5_000;

/*
 * What callbacks brought to this process. Only a cache: what is missing here is looked up, and what
 * is lost with the process is found by the execution's own wake-up. Keyed by execution, so that no
 * account sees another's.
 */
const answers = new Map<string, TaskAnswer>();
const wokenUntil = new Map<string, number>();

/** The final answer of a task of this parked execution, if a callback has brought it. */
export function confirmedAnswer(executionId: string, taskId: string): TaskAnswer | undefined {
	return answers.get(`${executionId}\n${taskId}`);
}

/** Keeps a final answer; the oldest give way. */
export function keepConfirmed(executionId: string, taskId: string, answer: TaskAnswer): void {
	keep(answers, `${executionId}\n${taskId}`, answer);
}

/**
 * True for the first callback that would wake an execution from this pause. n8n could resume it
 * only once, and would answer the others with an error.
 * @param wakeAtMs tells one pause of an execution from the next
 */
export function isFirstToWake(executionId: string, wakeAtMs: number): boolean {
	if (wokenUntil.get(executionId) === wakeAtMs) return false;
	keep(wokenUntil, executionId, wakeAtMs);
	return true;
}

function keep<T>(entries: Map<string, T>, key: string, value: T): void {
	entries.set(key, value);
	if (entries.size > MAX_ENTRIES) entries.delete(entries.keys().next().value as string);
}
