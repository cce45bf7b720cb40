import type { TaskAnswer } from '../../shared/api/schemas';

const MAX_ENTRIES = 5_000;

/**
 * Final answers that callbacks brought to this process: spares looks while siblings are under way.
 * Only a cache: what is missing here is looked up.
 */
const answers = new Map<string, TaskAnswer>();

/** Keyed by execution, so that no account sees another's. */
const keyOf = (executionId: string, taskId: string) => `${executionId}\n${taskId}`;

/** The final answer of a task of this parked execution, if a callback has brought it. */
export function confirmedAnswer(executionId: string, taskId: string): TaskAnswer | undefined {
	return answers.get(keyOf(executionId, taskId));
}

/** Keeps a final answer; the oldest give way. */
export function keepConfirmed(executionId: string, taskId: string, answer: TaskAnswer): void {
	answers.set(keyOf(executionId, taskId), answer);
	if (answers.size > MAX_ENTRIES) answers.delete(answers.keys().next().value as string);
}
