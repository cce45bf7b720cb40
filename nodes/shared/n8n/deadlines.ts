import type { IExecuteFunctions } from 'n8n-workflow';

import type { EngineView } from './executionData';

/** Kept for the whole execution; a retry copies it, so that it names the execution. */
const DEADLINE_KEY = 'apixoTimerDeadline';

interface KnownDeadline {
	executionId: string;
	/** What `timerDeadlineMs` gives. */
	deadlineMs?: number;
	/** What n8n said after a callback had resumed the execution: true until the next resume. */
	calledBackMs?: number;
}

/** Between two nodes nothing else takes so long. */
const SHORTEST_PAUSE_MS = 10_000;

/**
 * Unix ms at which n8n ends the execution, by the workflow's or the instance's timeout. After a
 * resume n8n names a time that counts from there, which holds only if it was not n8n's timer that
 * resumed: where nobody can tell, the earlier time counts.
 * @param isCalledBack whether a callback has resumed the execution for this run of the node
 */
export function executionDeadlineMs(
	context: IExecuteFunctions,
	nowMs: number,
	isCalledBack = false,
): number | undefined {
	const namedMs = namedDeadlineMs(context);
	const timerMs = timerDeadlineMs(context);
	if (namedMs === undefined || timerMs === undefined) return namedMs;
	const known = context.getContext('flow')[DEADLINE_KEY] as KnownDeadline;
	if (isCalledBack) known.calledBackMs = namedMs;
	// n8n's timer would have ended an execution whose time is over instead of resuming it.
	return known.calledBackMs === namedMs || timerMs <= nowMs ? namedMs : Math.min(namedMs, timerMs);
}

/**
 * Unix ms at which n8n ends the execution once its timer has resumed it: it then counts the timeout
 * from the execution's start.
 */
export function timerDeadlineMs(context: IExecuteFunctions): number | undefined {
	const flow = context.getContext('flow');
	const executionId = context.getExecutionId();
	const known = flow[DEADLINE_KEY] as KnownDeadline | undefined;
	if (known?.executionId === executionId) return known.deadlineMs;
	const namedMs = namedDeadlineMs(context);
	const deadlineMs = namedMs === undefined ? undefined : namedMs - resumedAfterMs(context);
	flow[DEADLINE_KEY] = { executionId, deadlineMs } satisfies KnownDeadline;
	return deadlineMs;
}

function namedDeadlineMs(context: IExecuteFunctions): number | undefined {
	const deadlineMs = (context as EngineView).additionalData?.executionTimeoutTimestamp;
	return typeof deadlineMs === 'number' ? deadlineMs : undefined;
}

/**
 * Ms from the execution's start to its last resume, as far as the runs of its nodes tell; 0 where it
 * was never paused. An execution that retries another has that one's runs, too: they tell nothing.
 */
function resumedAfterMs(context: IExecuteFunctions): number {
	const { executionData, resultData } = (context as EngineView).runExecutionData ?? {};
	const startedAtMs = executionData?.runtimeData?.establishedAt;
	if (typeof startedAtMs !== 'number' || context.getMode() === 'retry') return 0;
	const runs = (Object.values(resultData?.runData ?? {}).flat() as NodeRun[])
		.filter(({ startTime }) => startTime >= startedAtMs)
		.sort((one, other) => one.startTime - other.startTime);
	let resumedAtMs = startedAtMs;
	let idleFromMs = startedAtMs;
	for (const { startTime, executionTime } of runs) {
		if (startTime - idleFromMs >= SHORTEST_PAUSE_MS) resumedAtMs = startTime;
		idleFromMs = Math.max(idleFromMs, startTime + executionTime);
	}
	return resumedAtMs - startedAtMs;
}

interface NodeRun {
	startTime: number;
	executionTime: number;
}
