import { isTransient, type Answer } from '../api/failure';
import { isTerminal, type TaskAnswer } from '../api/schemas';
import { isUnixMs } from '../unixMs';
import {
	outcomeOf,
	type DeliveredBy,
	type FailedPolls,
	type Outcome,
	type Task,
	type TaskName,
	type TimeoutCause,
} from './outcome';
import { nextPollMs, pollOffsetsSeconds, type PollSchedule } from './schedule';

/** The wait for one task: plain data, kept in n8n's execution data. */
export interface TaskWait {
	task: Task;
	/** This execution submitted the task, so that APIXO must know it. */
	isOwn: boolean;
	schedule: PollSchedule;
	/** Unix ms from which the timeout counts. */
	startedAtMs: number;
	/** Unix ms at which the next poll is due. */
	nextPollAtMs: number;
	/** The last state that a poll brought. */
	lastAnswer?: TaskAnswer;
	failedPolls?: FailedPolls;
	/** Absent while the task is waited for. */
	outcome?: Outcome;
	deliveredBy?: DeliveredBy;
}

/** What bounds a wait beside its own timeout. */
export interface WaitLimits {
	/** Unix ms at which this process must end its wait, since n8n will end the execution. */
	stopAtMs?: number;
	/** Unix ms at which it ends its run, whatever request is still under way. */
	endAtMs?: number;
	/** Unix ms beyond which nothing may be paused, since n8n would end the execution unseen. */
	pauseBeforeMs?: number;
	/** How long the wait goes on past its timeout while APIXO cannot be reached: it may be done. */
	graceMs: number;
}

/** A refused poll (401, 403, 404) of our own task ends the wait only when it was repeated. */
const REFUSALS_NEEDED = 3;
const REFUSED_FOR_MS = 30_000;

const GRACE_POLL_INTERVAL_MS = 60_000;

/** The status API may lag behind APIXO's callback for some seconds. */
const CALLBACK_LAG_MS = 10_000;

/** Begins to wait for a task that this run has submitted. */
export function startWait(task: Task, schedule: PollSchedule): TaskWait {
	const startedAtMs = task.submittedAtMs;
	const [firstPollSeconds] = pollOffsetsSeconds(schedule);
	const nextPollAtMs = startedAtMs + firstPollSeconds * 1000;
	return { task, isOwn: true, schedule, startedAtMs, nextPollAtMs };
}

/** Begins to wait for a task of unknown age: the first poll is due now. */
export function startWaitForExisting(
	{ taskId, model }: TaskName,
	schedule: PollSchedule,
	nowMs: number,
): TaskWait {
	const task = { taskId, model, submittedAtMs: nowMs };
	return { task, isOwn: false, schedule, startedAtMs: nowMs, nextPollAtMs: nowMs };
}

/**
 * Waits again for a task whose wait ended without a result: the first poll is due now. The timeout
 * of our own task still counts from its submission, that of another one from now.
 */
export function waitAgain(wait: TaskWait, nowMs: number): TaskWait {
	const { task, isOwn, schedule } = wait;
	const startedAtMs = isOwn ? wait.startedAtMs : nowMs;
	return { task, isOwn, schedule, startedAtMs, nextPollAtMs: nowMs };
}

/**
 * The wait of a task that is not waited for: the submission is its outcome.
 * @param state that the submission brought
 */
export function submittedOnly(wait: TaskWait, state = 'pending'): TaskWait {
	const { taskId } = wait.task;
	const outcome = outcomeOf({ taskId, state, resultJson: undefined });
	return { ...wait, outcome, deliveredBy: 'submit' };
}

/** Unix ms of the last poll. */
export function timeoutAtMs({ startedAtMs, schedule }: TaskWait, { stopAtMs }: WaitLimits): number {
	return Math.min(startedAtMs + schedule.timeoutSeconds * 1000, stopAtMs ?? Infinity);
}

/** Unix ms of the next poll, which is due at the latest when this process must stop. */
export function pollDueMs(wait: TaskWait, { stopAtMs }: WaitLimits): number {
	return Math.min(wait.nextPollAtMs, stopAtMs ?? Infinity);
}

/**
 * The wait after a poll. A terminal state ends it; so do the timeout, and a refusal that was
 * repeated. A transient failure is no news: the schedule goes on.
 * @param deliveredBy `callback` if a callback had announced a terminal state
 */
