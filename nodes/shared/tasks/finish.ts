import { explainOutcome, type Explanation } from './explain';
import type { DeliveredBy, Outcome, Task } from './outcome';
import { outcomeOutput, type TaskOutput } from './output';

/** What the user wants of a task that did not succeed: an error, or its output item. */
export interface OnMiss {
	onTaskFailure: 'error' | 'output';
	onTimeout: 'error' | 'output';
}

export type Finished = { ok: true; output: TaskOutput } | { ok: false; explanation: Explanation };

/** The last step of every task, whichever way its outcome came. */
export function finish(
	task: Task,
	outcome: Outcome,
	onMiss: OnMiss,
	origin: { deliveredBy: DeliveredBy; reference?: string },
): Finished {
	if (
		outcome.kind === 'unknown' ||
		(outcome.kind === 'failed' && onMiss.onTaskFailure === 'error') ||
		(outcome.kind === 'timedOut' && onMiss.onTimeout === 'error')
	) {
		return { ok: false, explanation: explainOutcome(task, outcome) };
	}
	const output = outcomeOutput(task, outcome, origin.deliveredBy, origin.reference);
	return { ok: true, output };
}
