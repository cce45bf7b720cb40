import { adviceForFailCode } from '../api/failCodes';
import { isOutcomeUnknown, type ApiFailure, type FailureKind } from '../api/failure';
import { API_KEYS_URL, DASHBOARD_URL, DOCS_URL } from '../pages';
import type { FailedPolls, Outcome, TaskName } from './outcome';
import type { TaskOutput } from './output';

/** What a user reads when something went wrong: what happened, and what to do next. */
export interface Explanation {
	message: string;
	description: string;
	/** HTTP status, or the envelope's code, as n8n shows it. */
	httpCode?: string;
	/** What is known of the task, for workflows that go on after the error. */
	task?: Pick<TaskOutput, 'taskId' | 'model'> & Partial<Pick<TaskOutput, 'state' | 'resultUrls'>>;
	failCode?: string;
}

const WHAT_HAPPENED: Record<FailureKind, string> = {
	unauthorized: 'APIXO rejected the API key',
	lowBalance: 'The APIXO balance is too low',
	forbidden:
		'APIXO refused the request because of its content policy or the permissions of the key',
	notFound: "APIXO can't find this",
	invalidRequest: 'APIXO rejected the request',
	rateLimited: 'APIXO is receiving too many requests from this account',
	unavailable: 'APIXO or the model is not available at the moment',
	serverError: "APIXO couldn't process the request",
	redirected: "The address in 'Base URL' redirects to another one",
	unreadable: 'The response did not come from the APIXO API',
	network: 'APIXO could not be reached',
};

const WHAT_TO_DO: Record<FailureKind, string> = {
	unauthorized: `Check the key in the APIXO credential, or create a new one in the APIXO dashboard (${API_KEYS_URL})`,
	lowBalance: `Top up in the APIXO dashboard (${DASHBOARD_URL}), then run again`,
	forbidden: `If it is about content, change the prompt or the media. Otherwise check the key's permissions and IP allowlist in the APIXO dashboard (${API_KEYS_URL})`,
	notFound: "Check the ID (IDs are case-sensitive) and 'Base URL' in the APIXO credential",
	invalidRequest: `Change the inputs that APIXO names; each model's page in its docs (${DOCS_URL}) lists them`,
	rateLimited: "Lower 'Max Concurrency' in the node's options, or run again later",
	unavailable: 'Run again later, or choose another model',
	serverError: 'Run again later',
	redirected:
		"If the address in brackets is APIXO's, put it into 'Base URL' of the APIXO credential; else check 'Base URL' and any proxy in between",
	unreadable: "Check 'Base URL' in the APIXO credential, and any proxy in between",
	network: "Check that n8n can reach the host in 'Base URL' of the APIXO credential",
};

const NOT_SENT_AGAIN = `It was not sent again, since it may already be running and paid for: check the APIXO dashboard before you run it again (${DASHBOARD_URL})`;

/** The settings by which n8n ends an execution. */
export const EXECUTION_TIMEOUT =
	"'Timeout Workflow' in the workflow's settings (or EXECUTIONS_TIMEOUT of n8n)";

const howToResume = (task: TaskName) =>
	`To pick it up at no extra cost, use resource Task, operation Wait with model '${task.model}' and task ID '${task.taskId}'`;

/**
 * A submission that was not accepted, or of which it is unclear whether it was.
 * @param balanceUsd what is left on the account, where that is the reason and APIXO tells it
 */
export function explainSubmitFailure(
	failure: ApiFailure,
	model: string,
	balanceUsd?: number,
): Explanation {
	const base = { httpCode: failure.status?.toString(), failCode: failure.failCode };
	if (isOutcomeUnknown(failure)) {
		return {
			...base,
			message: `It is unclear whether APIXO accepted the request for '${model}'`,
			description: `No task ID came back [${failure.message}]. ${NOT_SENT_AGAIN}`,
		};
	}
	const advice = adviceForFailCode(failure.failCode) ?? WHAT_TO_DO[failure.kind];
	return {
		...base,
		message: `${whyRefused(failure, model, balanceUsd)} [${failure.message}]`,
		description: `No task was created, and nothing was charged. ${advice}`,
	};
}

function whyRefused({ kind }: ApiFailure, model: string, balanceUsd?: number): string {
	if (kind === 'notFound') return `APIXO can't find the model '${model}'`;
	if (kind === 'lowBalance' && balanceUsd !== undefined) {
		return `The APIXO balance of USD ${balanceUsd} is too low`;
	}
	return WHAT_HAPPENED[kind];
}

