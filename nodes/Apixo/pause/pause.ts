import type { IExecuteFunctions } from 'n8n-workflow';

import { claimOnce } from '../../shared/n8n/claimOnce';
import { timerDeadlineMs } from '../../shared/n8n/deadlines';
import { runKeyOf, waitAndRunAgain } from '../../shared/n8n/executionData';
import { pauseRecordSchema, type PauseEnd, type PauseRecord } from '../decisions/onCallback';
import {
	claimPauseHere,
	knowledgeOf,
	knowsCallbacksOf,
	mayBePutBack,
	numberPause,
	takeReports,
} from '../memory/pauseMemory';

/** Where the record of the pause is in the node's context of the execution. */
const PAUSE_KEY = 'apixoPause';
/** By then n8n has recovered; its timer is exact from a minute on. */
const PAUSE_AT_START_MS = 60_000;
/** Kept for the whole execution, since the nodes behind this one would submit again, too: its ID. */
const RESUMED_TWICE_KEY = 'apixoResumedTwice';

/** The pause that a node's context records, if the node is in one. */
export function readPause(nodeContext: Record<string, unknown>): PauseRecord | undefined {
	return pauseRecordSchema.safeParse(nodeContext[PAUSE_KEY]).data;
}

/**
 * Stores the execution in n8n's database until callbacks resume it, or n8n's timer at `untilMs`.
 * @returns the number of the pause
 */
export async function pauseUntil(
	context: IExecuteFunctions,
	runIndex: number,
	pause: Pick<PauseRecord, 'untilMs' | 'tasks' | 'resumeOnFirst'> & { lastNumber: number },
): Promise<number> {
	const { lastNumber, ...rest } = pause;
	const runKey = runKeyOf(context, runIndex);
	const number = numberPause(runKey, lastNumber);
	context.getContext('node')[PAUSE_KEY] = pauseRecordSchema.parse({ runKey, number, ...rest });
	await waitAndRunAgain(context, runIndex, pause.untilMs);
	return number;
}

/** Where n8n's timer resumes the execution while n8n may still put it back, pauses it again. */
export async function pauseAgainAtStart(
	context: IExecuteFunctions,
	runIndex: number,
): Promise<boolean> {
	const nodeContext = context.getContext('node');
	const pause = readPause(nodeContext);
	const runKey = runKeyOf(context, runIndex);
	if (pause?.runKey !== runKey || !mayBePutBack(runKey, pause.number)) return false;
	const nowMs = Date.now();
	const untilMs = nowMs + PAUSE_AT_START_MS;
	// Before its time it is a callback that resumes: a process that starts would have refused it.
	if (nowMs < pause.untilMs || untilMs > (timerDeadlineMs(context) ?? Infinity)) return false;
	nodeContext[PAUSE_KEY] = { ...pause, untilMs };
	await waitAndRunAgain(context, runIndex, untilMs);
	return true;
}

/**
 * Ends the pause that this run of the node was in; undefined where it was in none.
 *
 * n8n may resume an execution twice from the same data: it loads the data of a pause, and later
 * claims the execution by its status alone, although that may have continued and paused again
 * meanwhile. So continuing from a run's last pause is claimed, too. A run that finds it claimed by
 * another process cannot know what was submitted since: `maySubmit` is false from then on.
 * @param lastPause the number of the run's last pause that this process remembers the state of
 */
export async function continueFromPause(
	context: IExecuteFunctions,
	runIndex: number,
	nowMs: number,
	lastPause: number,
): Promise<PauseEnd | undefined> {
	const nodeContext = context.getContext('node');
	const runKey = runKeyOf(context, runIndex);
	const found = readPause(nodeContext);
	const pause = found?.runKey === runKey ? found : undefined;
	// This process may know of a later pause than n8n's data, even if that records none.
	const number = Math.max(pause?.number ?? 0, lastPause);
	if (number > 0) {
		const isFirst = claimPauseHere(runKey, number)
			? await claimOnce(context, `pause ${runKey} ${number}`)
			: lastPause >= number;
		if (!isFirst) context.getContext('flow')[RESUMED_TWICE_KEY] = context.getExecutionId();
	}
	if (!pause) return undefined;
	delete nodeContext[PAUSE_KEY];

	const taskIds = pause.tasks.map(({ taskId }) => taskId);
	const reported = takeReports(runKey, taskIds);
	// Before its time, though no callback is known here that has resumed it: one came to another process,
	// for a task that is not known here. Or it is n8n's timer of a former pause, which a callback ended.
	const isCalledBackElsewhere = nowMs < pause.untilMs && !knowsCallbacksOf(runKey, pause.number);
	// Callbacks of a pause that a run has continued from since are used up.
	const areReportsGone = isCalledBackElsewhere || lastPause > pause.number;
	return {
		reported: new Set(reported.length === 0 && areReportsGone ? taskIds : reported),
		isCalledBack: isCalledBackElsewhere || knowledgeOf(runKey, pause.number).isResuming,
	};
}

/** Whether this execution may submit: not after it was resumed from data that was out of date. */
export function maySubmit(context: IExecuteFunctions): boolean {
	return context.getContext('flow')[RESUMED_TWICE_KEY] !== context.getExecutionId();
}
