import type { IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';

import type { ApixoClient } from '../../shared/api/client';
import { isTerminal } from '../../shared/api/schemas';
import type { Timing } from '../../shared/api/transport';
import { readCallback } from '../../shared/callbacks/body';
import { connect, readCredential } from '../../shared/n8n/connection';
import { nodeContextOf } from '../../shared/n8n/executionData';
import {
	DATA_IS_FRESH_MS,
	NOTED,
	SEND_AGAIN,
	firstToPoll,
	onCallback,
	type CallbackDecision,
	type PauseRecord,
} from '../decisions/onCallback';
import { readPause } from './pause';
import { claimResume, knowledgeOf, noteReport } from '../memory/pauseMemory';

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
	let decision = decide();
	if (decision.status !== 200 || !isTerminal(state)) return decision;

	noteReport(runKey, taskId);
	if (decision.poll) {
		const startedMs = Date.now();
		const credential = await readCredential(context);
		if (!credential.ok) return { status: 503, message: credential.error };
		const { client, timing } = connect(context, credential.value);
		let tasks: CallbackDecision['poll'] = firstToPoll(decision.poll, timing.random());
		while (tasks) {
			const problem = await whyNotDone(client, timing, runKey, tasks);
			if (problem) return problem;
			// When APIXO sends again, nothing is left to poll, and n8n reads its data anew.
			if (Date.now() - startedMs > DATA_IS_FRESH_MS) return SEND_AGAIN;
			// The pause may be over by now.
			decision = decide();
			tasks = decision.poll;
		}
	}
	const { status, message, resume } = decision;
	// n8n could resume the execution only once from this pause.
	return { status, message, resume: resume && claimResume(runKey, number) };
}

/**
 * The reply where these tasks, whose callbacks may have gone to another process, are not all done.
 * Those that are done are noted, so that no later callback polls them again.
 */
async function whyNotDone(
	client: ApixoClient,
	timing: Timing,
	runKey: string,
	tasks: PauseRecord['tasks'],
): Promise<CallbackDecision | undefined> {
	const deadlineMs = timing.now() + POLL_WITHIN_MS;
	const polls = tasks.map(async ({ taskId, model }) => {
		const answer = await client.getStatus(model, taskId, deadlineMs);
		const isDone = answer.ok ? isTerminal(answer.value.state) : undefined;
		if (isDone) noteReport(runKey, taskId);
		return isDone;
	});
	const tooLate = timing.sleep(POLL_WITHIN_MS).then(() => [undefined]);
	const areDone: Array<boolean | undefined> = await Promise.race([Promise.all(polls), tooLate]);
	if (areDone.includes(false)) return NOTED;
	if (areDone.every((isDone) => isDone)) return undefined;
	return { status: 503, message: 'Other tasks could not be polled: send again' };
}
