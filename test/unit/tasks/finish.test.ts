import type { Outcome, Task } from '../../../nodes/shared/tasks/outcome';
import { finish, type OnMiss } from '../../../nodes/shared/tasks/finish';

const TASK: Task = { taskId: 't', model: 'm', submittedAtMs: 0 };
const BY_POLL = { deliveredBy: 'poll', reference: 'order-7' } as const;
const answer = (state: string) => ({ taskId: 't', state, resultJson: undefined });

const OUTCOMES: Record<string, Outcome> = {
	success: { kind: 'success', answer: answer('success') },
	running: { kind: 'running', answer: answer('processing') },
	failed: { kind: 'failed', answer: answer('failed') },
	timedOut: { kind: 'timedOut', answer: answer('processing_r2'), timeoutSeconds: 120 },
	'timedOut, never seen': { kind: 'timedOut', timeoutSeconds: 120 },
	unknown: { kind: 'unknown', failure: { kind: 'unavailable', message: 'Down', status: 503 } },
};

const ERROR: OnMiss = { onTaskFailure: 'error', onTimeout: 'error' };
const OUTPUT: OnMiss = { onTaskFailure: 'output', onTimeout: 'output' };
const FAILURE_ONLY: OnMiss = { onTaskFailure: 'output', onTimeout: 'error' };
const TIMEOUT_ONLY: OnMiss = { onTaskFailure: 'error', onTimeout: 'output' };

it.each<[string, OnMiss, string]>([
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
	['timedOut, never seen', OUTPUT, 'pending'],
	['unknown', ERROR, 'error'],
	['unknown', OUTPUT, 'error'],
])('%s with %j gives %s', (name, onMiss, expected) => {
	const finished = finish(TASK, OUTCOMES[name], onMiss, BY_POLL);
	expect(finished.ok ? finished.output.state : 'error').toBe(expected);
	if (finished.ok) {
		expect(finished.output).toMatchObject({
			taskId: 't',
			model: 'm',
			reference: 'order-7',
			deliveredBy: 'poll',
		});
		expect(finished.output.timedOut).toBe(name.startsWith('timedOut') ? true : undefined);
	} else {
		expect(finished.explanation.message).toMatch(/\bt\b/);
		expect(finished.explanation.task).toMatchObject({ taskId: 't', model: 'm' });
	}
});
