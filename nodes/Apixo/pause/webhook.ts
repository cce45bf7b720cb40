import type { IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';

import { isTerminal } from '../../shared/api/schemas';
import { readCallback } from '../../shared/callbacks/body';
import { connect, readCredential } from '../../shared/n8n/connection';

import { confirmFinal, isFirstToWake } from './processMemory';
import {
	hasTask,
	pendingEntries,
	STATE_KEY,
	type ParkedState,
	type TaskEntry,
} from '../run/state';

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
	const delivery = readCallback(context.getRequestObject());
	if (!delivery.ok) return reply(context, 400, delivery.error);
	const state = parkedState(context);
	const own = state?.entries
		.filter(hasTask)
		.find(({ task }) => task.taskId === delivery.value.taskId);
	if (!state || !own) return reply(context, 404, 'This execution does not wait for this task');
	if (own.outcome) return reply(context, 200, 'This task is settled already');
	if (!isTerminal(delivery.value.state)) return reply(context, 200, 'The task is not finished yet');

	const credential = await readCredential(context);
	if (!credential.ok) return reply(context, 503, credential.error);
	const { client, timing } = connect(context, credential.value);
	const isFinalNow = async ({ task: { taskId, model } }: TaskEntry, isReported: boolean) => {
		const look = async () => {
			const answer = await client.getStatus(model, taskId, timing.now() + LOOK_PATIENCE_MS);
			return answer.ok && isTerminal(answer.value.state) ? answer.value : undefined;
		};
		return (await confirmFinal(state.executionId, taskId, look, isReported)) !== undefined;
	};

	// A body may claim anything; what the status API says counts.
	if (!(await isFinalNow(own, true))) {
		return reply(context, 503, 'APIXO does not report this task as final yet: send it again');
	}
	// The first sibling that is not final decides; its own callback comes here too.
	for (const sibling of pendingEntries(state)) {
		if (sibling !== own && !(await isFinalNow(sibling, false))) {
			return reply(context, 200, 'Noted; other tasks are still under way');
		}
	}
	if (!isFirstToWake(state.executionId, state.wakeAtMs)) {
		return reply(context, 200, 'The execution goes on already');
	}
	// Nothing is handed on: the node runs again and takes up its own state.
	return { webhookResponse: { message: 'The execution goes on' }, workflowData: [] };
}

/** As the node left it in its context, which here only an expression can read. */
function parkedState(context: IWebhookFunctions): ParkedState | undefined {
	const name = JSON.stringify(context.getNode().name).replace(
		/[{}]/g,
		(brace) => `\\u${brace.charCodeAt(0).toString(16).padStart(4, '0')}`,
	);
	const state = context.evaluateExpression(`{{ $node[${name}].context.${STATE_KEY} }}`, 0);
	return (state ?? undefined) as ParkedState | undefined;
}

function reply(context: IWebhookFunctions, status: number, message: string): IWebhookResponseData {
	context.getResponseObject().status(status).json({ message });
	return { noWebhookResponse: true };
}
