import { NodeOperationError, type IExecuteFunctions } from 'n8n-workflow';

import { checkCallbackUrl, isLoopbackUrl } from '../../shared/callbacks/url';
import type { GenerateRequest } from '../actions/generate/request';
import type { Session } from '../run/session';
import { canRunAgain } from './executionStack';

const NOTHING_PAID = 'Nothing was submitted, and nothing was charged';
const POLL_INSTEAD = `Set 'Completion' to 'Poll Until Done'. ${NOTHING_PAID}`;

/** n8n looks once a minute which executions are due; then the results are fetched. */
const LATE_BY_SECONDS = 120;

/** Why this run cannot wait for a callback, as an error for the user, before it submits anything. */
export function whyNotParkable(
	context: IExecuteFunctions,
	{ credential }: Session,
	requests: GenerateRequest[],
): NodeOperationError | undefined {
	const refuse = (problem: string, description: string) =>
		new NodeOperationError(context.getNode(), problem, { description });

	if (requests.some(({ completion }) => completion !== 'callback')) {
		return refuse(
			"'Completion' must be the same for all items when one of them pauses until the callback",
			`Split the items before this node. ${NOTHING_PAID}`,
		);
	}
	if (context.isToolExecution()) {
		return refuse('An AI agent of this version cannot wait for a callback', POLL_INSTEAD);
	}
	const { engineType, executionTimeout = 0 } = context.getWorkflowSettings();
	if (engineType === 'v2') {
		return refuse("n8n's engine v2 cannot resume a paused execution yet", POLL_INSTEAD);
	}
	if (!canRunAgain(context)) {
		return refuse('This version of n8n cannot run a paused node again', POLL_INSTEAD);
	}
	const longestSeconds = longestWaitSeconds(requests);
	if (executionTimeout > 0 && executionTimeout < longestSeconds) {
		return refuse(
			`The workflow ends after ${executionTimeout} seconds by its own settings, but the wait may take ${longestSeconds}`,
			`Raise 'Timeout Workflow' in the workflow's settings, or lower 'Timeout' in this node's options. ${NOTHING_PAID}`,
		);
	}
	const resumeUrl = String(context.evaluateExpression('{{ $execution.resumeUrl }}', 0));
	if (!resumeUrl.includes('?')) {
		return refuse(
			'This n8n is too old to pause safely: its resume URLs carry no token',
			POLL_INSTEAD,
		);
	}
	const check = checkCallbackUrl(resumeUrl, { allowLoopback: isLoopbackUrl(credential.baseUrl) });
	return check.ok
		? undefined
		: refuse(check.error, `Or set 'Completion' to 'Poll Until Done'. ${NOTHING_PAID}`);
}

/** Until the last wake-up of the last wave that `maxConcurrency` makes of the requests. */
function longestWaitSeconds(requests: GenerateRequest[]): number {
	const waves = Math.ceil(
		requests.length / Math.min(...requests.map(({ waiting }) => waiting.maxConcurrency)),
	);
	const timeouts = requests.map(({ waiting }) => waiting.schedule.timeoutSeconds);
	return waves * (Math.max(...timeouts) + LATE_BY_SECONDS);
}
