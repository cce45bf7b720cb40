import type { Result } from '../result';
import { explainOutcome, type Explanation } from './explain';
import type { DeliveredBy, Outcome, Task } from './outcome';
import { outcomeOutput, type TaskOutput } from './output';

/** What the user wants of a task that brought no result: an error, or its output item. */
export interface FailurePolicy {
	onTaskFailure: 'error' | 'output';
	onTimeout: 'error' | 'output';
}

/** Whether the outcome becomes an error. */
export function endsInError(
	outcome: Outcome,
	policy: FailurePolicy,
): outcome is Exclude<Outcome, { kind: 'success' | 'running' }> {
	return (
		outcome.kind === 'unreadable' ||
		(outcome.kind === 'failed' && policy.onTaskFailure === 'error') ||
		(outcome.kind === 'timedOut' && policy.onTimeout === 'error')
	);
}

/** Turns an outcome into the output or the error of its task, whichever way the outcome came. */
export function finish(
	task: Task,
	outcome: Outcome,
	policy: FailurePolicy,
	{ deliveredBy, reference }: { deliveredBy: DeliveredBy; reference?: string },
): Result<TaskOutput, Explanation> {
	if (endsInError(outcome, policy)) return { ok: false, error: explainOutcome(task, outcome) };
	return { ok: true, value: outcomeOutput(task, outcome, deliveredBy, reference) };
}
