import type { ApixoClient } from '../api/client';
import { isTransient } from '../api/failure';
import { isTerminal } from '../api/schemas';
import type { Timing } from '../api/transport';
import { outcomeOf, type Outcome, type Task } from './outcome';
import { pollOffsetsSeconds, type PollSchedule } from './schedule';

/**
 * Looks at a task by the schedule until it is final or its time is up; looks that are overdue, as
 * when a retry of the node takes a task up, become one look at once.
 * Rejects only when the run is cancelled.
 */
export async function waitForTask(
	client: ApixoClient,
	task: Task,
	schedule: PollSchedule,
	timing: Timing,
): Promise<Outcome> {
	const deadlineMs = task.submittedAtMs + schedule.timeoutSeconds * 1000;
	let last: Outcome = { kind: 'timedOut', timeoutSeconds: schedule.timeoutSeconds };

	for (const lookAtMs of lookTimesMs(task, schedule, timing)) {
		await timing.sleep(Math.max(0, lookAtMs - timing.now()));
		const answer = await client.getStatus(task.model, task.taskId, deadlineMs);
		if (answer.ok) {
			if (isTerminal(answer.value.state)) return outcomeOf(answer.value);
			last = { ...last, answer: answer.value };
		} else if (timing.now() < deadlineMs || !isTransient(answer.error)) {
			return { kind: 'unknown', failure: answer.error };
		}
	}
	return last;
}

function* lookTimesMs(task: Task, schedule: PollSchedule, timing: Timing): Generator<number> {
	let overdue = false;
	for (const offsetSeconds of pollOffsetsSeconds(schedule)) {
		const lookAtMs = task.submittedAtMs + offsetSeconds * 1000;
		if (lookAtMs <= timing.now()) {
			overdue = true;
			continue;
		}
		if (overdue) yield timing.now();
		overdue = false;
		yield lookAtMs;
	}
	if (overdue) yield timing.now();
}
