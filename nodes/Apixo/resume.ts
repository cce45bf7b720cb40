import type { IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';

import type { ApixoClient } from '../shared/api/client';
import type { TaskAnswer } from '../shared/api/schemas';
import { readDelivery } from '../shared/callbacks/delivery';
import { connect, readCredential } from '../shared/n8n/connection';
import { isFinal } from '../shared/tasks/outcome';
import { STEP } from './parking/childWorkflow';
import { confirmedAnswer, keepConfirmed } from './parking/confirmed';
import {
	isTaskEntry,
	pendingEntries,
	readState,
	stateJson,
	withAnswer,
	type ParkedState,
	type TaskEntry,
} from './parking/state';

/** APIXO waits 30 s for its answer. */
const LOOK_PATIENCE_MS = 8_000;

/**
 * A callback to a parked execution. Says 200 only when the news is safe: the execution goes on, or
 * its own wake-up will find the same answer. Never throws, since n8n would end the execution.
 */
export async function resume(this: IWebhookFunctions): Promise<IWebhookResponseData> {
	try {
		return await receive(this);
	} catch (error) {
		this.logger.error(`APIXO callback could not be handled: ${(error as Error).message}`);
		return reply(this, 503, 'This callback could not be handled now: send it again');
	}
}

async function receive(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	const state = parkedState(context);
	if (!state) return reply(context, 404, 'No task is waited for here');
	const delivery = readDelivery(context.getBodyData());
	if (!delivery.ok) return reply(context, 400, delivery.problem);
	const { taskId } = delivery.answer;
	const own = state.entries.filter(isTaskEntry).find(({ task }) => task.taskId === taskId);
	if (!own) return reply(context, 404, 'This execution does not wait for this task');
	if (own.isSettled) return reply(context, 200, 'This task is settled already');
	if (!isFinal(delivery.answer.state)) return reply(context, 200, 'The task is not finished yet');

	const credential = await readCredential(context);
	if (!credential.ok) return reply(context, 503, credential.problem);
	const { client, timing } = connect(context, credential.credential);
	const confirm = async (entry: TaskEntry) =>
		await finalAnswer(context, client, entry, timing.now());

	const answer = await confirm(own);
	if (!answer)
		return reply(context, 503, 'APIXO does not report this task as final yet: send it again');
	let told = withAnswer(state, taskId, answer, 'callback', timing.now());
	// The first sibling that is not final decides; its own callback comes here too.
	for (const sibling of pendingEntries(told)) {
		const siblingAnswer = await confirm(sibling);
		if (!siblingAnswer) return reply(context, 200, 'Noted; other tasks are still under way');
		told = withAnswer(told, sibling.task.taskId, siblingAnswer, 'callback', timing.now());
	}
	return {
		webhookResponse: { message: 'The execution goes on' },
		workflowData: [
			[{ json: stateJson({ ...told, next: told.queue.length > 0 ? 'look' : 'finish' }) }],
		],
	};
}

function parkedState(context: IWebhookFunctions): ParkedState | undefined {
	if (context.getNodeParameter('resource') !== STEP.park) return undefined;
	return readState(context.evaluateExpression('{{ $input.first().json }}', 0));
}

/** A body may claim anything; what the status API says counts. */
async function finalAnswer(
	context: IWebhookFunctions,
	client: ApixoClient,
	{ task }: TaskEntry,
	nowMs: number,
): Promise<TaskAnswer | undefined> {
	const executionId = String(context.getExecutionId?.());
	const known = confirmedAnswer(executionId, task.taskId);
	if (known) return known;
	const answer = await client.getStatus(task.model, task.taskId, nowMs + LOOK_PATIENCE_MS);
	if (!answer.ok || !isFinal(answer.data.state)) return undefined;
	keepConfirmed(executionId, task.taskId, answer.data);
	return answer.data;
}

function reply(context: IWebhookFunctions, status: number, message: string): IWebhookResponseData {
	context.getResponseObject().status(status).json({ message });
	return { noWebhookResponse: true };
}
