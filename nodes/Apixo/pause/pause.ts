import type { IExecuteFunctions } from 'n8n-workflow';

import { claimOnce } from '../../shared/n8n/claimOnce';
import { waitAndRunAgain } from '../../shared/n8n/executionData';
import { pauseRecordSchema, type PauseRecord } from '../decisions/onCallback';
import { claimPauseHere, numberPause, takeReports } from '../memory/pauseMemory';

/** Where the record of the pause is in the node's context of the execution. */
const PAUSE_KEY = 'apixoPause';
/** Kept for the whole execution, since the nodes behind this one would submit again, too. */
const RESUMED_TWICE_KEY = 'apixoResumedTwice';

/** The pause that a node's context tells of, if the node is in one. */
export function readPause(nodeContext: Record<string, unknown>): PauseRecord | undefined {
	return pauseRecordSchema.safeParse(nodeContext[PAUSE_KEY]).data;
}

/** Names a run of the node in this execution. */
export function runKeyOf(context: IExecuteFunctions, runIndex: number): string {
	return `${context.getExecutionId()} ${context.getNode().id} ${runIndex}`;
}

/** Stores the execution in n8n's database until callbacks resume it, or n8n's timer at `untilMs`. */
export async function pauseUntil(
	context: IExecuteFunctions,
	runIndex: number,
	pause: Pick<PauseRecord, 'untilMs' | 'tasks' | 'resumeOnFirst'> & { lastNumber: number },
): Promise<void> {
	const { lastNumber, ...rest } = pause;
	const runKey = runKeyOf(context, runIndex);
	const number = numberPause(runKey, lastNumber);
	context.getContext('node')[PAUSE_KEY] = pauseRecordSchema.parse({ runKey, number, ...rest });
	await waitAndRunAgain(context, runIndex, pause.untilMs);
}

/** How a run continues after a pause. */
export interface Resumed {
	/** Of the pause that is over. */
	number: number;
	/** Ids of the tasks that callbacks have announced as done. */
	reported: Set<string>;
}

/**
 * Ends the pause that this run of the node was in; undefined where it was in none.
 *
 * n8n may resume an execution twice from the same data: it loads the data of a pause, and later
 * claims the execution by its status alone, although that may have continued and paused again
 * meanwhile. So continuing from a pause is claimed, too. A run that comes second in another process
 * than the first cannot know what was submitted since: `maySubmit` is false from then on.
 */
export async function continueFromPause(
	context: IExecuteFunctions,
	runIndex: number,
	nowMs: number,
): Promise<Resumed | undefined> {
	const nodeContext = context.getContext('node');
	const pause = readPause(nodeContext);
	const runKey = runKeyOf(context, runIndex);
	if (pause?.runKey !== runKey) return undefined;
	delete nodeContext[PAUSE_KEY];

	const { number, tasks, untilMs } = pause;
	const isFirstHere = claimPauseHere(runKey, number);
	const isFirst = await claimOnce(context, `pause ${runKey} ${number}`);
	if (isFirstHere && !isFirst) context.getContext('flow')[RESUMED_TWICE_KEY] = number;
	const taskIds = tasks.map(({ taskId }) => taskId);
	const reported = takeReports(runKey, taskIds);
	// n8n's timer is never early: the callbacks came to another process, which cannot tell this one.
	const isEarly = nowMs < untilMs;
	return { number, reported: new Set(reported.length === 0 && isEarly ? taskIds : reported) };
}

/** Whether this execution may submit: not after it was resumed from data that was out of date. */
export function maySubmit(context: IExecuteFunctions): boolean {
	return context.getContext('flow')[RESUMED_TWICE_KEY] === undefined;
}
