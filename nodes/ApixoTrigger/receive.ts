import type { IWebhookFunctions } from 'n8n-workflow';

import { isTerminal, type TaskAnswer } from '../shared/api/schemas';
import { ignoreReason, readCallback } from '../shared/callbacks/body';
import { createSeenCallbacks, type Settle } from '../shared/callbacks/seenCallbacks';
import { readUnsignedClaims, signingKey, verifyCallbackQuery } from '../shared/callbacks/url';
import type { Connection } from '../shared/n8n/connection';
import { taskOutput, type TaskOutput } from '../shared/tasks/output';
import { asksApi, checksSignature, connectTrigger, needsCredential } from './settings';

/** What is said to the sender, and what starts the workflow, if anything does. */
export interface Reply {
	status: 200 | 400 | 401 | 503;
	message: string;
	/** As the body gave it, for the log. */
	taskId?: string;
	fire?: TaskOutput;
}

/** APIXO waits 30 s for an answer and then tries again, which is patience enough. */
const CONFIRM_WITHIN_MS = 5_000;

/**
 * The first of two layers against duplicates: of this process only, but exact, also for callbacks
 * at the same moment. The second is `claimOnce`. After 24 h the files of a task are gone, so that
 * no later callback is of use; 10,000 keys take a few MB.
 */
const seen = createSeenCallbacks({ maxAgeMs: 24 * 3_600_000, maxCount: 10_000 }, () => Date.now());

const NOT_SIGNED =
	"The URL is not signed with this trigger's credential. An APIXO node with the same credential signs it: put the trigger's production URL into its 'Callback URL'";

/**
 * Decides on a callback, whoever sent it. A reply with `fire` has claimed the right to start the
 * workflow.
 * @throws where the trigger's credential is missing or wrong
 */
export async function receive(context: IWebhookFunctions): Promise<Reply> {
	const callback = readCallback(context.getBodyData());
	const taskId = callback.ok ? callback.value.taskId : undefined;
	const connection = needsCredential(context) ? await connectTrigger(context) : undefined;

	const query = context.getQueryData() as Record<string, unknown>;
	const claims =
		connection && checksSignature(context)
			? verifyCallbackQuery(query, signingKey(connection.credential))
			: readUnsignedClaims(query);
	if (!claims) return { status: 401, message: NOT_SIGNED, taskId };
	const { model, reference } = claims;
	if (!callback.ok) return { status: 400, message: callback.error };
	let answer = callback.value;

	const dropsDuplicates =
		context.getMode() !== 'manual' && context.getNodeParameter('options.deduplication', true);
	if (dropsDuplicates && seen.hasFired(keyOf(context, answer))) return DUPLICATE;

	if (connection && asksApi(context) && isTerminal(answer.state)) {
		const confirmation = await confirm(connection, model, answer.taskId);
		if ('status' in confirmation) return { ...confirmation, taskId };
		({ answer } = confirmation);
	}

	const reason = ignoreReason(answer.state, context.getNodeParameter('events') as string[]);
	if (reason !== undefined) return { status: 200, message: `Ignored: ${reason}` };

	if (dropsDuplicates) {
		const claim = seen.claim(keyOf(context, answer));
		if (!claim.first) return (await claim.fired) ? DUPLICATE : { ...SEND_AGAIN, taskId };
		settleWhenAnswered(context, claim.settle);
	}
	return {
		status: 200,
		message: `Started a workflow for '${answer.state}'`,
		fire: taskOutput(answer, { model, reference, deliveredBy: 'callback' }),
	};
}

const DUPLICATE: Reply = { status: 200, message: 'Ignored: this was already delivered' };
const SEND_AGAIN: Reply = { status: 503, message: 'No workflow could be started: send again' };

function keyOf(context: IWebhookFunctions, { taskId, state }: TaskAnswer): string {
	return JSON.stringify([context.getWorkflow().id, context.getNode().id, taskId, state]);
}

/** Reads the task from the status API, whose answer counts more than that of the callback. */
async function confirm(
	{ client, timing }: Connection,
	model: string | undefined,
	taskId: string,
): Promise<{ answer: TaskAnswer } | Reply> {
	if (model === undefined) {
		return {
			status: 400,
			message:
				"The URL does not say which model the task belongs to, which the status API must know; an APIXO node's 'Callback URL' gets it by itself",
		};
	}
	const status = await client.getStatus(model, taskId, timing.now() + CONFIRM_WITHIN_MS);
	if (status.ok) {
		// It may lag behind the callback. Sent again in 30 s, this costs time and not the result.
		return isTerminal(status.value.state)
			? { answer: status.value }
			: { status: 503, message: `APIXO says '${status.value.state}' of this task: send again` };
	}
	const { kind, message } = status.error;
	return kind === 'notFound' || kind === 'invalidRequest'
		? { status: 400, message: `APIXO does not know this task of model '${model}' [${message}]` }
		: { status: 503, message: `The status API could not be asked: send again [${message}]` };
}

/**
 * n8n answers 200 once the run is in its database. On any other status, or a dropped connection,
 * APIXO sends the callback again; the claim is released so that it can start the workflow.
 */
function settleWhenAnswered(context: IWebhookFunctions, settle: Settle): void {
	const response: {
		statusCode: number;
		writableFinished: boolean;
		closed: boolean;
		once(event: 'close', listener: () => void): unknown;
	} = context.getResponseObject();
	const settleNow = () => settle(response.writableFinished && response.statusCode === 200);
	if (response.closed) settleNow();
	else response.once('close', settleNow);
}
