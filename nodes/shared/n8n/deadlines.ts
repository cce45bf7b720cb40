import type { IExecuteFunctions } from 'n8n-workflow';

import { hasRun, type EngineView } from './executionData';

/** Kept for the whole execution; a retry copies it, so it carries the execution's ID. */
const DEADLINE_KEY = 'apixoTimerDeadline';

interface KnownDeadline {
	executionId: string;
	/** What `timerDeadlineMs` gives. */
	timerMs?: number;
	/** The deadline that n8n named and that is known to hold; until the next resume. */
	validMs?: number;
}

/**
 * Unix ms at which n8n ends the execution, by the workflow's or the instance's timeout. After a
 * resume, n8n names a deadline that counts from the resume. Outside queue mode that is wrong if n8n's
 * timer resumed the execution: the timeout then counts from the execution's start. If it is unknown
 * what resumed the execution, the earlier deadline applies.
 * @param isCalledBack whether a callback has resumed the execution for this run of the node
 */
export function executionDeadlineMs(
	context: IExecuteFunctions,
	nowMs: number,
	isCalledBack = false,
): number | undefined {
	const namedMs = namedDeadlineMs(context);
	if (namedMs === undefined) return undefined;
	const known = knownDeadline(context, namedMs);
	const { timerMs = Infinity } = known;
	// n8n's timer would have ended an execution whose time is over instead of resuming it.
	if (isCalledBack || timerMs <= nowMs) known.validMs = namedMs;
	return known.validMs === namedMs ? namedMs : Math.min(namedMs, timerMs);
}

/**
 * Unix ms at which n8n ends the execution once its timer has resumed it: it then counts the timeout
 * from the execution's start.
 */
export function timerDeadlineMs(context: IExecuteFunctions): number | undefined {
	return knownDeadline(context, namedDeadlineMs(context)).timerMs;
}

function namedDeadlineMs(context: IExecuteFunctions): number | undefined {
	const deadlineMs = (context as EngineView).additionalData?.executionTimeoutTimestamp;
	return typeof deadlineMs === 'number' ? deadlineMs : undefined;
}

/** Found out by the first node of this package in the execution. */
function knownDeadline(context: IExecuteFunctions, namedMs: number | undefined): KnownDeadline {
	const flow = context.getContext('flow');
	const executionId = context.getExecutionId();
	const found = flow[DEADLINE_KEY] as KnownDeadline | undefined;
	if (found?.executionId === executionId) return found;
	const known: KnownDeadline = { executionId, timerMs: namedMs, validMs: namedMs };
	// The runs of an execution that retries another are that one's: they tell nothing.
	const pauses = namedMs === undefined || context.getMode() === 'retry' ? [] : pausesOf(context);
	if (namedMs !== undefined && pauses.length > 0) {
		known.timerMs = namedMs - resumedAfterMs(context);
		if (pauses.includes('timer')) known.validMs = undefined;
	}
	flow[DEADLINE_KEY] = known;
	return known;
}

/** What ends a pause. */
type Resumer = 'timer' | 'webhook';

/** What has ended the pauses of the nodes before this one, as far as they have run. */
function pausesOf(context: IExecuteFunctions): Resumer[] {
	return context
		.getParentNodes(context.getNode().name, { includeNodeParameters: true })
		.filter(({ name }) => hasRun(context, name))
		.flatMap(({ type, parameters = {} }) => resumerOf(type, parameters) ?? []);
}

function resumerOf(type: string, parameters: Record<string, unknown>): Resumer | undefined {
	const { resume = 'timeInterval', limitWaitTime, operation, options } = parameters;
	if (type === 'n8n-nodes-base.executeWorkflow') return 'timer';
	if (type === 'n8n-nodes-base.wait') {
		const isTimed = resume === 'timeInterval' || resume === 'specificTime' || limitWaitTime;
		return isTimed ? 'timer' : 'webhook';
	}
	if (operation !== 'sendAndWait') return undefined;
	return (options as typeof parameters | undefined)?.limitWaitTime ? 'timer' : 'webhook';
}

/** Between two nodes nothing but a pause is likely to take so long. */
const SHORTEST_PAUSE_MS = 10_000;

interface NodeRun {
	startTime: number;
	executionTime?: number;
}

/** Ms from the execution's first run of a node to its last resume. */
function resumedAfterMs(context: IExecuteFunctions): number {
	const { executionData, resultData } = (context as EngineView).runExecutionData ?? {};
	// By 'Execute step' an execution has runs of earlier ones, too.
	const sinceMs = executionData?.runtimeData?.establishedAt ?? Infinity;
	// n8n leaves gaps in these lists.
	const runs = (Object.values(resultData?.runData ?? {}).flat() as Array<NodeRun | null>)
		.filter((run): run is NodeRun => run !== null && run.startTime >= Number(sinceMs))
		.sort((one, other) => one.startTime - other.startTime);
	if (runs.length === 0) return 0;
	let [{ startTime: resumedAtMs }] = runs;
	let idleFromMs = resumedAtMs;
	for (const { startTime, executionTime = 0 } of runs) {
		if (startTime - idleFromMs >= SHORTEST_PAUSE_MS) resumedAtMs = startTime;
		idleFromMs = Math.max(idleFromMs, startTime + executionTime);
	}
	return resumedAtMs - runs[0].startTime;
}
