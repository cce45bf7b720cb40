import type { IExecuteFunctions } from 'n8n-workflow';

import { executionDeadlineMs } from '../../shared/n8n/deadlines';
import { limitsUntil, maxAttempts, retriesMs, type DeadlineLimits } from '../decisions/limits';
import {
	forNextAttempt,
	forRetriedExecution,
	newRunState,
	type RunState,
} from '../decisions/state';
import type { StateStore } from './stateStore';

/**
 * Begins an attempt of a run: the first one, one of 'Retry On Fail', or that of an execution which
 * retries another.
 * @param loaded what n8n has kept of the attempt before
 */
export function beginAttempt(
	context: IExecuteFunctions,
	store: StateStore,
	loaded: RunState | undefined,
	work: { fingerprintOf(itemIndex: number): string },
	nowMs: number,
): RunState {
	const executionId = context.getExecutionId();
	const input = context.getInputData();
	if (!loaded) return newRunState(executionId, input.length);
	const isRetry = loaded.executionId !== executionId;
	const before = isRetry
		? forRetriedExecution(
				loaded,
				executionId,
				input.map((_, index) => work.fingerprintOf(index)),
				nowMs,
			)
		: loaded;
	const state = forNextAttempt(before, maxAttempts(context.getNode()), nowMs);
	// Saved at once, so that what is to be submitted again is not found in this process's memory.
	store.save(state);
	return state;
}

/**
 * What n8n's deadline leaves this attempt; undefined where n8n has none.
 * @param isCalledBack whether a callback has resumed the execution for it
 * @param before of the attempt before
 */
export function attemptLimits(
	context: IExecuteFunctions,
	nowMs: number,
	{ isCalledBack, before }: { isCalledBack?: boolean; before?: DeadlineLimits } = {},
): DeadlineLimits | undefined {
	const deadlineMs = executionDeadlineMs(context, nowMs, isCalledBack);
	return limitsUntil(deadlineMs, { nowMs, retriesMs: retriesMs(context.getNode()), before });
}
