import type { IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';

import { isTerminal } from '../../shared/api/schemas';
import { readCallback } from '../../shared/callbacks/body';
import { connect, readCredential } from '../../shared/n8n/connection';
import { nodeContextOf } from '../../shared/n8n/executionData';
import { areDone } from '../../shared/tasks/areDone';
import {
	DATA_IS_FRESH_MS,
	NOTED,
	NOT_POLLED,
	SEND_AGAIN,
	firstToPoll,
	onCallback,
	type CallbackDecision,
	type PauseRecord,
	type Reply,
} from '../decisions/onCallback';
import { readPause } from './pause';
import { claimResume, knowledgeOf, noteReport } from '../memory/pauseMemory';
import { sharedPoll } from '../memory/sharedPoll';

/** APIXO waits 30 s for its answer; the longer it takes, the likelier n8n's data gets out of date. */
const POLL_WITHIN_MS = 2_000;

/** The webhook of a paused node. Never throws, since n8n would then end the execution. */
export async function webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
	try {
		const { status, message, resume } = await answerTo(this);
		// Nothing is passed on: n8n runs the node again, which reads its own state.
		if (resume) return { webhookResponse: { message }, workflowData: [] };
		this.getResponseObject().status(status).json({ message });
	} catch (error) {
		const reason = error instanceof Error ? error.message : String(error);
		this.logger.error(`APIXO callback could not be handled: ${reason}`);
		this.getResponseObject().status(503).json({ message: 'Send this callback again later' });
	}
	return { noWebhookResponse: true };
}

async function answerTo(context: IWebhookFunctions): Promise<CallbackDecision> {
	const callback = readCallback(context.getRequestObject());
	if (!callback.ok) return { status: 400, message: callback.error };
	const { taskId, state } = callback.value;
	const pause = readPause(nodeContextOf(context));
	const { runKey, number } = pause ?? { runKey: '', number: 0 };
	const decide = () => onCallback(pause, callback.value, knowledgeOf(runKey, number), Date.now());
	const first = decide();
	if (first.status !== 200 || !isTerminal(state)) return first;

	noteReport(runKey, taskId);
	if (first.poll) {
		const startedMs = Date.now();
		const poll = async () => await whyNotDone(context, runKey, () => decide().poll);
		const problem = await sharedPoll(`${runKey} ${number}`, poll);
		if (problem) return problem;
		// When APIXO sends again, nothing is left to poll, and n8n reads its data anew.
		if (Date.now() - startedMs > DATA_IS_FRESH_MS) return SEND_AGAIN;
	}
	// Decided anew after the polls, since the pause may be over by now.
	const { status, message, resume } = decide();
	// n8n could resume the execution only once from this pause.
	return { status, message, resume: resume && claimResume(runKey, number) };
}

/**
 * The reply where tasks, whose callbacks may have gone to another process, are not all done.
 * @param tasksToPoll those of which no callback, and no poll, has said so yet
 */
async function whyNotDone(
	context: IWebhookFunctions,
	runKey: string,
	tasksToPoll: () => PauseRecord['tasks'] | undefined,
): Promise<Reply | undefined> {
	const untilMs = Date.now() + POLL_WITHIN_MS;
	let tasks = tasksToPoll();
	if (!tasks) return undefined;
	const credential = await readCredential(context);
	if (!credential.ok) return { status: 503, message: credential.error };
	const { client, timing } = connect(context, credential.value);
	const note = (taskId: string) => noteReport(runKey, taskId);
	for (tasks = firstToPoll(tasks, timing.random()); tasks; tasks = tasksToPoll()) {
		const isDone = await areDone(client, timing, tasks, untilMs, note);
		if (isDone !== true) return isDone === false ? NOTED : NOT_POLLED;
	}
	return undefined;
}
