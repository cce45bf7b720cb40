import type { TaskAnswer } from '../../shared/api/schemas';

const MAX_ENTRIES = 5_000;

/*
 * What callbacks brought to this process. Only a cache: what is missing here is looked up, and what
 * is lost with the process is found by the execution's own wake-up. Keyed by execution, so that no
 * account sees another's.
 */
const answers = new Map<string, TaskAnswer>();
const looksUnderWay = new Map<string, Promise<TaskAnswer | undefined>>();
const wokenUntil = new Map<string, number>();

const keyOf = (executionId: string, taskId: string) => `${executionId}\n${taskId}`;

/** The final answer of a task of this parked execution, if a callback has brought it. */
export function confirmedAnswer(executionId: string, taskId: string): TaskAnswer | undefined {
	return answers.get(keyOf(executionId, taskId));
}

/**
 * The final answer of a task of this parked execution, undefined if it is not final: as known, or
 * by a look, of which the answer is kept.
 * @param isReported A callback says that the task is final. Whoever asks meanwhile waits for this
 * look: when many tasks finish at once, each callback would else look at all of them.
 */
export async function confirmFinal(
	executionId: string,
	taskId: string,
	look: () => Promise<TaskAnswer | undefined>,
	isReported: boolean,
): Promise<TaskAnswer | undefined> {
	const key = keyOf(executionId, taskId);
	const known = answers.get(key) ?? (await looksUnderWay.get(key));
	if (known) return known;
	const looking = look();
	if (isReported) looksUnderWay.set(key, looking);
	try {
		const answer = await looking;
		if (answer) keep(answers, key, answer);
		return answer;
	} finally {
		if (isReported) looksUnderWay.delete(key);
	}
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
