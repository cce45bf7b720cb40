import type { IExecuteFunctions } from 'n8n-workflow';

import { executionDeadlineMs } from '../../shared/n8n/deadlines';
import { isCalledByAgent } from '../../shared/n8n/executionData';
import {
	attemptsAfterFirst,
	limitsOfAttempt,
	maxAttempts,
	type AttemptLimits,
} from '../decisions/limits';
import type { PauseEnd } from '../decisions/onCallback';
import {
	forNextAttempt,
	forRetriedExecution,
	newRunState,
	type RunState,
} from '../decisions/state';
import type { StateStore } from './stateStore';

/** Where the limits of an attempt are in the node's context, for the attempts after it. */
const LIMITS_KEY = 'apixoLimits';

type KeptLimits = AttemptLimits & { executionId: string; runIndex: number };

/**
 * What n8n's deadline leaves this attempt of a run; undefined where n8n has none. Called once for
 * each attempt.
 * @param pauseEnd where the attempt continues from a pause
 */
export function attemptLimits(
	context: IExecuteFunctions,
	runIndex: number,
	nowMs: number,
	pauseEnd?: PauseEnd,
): AttemptLimits | undefined {
	const deadlineMs = executionDeadlineMs(context, nowMs, pauseEnd?.isCalledBack);
	// An agent's call is never retried, and others may be under way.
	if (isCalledByAgent(context)) {
		return limitsOfAttempt(deadlineMs, { nowMs, attemptsLeft: { count: 0, eachMs: 0 } });
	}
	const limits = limitsOfAttempt(deadlineMs, {
		nowMs,
		attemptsLeft: attemptsAfterFirst(context.getNode()),
		// n8n counts its attempts anew after a pause.
		before: pauseEnd ? undefined : keptLimits(context, runIndex),
	});
	if (limits) {
		const executionId = context.getExecutionId();
		const kept = { executionId, runIndex, ...limits } satisfies KeptLimits;
		context.getContext('node')[LIMITS_KEY] = kept;
	}
	return limits;
}

function keptLimits(context: IExecuteFunctions, runIndex: number): KeptLimits | undefined {
	const kept = context.getContext('node')[LIMITS_KEY] as KeptLimits | undefined;
	const isOwn = kept?.executionId === context.getExecutionId() && kept.runIndex === runIndex;
	return isOwn ? kept : undefined;
}

/** Whether an attempt before this one had to end because n8n is about to end the execution. */
function isTimeOver(context: IExecuteFunctions, runIndex: number, nowMs: number): boolean {
	const kept = keptLimits(context, runIndex);
	return (
		kept !== undefined &&
		nowMs >= kept.stopAtMs &&
		kept.deadlineMs === executionDeadlineMs(context, nowMs)
	);
}

/**
 * Begins an attempt of a run: the first one, one of 'Retry On Fail', or that of an execution which
 * retries another.
 * @param loaded what n8n has kept of the attempt before
 */
export function beginAttempt(
	context: IExecuteFunctions,
	runIndex: number,
	store: StateStore,
	loaded: RunState | undefined,
	work: {
		fingerprintOf(itemIndex: number): string;
		formerFingerprintOf?(itemIndex: number): string;
	},
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
				input.map((_, index) => [
					work.fingerprintOf(index),
					...(work.formerFingerprintOf ? [work.formerFingerprintOf(index)] : []),
				]),
				nowMs,
			)
		: loaded;
	const state = forNextAttempt(before, {
		maxAttempts: maxAttempts(context.getNode()),
		isTimeOver: isTimeOver(context, runIndex, nowMs),
		nowMs,
	});
	// Saved at once, so that what is to be submitted again is not found in this process's memory.
	store.save(state);
	return state;
}