export function afterPoll(
	wait: TaskWait,
	answer: Answer<TaskAnswer>,
	deliveredBy: DeliveredBy,
	nowMs: number,
	limits: WaitLimits,
): TaskWait {
	if (answer.ok && isTerminal(answer.value.state)) {
		const task = withAge(wait, answer.value);
		return { ...wait, task, outcome: outcomeOf(answer.value), deliveredBy };
	}
	const next: TaskWait = answer.ok
		? {
				...wait,
				task: withAge(wait, answer.value),
				lastAnswer: answer.value,
				failedPolls: undefined,
			}
		: { ...wait, failedPolls: oneMore(wait.failedPolls, answer.error, nowMs) };
	const outcome = outcomeWithoutResult(next, nowMs, limits);
	if (outcome) return { ...next, outcome, deliveredBy: 'poll' };

	return { ...next, nextPollAtMs: nextPollAfter(next, answer, deliveredBy, nowMs, limits) };
}

function nextPollAfter(
	wait: TaskWait,
	answer: Answer<TaskAnswer>,
	deliveredBy: DeliveredBy,
	nowMs: number,
	limits: WaitLimits,
): number {
	const endMs = timeoutAtMs(wait, limits);
	const { submittedAtMs } = wait.task;
	const scheduledMs =
		nextPollMs(wait.schedule, submittedAtMs, { afterMs: nowMs, endMs }) ??
		nowMs + GRACE_POLL_INTERVAL_MS;
	const wantedMs =
		deliveredBy === 'callback' ? Math.min(scheduledMs, nowMs + CALLBACK_LAG_MS) : scheduledMs;
	if (answer.ok) return wantedMs;
	if (!isTransient(answer.error)) return Math.min(scheduledMs, nowMs + REFUSED_FOR_MS / 2);
	const retryAfterMs = answer.error.retryAfterMs ?? 0;
	const latestMs = nowMs < endMs ? endMs : endMs + limits.graceMs;
	return Math.min(Math.max(wantedMs, nowMs + retryAfterMs), latestMs);
}

/** The schedule counts from the submission, which APIXO's clock knows of a task that is not ours. */
function withAge(
	{ task, isOwn, startedAtMs, schedule }: TaskWait,
	{ createTime }: TaskAnswer,
): Task {
	if (isOwn || !isUnixMs(createTime)) return task;
	const earliestMs = startedAtMs - schedule.timeoutSeconds * 1000;
	return { ...task, submittedAtMs: Math.min(startedAtMs, Math.max(earliestMs, createTime)) };
}

function oneMore(
	before: FailedPolls | undefined,
	failure: FailedPolls['failure'],
	nowMs: number,
): FailedPolls {
	const { sinceMs = nowMs, refusals } = before ?? {};
	if (isTransient(failure)) return { sinceMs, failure, refusals };
	const { sinceMs: refusedSinceMs = nowMs, count = 0 } = refusals ?? {};
	return { sinceMs, failure, refusals: { sinceMs: refusedSinceMs, count: count + 1 } };
}

function outcomeWithoutResult(
	wait: TaskWait,
	nowMs: number,
	limits: WaitLimits,
): Outcome | undefined {
	const { failedPolls, lastAnswer: answer, isOwn } = wait;
	if (failedPolls?.refusals && !isTransient(failedPolls.failure)) {
		const { failure, refusals } = failedPolls;
		const isSure = refusals.count >= REFUSALS_NEEDED && nowMs - refusals.sinceMs >= REFUSED_FOR_MS;
		const isLast = nowMs >= timeoutAtMs(wait, limits);
		return !isOwn || isSure || isLast ? { kind: 'unreadable', failure } : undefined;
	}
	const { timeoutSeconds } = wait.schedule;
	const taskEndMs = wait.startedAtMs + timeoutSeconds * 1000 + (failedPolls ? limits.graceMs : 0);
	const stopAtMs = limits.stopAtMs ?? Infinity;
	if (nowMs < Math.min(taskEndMs, stopAtMs)) return undefined;
	const cause: TimeoutCause =
		taskEndMs <= stopAtMs
			? { limit: 'task', seconds: timeoutSeconds }
			: { limit: 'execution', seconds: Math.round((nowMs - wait.startedAtMs) / 1000) };
	return { kind: 'timedOut', answer, cause, failedPolls };
}
