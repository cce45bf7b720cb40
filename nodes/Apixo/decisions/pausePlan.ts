import type { IExecuteFunctions } from 'n8n-workflow';

import { checkCallbackUrl, isLoopbackUrl } from '../../shared/callbacks/url';
import type { Explanation } from '../../shared/tasks/explain';
import type { PollSchedule } from '../../shared/tasks/schedule';
import type { Completion } from '../options/waiting';
import type { ApixoCredential } from '../../shared/n8n/connection';
import { resumeUrlOf, whoWaits, whyPauseFails } from '../../shared/n8n/pauseSupport';

/** What a plan rests on, of each item. */
export interface Wait {
	completion: Completion;
	schedule: PollSchedule;
	/** How long a task usually takes; 0 where APIXO is not asked to call back. */
	usualSeconds: number;
	maxConcurrency: number;
}

/** How a run spends its waits. */
export interface PausePlan {
	canPause: boolean;
	/** For APIXO to call when a task is done; absent where it cannot. */
	callbackUrl?: string;
	/** 'Pause Until Callback' cannot work. */
	refusal?: Explanation;
	/** A sentence for the user on what the plan means. */
	hint?: string;
}

/** Tasks that usually take at least this long are worth a pause. */
export const PAUSE_FROM_SECONDS = 60;

const NOTHING_PAID = 'Nothing was submitted, and nothing was charged';
const POLL_INSTEAD = `'Wait for Result' to 'Automatic' or 'Poll Until Done'. ${NOTHING_PAID}`;

/** Decides, before anything is paid for, whether the run may pause and whether APIXO can end a pause. */
export function planPause(
	context: IExecuteFunctions,
	credential: ApixoCredential,
	waits: Wait[],
	nowMs: number,
): PausePlan {
	const isAsked = waits.some(({ completion }) => completion === 'callback');
	if (isAsked && waits.some(({ completion }) => completion !== 'callback')) {
		return refused(
			"'Wait for Result' must be the same for all items when one of them uses 'Pause Until Callback'",
			`Split the items before this node. ${NOTHING_PAID}`,
		);
	}
	const isLong = waits.some(
		({ completion, usualSeconds, schedule }) =>
			completion === 'auto' &&
			Math.max(usualSeconds, longestGapSeconds(schedule)) >= PAUSE_FROM_SECONDS,
	);
	if (!isAsked && !isLong) return { canPause: false };

	const problem = whyPauseFails(context, longestWaitSeconds(waits), nowMs);
	const waiting = whoWaits(context);
	if (isAsked) {
		if (problem) {
			const { message, remedy } = problem;
			return refused(message, `${remedy ? `${remedy}, or set` : 'Set'} ${POLL_INSTEAD}`);
		}
	} else if (problem || waiting) {
		const hint =
			problem?.remedy &&
			`The execution was not paused while waiting: ${problem.message}. ${problem.remedy}`;
		return { canPause: false, hint };
	}
	const check = checkCallbackUrl(resumeUrlOf(context), {
		allowLoopback: isLoopbackUrl(credential.baseUrl),
	});
	if (check.ok) {
		const hint =
			waiting &&
			`The execution paused, so ${waiting} received a response before the result was ready`;
		return { canPause: true, callbackUrl: check.value.url.href, hint };
	}
	return isAsked ? refused(check.error, `Alternatively, set ${POLL_INSTEAD}`) : { canPause: true };
}

function refused(message: string, description: string): PausePlan {
	return { canPause: false, refusal: { message, description } };
}

/** Until the last poll of the last wave that `maxConcurrency` makes of the items. */
function longestWaitSeconds(waits: Wait[]): number {
	const places = Math.min(...waits.map(({ maxConcurrency }) => maxConcurrency));
	const waves = Math.max(1, Math.ceil(waits.length / places));
	return waves * Math.max(...waits.map(({ schedule }) => schedule.timeoutSeconds));
}

function longestGapSeconds(schedule: PollSchedule): number {
	const { strategy, initialWaitSeconds, intervalSeconds, maxIntervalSeconds } = schedule;
	const longestInterval = strategy === 'fixed' ? intervalSeconds : maxIntervalSeconds;
	return Math.max(initialWaitSeconds, intervalSeconds, longestInterval);
}
