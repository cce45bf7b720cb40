import type { WaitLimits } from '../../shared/tasks/wait';

/**
 * How long before n8n ends the execution a wait ends, so that its own error names the tasks; of a
 * short time that is left, a quarter.
 */
const STOP_BEFORE_DEADLINE_MS = 8_000;
/** The share of it for the last status requests, 5 of 8 s; what is left is for the run's output. */
const LAST_POLLS_PART = 5 / 8;

/** How long a run that can pause waits beyond a timeout while APIXO cannot be reached. */
const GRACE_MS = 10 * 60_000;

/** What an attempt takes that finds the time to be over. */
const LATE_ATTEMPT_MS = 250;

/** The limits of an attempt that n8n's deadline gave it. */
export interface DeadlineLimits {
	/** Unix ms at which n8n ends the execution. */
	deadlineMs: number;
	stopAtMs: number;
	endAtMs: number;
}

/**
 * What n8n's deadlines leave a run.
 * @param deadlineMs Unix ms at which n8n ends the execution
 * @param timerMs the same once n8n's timer has resumed it
 * @param retriesMs that n8n's attempts after the first take
 * @param before of an earlier attempt: they hold for all attempts that have the same deadline
 */
export function limitsUntil(
	deadlineMs: number | undefined,
	{ nowMs, retriesMs, before }: { nowMs: number; retriesMs: number; before?: DeadlineLimits },
): DeadlineLimits | undefined {
	if (deadlineMs === undefined) return undefined;
	if (before?.deadlineMs === deadlineMs) return before;
	const leftMs = Math.max(0, deadlineMs - nowMs);
	const lastAttemptMs = deadlineMs - Math.min(retriesMs, leftMs / 2);
	const reserveMs = Math.min(STOP_BEFORE_DEADLINE_MS, leftMs / 4);
	return {
		deadlineMs,
		stopAtMs: lastAttemptMs - reserveMs,
		endAtMs: lastAttemptMs - reserveMs * (1 - LAST_POLLS_PART),
	};
}

/** What bounds the waits of a run beside their own timeouts. */
export function waitLimits(
	limits: DeadlineLimits | undefined,
	{ timerMs, canPause }: { timerMs?: number; canPause: boolean },
): WaitLimits {
	return {
		stopAtMs: limits?.stopAtMs,
		endAtMs: limits?.endAtMs,
		pauseBeforeMs: timerMs === undefined ? undefined : timerMs - STOP_BEFORE_DEADLINE_MS,
		graceMs: canPause ? GRACE_MS : 0,
	};
}

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

/** How long n8n's attempts after the first take where there is nothing left to do. */
export function retriesMs(node: RetrySettings): number {
	if (!node.retryOnFail) return 0;
	const waitMs = Math.min(5_000, Math.max(0, node.waitBetweenTries || 1_000));
	return (maxAttempts(node) - 1) * (waitMs + LATE_ATTEMPT_MS);
}
