import type { IWebhookFunctions } from 'n8n-workflow';

import { isTerminal, type TaskAnswer } from '../shared/api/schemas';
import { readCallback } from '../shared/callbacks/body';
import { createSeenCallbacks, type Settle } from '../shared/callbacks/seenCallbacks';
import { readSignedQuery, readUnsignedClaims, type CallbackClaims } from '../shared/callbacks/url';
import { createUsedNonces } from '../shared/callbacks/usedNonces';
import type { Result } from '../shared/result';
import { taskOutput, type TaskOutput } from '../shared/tasks/output';
import { ignoreReason } from './events';
import { asksApi, checksSignature, connectTrigger } from './settings';
import { isSigned } from './signature';

/** The answer to the sender, and what starts the workflow, if anything does. */
export interface Reply {
	status: 200 | 400 | 401 | 409 | 503;
	message: string;
	/** As the body gave it, for the log. */
	taskId?: string;
	start?: StartOfWorkflow;
}

export interface StartOfWorkflow {
	output: TaskOutput;
	/** Of the signed URL; absent where no signature was checked. */
	nonce?: string;
}

/** APIXO waits 30 s for an answer, and sends the callback again without one. */
const CONFIRM_WITHIN_MS = 5_000;

/**
 * After 24 h the files of a task are gone, so that no later callback is of use; 10,000 keys take a
 * few MB.
 */
const LIMITS = { maxAgeMs: 24 * 3_600_000, maxCount: 10_000 };
/**
 * The first of two layers against duplicates: of this process only, but exact, also for callbacks
 * at the same moment. The second is in n8n's database (`duplicates.ts`).
 */
const seen = createSeenCallbacks(LIMITS, () => Date.now());
/** Shared by all triggers: a signed URL is of use for one task, whichever trigger it is sent to. */
const usedNonces = createUsedNonces(LIMITS, () => Date.now());

/**
 * Decides on a callback, whoever sent it. What needs no credential is refused before the credential
 * is fetched. A reply with `start` has claimed the right to start the workflow.
 * @throws where the trigger's credential is missing or wrong
 */
export async function receive(context: IWebhookFunctions): Promise<Reply> {
	const query = context.getQueryData() as Record<string, unknown>;
	const needsSignature = checksSignature(context);
	const signed = needsSignature ? readSignedQuery(query) : undefined;
	if (needsSignature && !signed) return NOT_SIGNED;

	const callback = readCallback(context.getRequestObject());
	if (!callback.ok) return { status: 400, message: callback.error };
	const { taskId, state } = callback.value;
	const events = context.getNodeParameter('events') as string[];
	// With 'Confirm with API', the state that counts is not known yet.
	const isConfirmed = asksApi(context) && isTerminal(state);
	const whyIgnored = isConfirmed ? undefined : ignoreReason(state, events);
	if (whyIgnored !== undefined) return ignored(whyIgnored);

	if (signed && !(await isSigned(context, signed))) return { ...NOT_SIGNED, taskId };
	const claims: Partial<CallbackClaims> = signed?.claims ?? readUnsignedClaims(query);
	const isTestRun = context.getMode() === 'manual';
	if (!isTestRun && isUsedByOther(claims.nonce, taskId)) return { ...USED_URL, taskId };

	const dropsDuplicates = !isTestRun && context.getNodeParameter('options.deduplication', true);
	if (dropsDuplicates && seen.hasStarted(keyOf(context, callback.value))) return DUPLICATE;

	let answer = callback.value;
	if (isConfirmed) {
		const confirmation = await confirm(context, claims.model, taskId);
		if (!confirmation.ok) return { ...confirmation.error, taskId };
		answer = confirmation.value;
		const reason = ignoreReason(answer.state, events);
		if (reason !== undefined) return ignored(reason);
	}

	if (!isTestRun && isUsedByOther(claims.nonce, taskId)) return { ...USED_URL, taskId };
	if (dropsDuplicates) {
		const claim = seen.claim(keyOf(context, answer));
		if (!claim.first) return (await claim.hasStarted) ? DUPLICATE : { ...NOT_STARTED, taskId };
		settleWhenAnswered(context, claim.settle);
	}
	if (!isTestRun && claims.nonce !== undefined) usedNonces.bind(claims.nonce, taskId);
	const { model, reference, nonce } = claims;
	return {
		status: 200,
		message: `Started a workflow for '${answer.state}'`,
		start: { output: taskOutput(answer, { model, reference, deliveredBy: 'callback' }), nonce },
	};
}

const NOT_SIGNED: Reply = {
	status: 401,
	message:
		"The URL is not signed with this trigger's credential. An APIXO node with the same credential signs it: put the trigger's production URL into its 'Callback URL'",
};
const USED_URL: Reply = {
	status: 409,
	message: 'This signed URL was used for another task; each task has its own',
};
const DUPLICATE: Reply = { status: 200, message: 'Ignored: this was delivered before' };
const NOT_STARTED: Reply = {
	status: 503,
	message: 'The workflow could not be started; send the callback again later',
};

function ignored(reason: string): Reply {
	return { status: 200, message: `Ignored: ${reason}` };
}

function isUsedByOther(nonce: string | undefined, taskId: string): boolean {
	const user = nonce === undefined ? undefined : usedNonces.taskOf(nonce);
	return user !== undefined && user !== taskId;
}

function keyOf(context: IWebhookFunctions, { taskId, state }: TaskAnswer): string {
	return JSON.stringify([context.getWorkflow().id, context.getNode().id, taskId, state]);
}

/** Fetches the task from the status API, whose answer counts more than that of the callback. */
async function confirm(
	context: IWebhookFunctions,
	model: string | undefined,
	taskId: string,
): Promise<Result<TaskAnswer, Reply>> {
	const refuse = (status: 400 | 503, message: string) =>
		({ ok: false, error: { status, message } }) as const;
	if (model === undefined) {
		return refuse(
			400,
			"The URL does not say which model the task belongs to, which the status API must know. An APIXO node adds it to its 'Callback URL' automatically",
		);
	}
	const { client, timing } = await connectTrigger(context);
	const status = await client.getStatus(model, taskId, timing.now() + CONFIRM_WITHIN_MS);
	if (status.ok) {
		// It may lag behind the callback. Sent again in 30 s, this costs time and not the result.
		return isTerminal(status.value.state)
			? status
			: refuse(
					503,
					`APIXO still reports '${status.value.state}' for this task; send the callback again later`,
				);
	}
	const { kind, message } = status.error;
	return kind === 'notFound' || kind === 'invalidRequest'
		? refuse(400, `APIXO can't find this task of model '${model}' [${message}]`)
		: refuse(503, `APIXO could not be asked; send the callback again later [${message}]`);
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
