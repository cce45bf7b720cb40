import type { Outcome, Task } from '../../../nodes/shared/tasks/outcome';
import { endsInError, finish, type FailurePolicy } from '../../../nodes/shared/tasks/finish';

const TASK: Task = { taskId: 't', model: 'm', submittedAtMs: 0 };
const BY_POLL = { deliveredBy: 'poll', reference: 'order-7' } as const;
const CAUSE = { limit: 'task', seconds: 120 } as const;
const answer = (state: string) => ({ taskId: 't', state, resultJson: undefined });

const OUTCOMES: Record<string, Outcome> = {
	success: { kind: 'success', answer: answer('success') },
	running: { kind: 'running', answer: answer('processing') },
	failed: { kind: 'failed', answer: answer('failed') },
	timedOut: { kind: 'timedOut', answer: answer('processing_r2'), cause: CAUSE },
	'timedOut, no poll answered': { kind: 'timedOut', cause: CAUSE },
	unreadable: {
		kind: 'unreadable',
		failure: { kind: 'notFound', message: 'No such task', status: 404 },
	},
};

const ERROR: FailurePolicy = { onTaskFailure: 'error', onTimeout: 'error' };
const OUTPUT: FailurePolicy = { onTaskFailure: 'output', onTimeout: 'output' };
const FAILURE_ONLY: FailurePolicy = { onTaskFailure: 'output', onTimeout: 'error' };
const TIMEOUT_ONLY: FailurePolicy = { onTaskFailure: 'error', onTimeout: 'output' };

it.each<[string, FailurePolicy, string]>([
	['success', ERROR, 'success'],
	['running', ERROR, 'processing'],
	['failed', ERROR, 'error'],
	['failed', TIMEOUT_ONLY, 'error'],
	['failed', FAILURE_ONLY, 'failed'],
	['failed', OUTPUT, 'failed'],
	['timedOut', ERROR, 'error'],
	['timedOut', FAILURE_ONLY, 'error'],
	['timedOut', TIMEOUT_ONLY, 'processing_r2'],
	['timedOut', OUTPUT, 'processing_r2'],
	['timedOut, no poll answered', OUTPUT, 'pending'],
	['unreadable', ERROR, 'error'],
	['unreadable', OUTPUT, 'error'],
])('%s with %j gives %s', (name, policy, expected) => {
	expect(endsInError(OUTCOMES[name], policy)).toBe(expected === 'error');
	const finished = finish(TASK, OUTCOMES[name], policy, BY_POLL);
	expect(finished.ok ? finished.value.state : 'error').toBe(expected);
	if (finished.ok) {
		expect(finished.value).toMatchObject({
			taskId: 't',
			model: 'm',
			reference: 'order-7',
			deliveredBy: 'poll',
		});
		expect(finished.value.timedOut).toBe(name.startsWith('timedOut') ? true : undefined);
	} else {
		expect(finished.error.message).toMatch(/\bt\b/);
		expect(finished.error.task).toMatchObject({ taskId: 't', model: 'm' });
	}
});
