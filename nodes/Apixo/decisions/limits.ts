import type { WaitLimits } from '../../shared/tasks/wait';

/**
 * How long before n8n ends the execution a wait ends, so that its own error names the tasks; or a
 * quarter of the time left, if that is less.
 */
const STOP_BEFORE_DEADLINE_MS = 8_000;
/** The share of it for the last status requests, 5 of 8 s; what is left is for the run's output. */
const LAST_POLLS_PART = 5 / 8;

/** How long a run that can pause waits beyond a timeout while APIXO cannot be reached. */
const GRACE_MS = 10 * 60_000;

/** Duration of an attempt that starts when no time is left. */
const LATE_ATTEMPT_MS = 500;

/** n8n's settings of 'Retry On Fail', with its own defaults and bounds. */
export interface RetrySettings {
	retryOnFail?: boolean;
	maxTries?: number;
	waitBetweenTries?: number;
}

/** How often n8n runs a node at most. */
export function maxAttempts({ maxTries }: RetrySettings): number {
	return Math.min(5, Math.max(2, maxTries || 3));
}

/** The attempts of 'Retry On Fail' that n8n may make after this one. */
export interface AttemptsLeft {
	count: number;
	/** How long each takes where there is nothing left to do, with the wait before it. */
	eachMs: number;
}

/** What n8n's settings leave after the first attempt. */
export function attemptsAfterFirst(node: RetrySettings): AttemptsLeft {
	const waitMs = Math.min(5_000, Math.max(0, node.waitBetweenTries || 1_000));
	return { count: node.retryOnFail ? maxAttempts(node) - 1 : 0, eachMs: waitMs + LATE_ATTEMPT_MS };
}

/** What n8n's deadline leaves an attempt. Unix ms. */
export interface AttemptLimits {
	/** n8n ends the execution. */
	deadlineMs: number;
	/** Nothing is submitted, and the last polls are due. */
	stopAtMs: number;
	/** The run ends, whatever is still under way. */
	endAtMs: number;
	attemptsLeft: AttemptsLeft;
}

/**
 * What n8n's deadline leaves an attempt. Further attempts up to the same deadline stop when the
 * first one has to, and each has time for its own output.
 * @param attemptsLeft after the first attempt
 * @param before the limits of the attempt before, if there was one
 */
export function limitsOfAttempt(
	deadlineMs: number | undefined,
	{
		nowMs,
		attemptsLeft,
		before,
	}: { nowMs: number; attemptsLeft: AttemptsLeft; before?: AttemptLimits },
): AttemptLimits | undefined {
	if (deadlineMs === undefined) return undefined;
	if (before?.deadlineMs === deadlineMs) {
		const { count, eachMs } = before.attemptsLeft;
		if (count === 0) return before;
		const left = { count: count - 1, eachMs };
		return { ...before, endAtMs: before.endAtMs + eachMs, attemptsLeft: left };
	}
	const leftMs = Math.max(0, deadlineMs - nowMs);
	const { count } = attemptsLeft;
	const eachMs = count === 0 ? 0 : Math.min(attemptsLeft.eachMs, leftMs / 2 / count);
	const reserveMs = Math.min(STOP_BEFORE_DEADLINE_MS, leftMs / 4);
	const ownDeadlineMs = deadlineMs - count * eachMs;
	return {
		deadlineMs,
		stopAtMs: ownDeadlineMs - reserveMs,
		endAtMs: ownDeadlineMs - reserveMs * (1 - LAST_POLLS_PART),
		attemptsLeft: { count, eachMs },
	};
}

/**
 * What bounds the waits of a run in addition to their own timeouts.
 * @param timerMs Unix ms at which n8n ends the execution once its timer has resumed it
 */
export function waitLimits(
	limits: AttemptLimits | undefined,
	{ timerMs, canPause }: { timerMs?: number; canPause: boolean },
): WaitLimits {
	return {
		stopAtMs: limits?.stopAtMs,
		endAtMs: limits?.endAtMs,
		pauseBeforeMs: timerMs === undefined ? undefined : timerMs - STOP_BEFORE_DEADLINE_MS,
		graceMs: canPause ? GRACE_MS : 0,
	};
}