/**
 * A request that was sent without learning what became of it, by an earlier attempt for example.
 * @param reason what kept the answer away, where that is known
 */
export function explainUnansweredSubmit(reason?: string): Explanation {
	const noTaskId = reason
		? `No task ID came back [${reason}]`
		: "No task ID had come back when the run ended; one that came later is in n8n's log, in a line 'APIXO task ... is under way'";
	return {
		message: 'It is unclear whether APIXO accepted a request that was sent',
		description: `${noTaskId}. ${NOT_SENT_AGAIN}`,
	};
}

/** An item of a run that another one may have continued from the same pause. */
export function explainResumedTwice(): Explanation {
	return {
		message:
			'This item was not submitted, because n8n may have resumed the execution a second time from the same pause',
		description:
			"The other resume, in another n8n process, may have submitted it. Before you run it again, search n8n's log for this execution in the lines 'APIXO task ... is under way', or check the APIXO dashboard. The log also says whether the reason is that n8n's database did not answer",
	};
}

/** An item that there was no time to submit. */
export function explainNoTimeLeft(): Explanation {
	return {
		message: 'This item was not submitted, because n8n is about to end the execution',
		description: `Raise ${EXECUTION_TIMEOUT}, or run fewer items at once. Nothing was charged for this item`,
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

/** A task that failed, was not done in time, or whose state APIXO does not tell. */
export function explainOutcome(
	task: TaskName,
	outcome: Exclude<Outcome, { kind: 'success' | 'running' }>,
): Explanation {
	switch (outcome.kind) {
		case 'unreadable':
			return explainUnreadable(task, outcome.failure);
		case 'timedOut':
			return explainTimeout(task, outcome);
		case 'failed':
			return explainFailedTask(task, outcome.answer);
	}
}

function explainUnreadable(task: TaskName, failure: ApiFailure): Explanation {
	const { taskId, model } = task;
	const isTaskUnknown = failure.kind === 'notFound';
	return {
		message: isTaskUnknown
			? `APIXO can't find task ${taskId} of model '${model}' [${failure.message}]`
			: `${WHAT_HAPPENED[failure.kind]} [${failure.message}], so the state of the task could not be read (task ${taskId})`,
		description: isTaskUnknown
			? 'Check the task ID, and that the model is the one it was submitted to. IDs are case-sensitive'
			: `The task may still be running or done. ${WHAT_TO_DO[failure.kind]}. ${howToResume(task)}`,
		httpCode: failure.status?.toString(),
		task: { taskId, model },
	};
}

function explainTimeout(
	task: TaskName,
	{ answer, cause, failedPolls }: Extract<Outcome, { kind: 'timedOut' }>,
): Explanation {
	const { taskId, model } = task;
	const lastState = failedPolls
		? `its state has been unreadable since ${timeOf(failedPolls)} [${failedPolls.failure.message}]`
		: answer
			? `its last state was '${answer.state}'`
			: 'its state is not known';
	const when =
		cause.limit === 'execution'
			? `after ${cause.seconds} seconds, when n8n's timeout was about to end the execution`
			: `within ${cause.seconds} seconds`;
	const longer = cause.limit === 'execution' ? EXECUTION_TIMEOUT : "'Timeout' in the options";
	return {
		message: `Task not done ${when}; ${lastState} (task ${taskId})`,
		description: `It may still finish. ${howToResume(task)}. To wait longer next time, raise ${longer}`,
		task: { taskId, model, state: answer?.state },
	};
}

/** Hours and minutes are enough to find the incident in a log. */
function timeOf({ sinceMs }: FailedPolls): string {
	return `${new Date(sinceMs).toISOString().slice(11, 16)} UTC`;
}

function explainFailedTask(
	task: TaskName,
	{ state, failCode, failMsg }: Extract<Outcome, { kind: 'failed' }>['answer'],
): Explanation {
	const reason = [failMsg, failCode && `[${failCode}]`].filter(Boolean).join(' ');
	return {
		message: `Task failed: ${reason || 'APIXO gave no reason'} (task ${task.taskId})`,
		description: `${
			adviceForFailCode(failCode) ??
			'The reason is quoted from APIXO. Change the inputs, or try again'
		}. Model '${task.model}', state '${state}'`,
		task: { taskId: task.taskId, model: task.model, state },
		failCode,
	};
}
