import type { ApixoClient } from '../../nodes/shared/api/client.ts';
import type { Timing } from '../../nodes/shared/api/transport.ts';
import type { Outcome, Task } from '../../nodes/shared/tasks/outcome.ts';
import type { PollSchedule } from '../../nodes/shared/tasks/schedule.ts';
import { afterPoll, pollDueMs, startWait, timeoutAtMs } from '../../nodes/shared/tasks/wait.ts';

/** Waits for one task as the engine does for many, outside n8n. */
export async function waitForTask(
	client: ApixoClient,
	task: Task,
	schedule: PollSchedule,
	timing: Timing,
): Promise<Outcome> {
	const limits = { graceMs: 0 };
	let wait = startWait(task, schedule);
	while (!wait.outcome) {
		await timing.sleep(Math.max(0, pollDueMs(wait, limits) - timing.now()));
		const answer = await client.getStatus(task.model, task.taskId, timeoutAtMs(wait, limits));
		wait = afterPoll(wait, answer, 'poll', timing.now(), limits);
	}
	return wait.outcome;
}
