import { adviceForFailCode } from '../api/failCodes';
import { isOutcomeUnknown, type ApiFailure, type FailureKind } from '../api/failure';
import type { Outcome, Task } from './outcome';

/** What a user reads when something went wrong: what happened, and what to do next. */
export interface Explanation {
	message: string;
	description: string;
	/** HTTP status, or the envelope's code, as n8n shows it. */
	httpCode?: string;
	/** Everything known of the task, for workflows that go on after the error. */
	task?: { taskId: string; model: string; state?: string; resultUrls?: string[] };
	failCode?: string;
}

const WHAT_HAPPENED: Record<FailureKind, string> = {
	unauthorized: 'APIXO does not accept the API key',
	lowBalance: 'The APIXO balance is too low: top up',
	forbidden: 'APIXO refused the request: its policy or the permissions of the key forbid it',
	notFound: 'APIXO does not know this',
	invalidRequest: 'APIXO did not accept the request',
	rateLimited: 'APIXO is receiving too many requests from this account',
	unavailable: 'APIXO or the model is not available at the moment',
	serverError: 'APIXO could not handle the request',
	redirected: "The address in 'Base URL' redirects to another one",
	unreadable: 'The answer did not come from the APIXO API',
	network: 'APIXO could not be reached',
};

const WHAT_TO_DO: Record<FailureKind, string> = {
	unauthorized:
		'Check the key in the APIXO credential; keys are made in the dashboard under API Keys',
	lowBalance: 'Top up in the APIXO dashboard, then run again',
	forbidden:
		'Change the prompt or media if it is about content; else check the permissions and the IP allow-list of the key in the APIXO dashboard',
	notFound: "Check the ID (upper and lower case matter) and 'Base URL' in the APIXO credential",
	invalidRequest:
		"Change the inputs that APIXO names; each model's page in its documentation lists them",
	rateLimited: "Lower 'Max Concurrency' in the node's options, or run again later",
	unavailable: 'Run again later, or choose another model',
	serverError: 'Run again later',
	redirected:
		"If the address in brackets is APIXO's, put it into 'Base URL' of the APIXO credential; else check 'Base URL' and any proxy in between",
	unreadable: "Check 'Base URL' in the APIXO credential, and any proxy in between",
	network: "Check that n8n can reach the host in 'Base URL' of the APIXO credential",
};

const NOT_SENT_AGAIN =
	'It was not sent again, since it may already be running and paid for: look for it in the APIXO dashboard before you run again';

const resume = (task: Task) =>
	`Take it up with resource Task, operation Wait, model '${task.model}' and task ID '${task.taskId}'; it is not paid for again`;

/** A submission that was not accepted, or of which nobody knows whether it was. */
export function explainSubmitFailure(failure: ApiFailure, model: string): Explanation {
	const failCodeAdvice = adviceForFailCode(failure.failCode);
	const base = {
		httpCode: failure.status?.toString(),
		failCode: failure.failCode,
	};
	if (isOutcomeUnknown(failure)) {
		return {
			...base,
			message: `Nobody can tell whether APIXO accepted the request for '${model}'`,
			description: `No task ID came back [${failure.message}]. ${NOT_SENT_AGAIN}`,
		};
	}
	const what =
		failure.kind === 'notFound'
			? `APIXO does not know the model '${model}'`
			: WHAT_HAPPENED[failure.kind];
	return {
		...base,
		message: `${what} [${failure.message}]`,
		description: `Nothing was submitted to '${model}'. ${failCodeAdvice ?? WHAT_TO_DO[failure.kind]}`,
	};
}

/** A task that an earlier try has sent without learning what became of it. */
export function explainUnansweredSubmit(model: string): Explanation {
	return {
		message: `Nobody can tell whether APIXO accepted the request for '${model}' that an earlier try sent`,
		description: NOT_SENT_AGAIN,
	};
}

/** A call that concerns no task: balance, for example. */
export function explainCallFailure(failure: ApiFailure): Explanation {
	return {
		message: `${WHAT_HAPPENED[failure.kind]} [${failure.message}]`,
		description: WHAT_TO_DO[failure.kind],
		httpCode: failure.status?.toString(),
	};
}

/** A task that failed, ran out of time, or could not be looked at. */
export function explainOutcome(
	task: Task,
	outcome: Exclude<Outcome, { kind: 'success' | 'running' }>,
): Explanation {
	const about = { taskId: task.taskId, model: task.model };
	if (outcome.kind === 'unknown') {
		const { failure } = outcome;
		const isTaskUnknown = failure.kind === 'notFound';
		return {
			message: isTaskUnknown
				? `APIXO does not know task ${task.taskId} of model '${task.model}' [${failure.message}]`
				: `The state of APIXO task ${task.taskId} could not be read: ${WHAT_HAPPENED[failure.kind]} [${failure.message}]`,
			description: isTaskUnknown
				? 'Check the task ID, and that the model is the one it was submitted to; upper and lower case matter'
				: `The task may still be running or done. ${WHAT_TO_DO[failure.kind]}. ${resume(task)}`,
			httpCode: failure.status?.toString(),
			task: about,
		};
	}
	const state = outcome.answer?.state;
	if (outcome.kind === 'timedOut') {
		return {
			message: `APIXO task ${task.taskId} was not done within ${outcome.timeoutSeconds} seconds; its last state was '${state ?? 'not known'}'`,
			description: `It may still finish. Raise 'Timeout' in the options, or: ${lowerFirst(resume(task))}`,
			task: { ...about, state },
		};
	}
	const { failCode, failMsg } = outcome.answer;
	const reason = [failCode, failMsg].filter(Boolean).join(': ') || 'APIXO gave no reason';
	return {
		message: `APIXO task ${task.taskId} has state '${state}' [${reason}]`,
		description:
			adviceForFailCode(failCode) ??
			'Change the inputs or try again; the reason above is in the words of APIXO',
		task: { ...about, state },
		failCode,
	};
}

function lowerFirst(text: string): string {
	return text.charAt(0).toLowerCase() + text.slice(1);
}
