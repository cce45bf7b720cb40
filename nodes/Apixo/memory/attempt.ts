import type { IExecuteFunctions } from 'n8n-workflow';

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
	const { maxTries = 3 } = context.getNode();
	// n8n's own bounds of 'Max Tries'.
	const state = forNextAttempt(before, Math.min(5, Math.max(2, maxTries)), nowMs);
	// Saved at once, so that what is to be submitted again is not found in this process's memory.
	store.save(state);
	return state;
}
