import { NodeOperationError, type IExecuteFunctions, type INodeExecutionData } from 'n8n-workflow';

import { checkCallbackUrl, isLoopbackUrl } from '../../shared/callbacks/url';
import { explainUnansweredSubmit } from '../../shared/tasks/explain';
import type { GenerateRequest } from '../actions/generate/request';
import type { ItemResults } from '../itemResults';
import type { Session } from '../session';
import { childWorkflow } from './childWorkflow';
import { lastStep } from './lastStep';
import { parkedRequest, readState, stateJson, type ParkedEntry, type ParkedState } from './state';

/**
 * Submits the requests from a child execution that parks until all tasks are final; n8n parks this
 * execution behind it and puts the child's output in the place of this node's.
 * @param results what was found wrong with items before
 * @throws NodeError where the run cannot go on
 */
export async function pauseUntilCallback(
	context: IExecuteFunctions,
	session: Session,
	requests: GenerateRequest[],
	results: ItemResults,
): Promise<INodeExecutionData[]> {
	const refusal = whyNotParkable(context, session, requests);
	if (refusal) {
		requests.forEach(({ itemIndex }) => results.fail(itemIndex, refusal));
		return results.collect();
	}
	const keepsFiles = requests.some(({ delivery }) => delivery.downloadResults);
	const initial = initialState(context, session, requests, results);
	const { executionId, data, waitTill } = await context.executeWorkflow(
		{ code: childWorkflow(context, keepsFiles) },
		[{ json: stateJson(initial) }],
		undefined,
		{
			parentExecution: {
				executionId: initial.parentExecutionId,
				workflowId: String(context.getWorkflow().id),
				shouldResume: true,
			},
		},
	);
	const state = readState(data[0]?.[0]?.json);
	if (!state) {
		throw new NodeOperationError(
			context.getNode(),
			`The execution ${executionId} that was to wait for APIXO ended without a word`,
			{ description: 'Look into it in the list of executions. Nothing was submitted twice' },
		);
	}
	rememberSubmissions(session, state);
	if (!waitTill) return await lastStep(context, session, state);

	context.setMetadata({
		subExecution: { executionId, workflowId: String(context.getWorkflow().id) },
	});
	return [];
}

function initialState(
	context: IExecuteFunctions,
	{ ledger }: Session,
	requests: GenerateRequest[],
	results: ItemResults,
): ParkedState {
	const { id, name, onError } = context.getNode();
	const entries: ParkedEntry[] = results.failures().map(([itemIndex, error]) => ({
		itemIndex,
		explanation: { message: error.message, description: error.description ?? '' },
	}));
	const queue: GenerateRequest[] = [];
	for (const request of requests) {
		const { itemIndex, model, fingerprint } = request;
		const earlier = ledger.find(itemIndex, fingerprint);
		if (!earlier) {
			ledger.noteSending(itemIndex, fingerprint);
			queue.push(request);
		} else {
			entries.push({
				itemIndex,
				...(earlier.task
					? { request: parkedRequest(request), task: earlier.task }
					: { explanation: explainUnansweredSubmit(model), mayBeRunning: true }),
			});
		}
	}
	return {
		next: 'handBack',
		parentExecutionId: context.getExecutionId(),
		node: { id, name, onError },
		goesOnAfterErrors: context.continueOnFail(),
		itemCount: context.getInputData().length,
		maxConcurrency: Math.min(...requests.map(({ waiting }) => waiting.maxConcurrency)),
		queue,
		entries,
	};
}

/** What was submitted belongs to this execution: its retry takes it up. */
function rememberSubmissions({ ledger }: Session, { entries }: ParkedState): void {
	for (const { itemIndex, task, mayBeRunning } of entries) {
		if (task) ledger.noteTask(itemIndex, task);
		else if (!mayBeRunning) ledger.forget(itemIndex);
	}
}

/** Why this run cannot wait for a callback, as a sentence, before anything is submitted. */
function whyNotParkable(
	context: IExecuteFunctions,
	{ credential }: Session,
	requests: GenerateRequest[],
): NodeOperationError | undefined {
	const refuse = (problem: string, description: string) =>
		new NodeOperationError(context.getNode(), problem, { description });
	const pollInstead =
		"Set 'Completion' to 'Poll Until Done'. Nothing was submitted, and nothing was charged";

	if (requests.some(({ completion }) => completion !== 'callback')) {
		return refuse(
			"'Completion' must be the same for all items when one of them pauses until the callback",
			'Split the items before this node. Nothing was submitted, and nothing was charged',
		);
	}
	if (context.isToolExecution()) {
		return refuse('An AI agent of this version cannot wait for a callback', pollInstead);
	}
	const { engineType, executionTimeout = 0 } = context.getWorkflowSettings();
	if (engineType === 'v2') {
		return refuse("n8n's engine v2 cannot resume a paused execution yet", pollInstead);
	}
	const longestSeconds = Math.max(
		...requests.map(({ waiting }) => waiting.schedule.timeoutSeconds),
	);
	if (executionTimeout > 0 && executionTimeout <= longestSeconds) {
		return refuse(
			`The workflow ends after ${executionTimeout} seconds by its own settings, but the wait may take ${longestSeconds}`,
			"Raise 'Timeout Workflow' in the workflow's settings, or lower 'Timeout' in this node's options. Nothing was submitted, and nothing was charged",
		);
	}
	const resumeUrl = String(context.evaluateExpression('{{ $execution.resumeUrl }}', 0));
	if (!resumeUrl.includes('?')) {
		return refuse(
			'This n8n is too old to pause safely: its resume URLs carry no token',
			pollInstead,
		);
	}
	const check = checkCallbackUrl(resumeUrl, { allowLoopback: isLoopbackUrl(credential.baseUrl) });
	return check.ok ? undefined : refuse(check.problem, pollInstead);
}
