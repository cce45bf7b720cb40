import type { ApixoClient, GenerateBody } from '../api/client';
import { isOutcomeUnknown } from '../api/failure';
import type { Timing } from '../api/transport';
import { explainSubmitFailure, explainUnansweredSubmit, type Explanation } from './explain';
import type { Ledger } from './ledger';
import type { Task } from './outcome';

export interface SubmitRequest {
	itemIndex: number;
	model: string;
	/** Tells this request from a changed one. */
	fingerprint: string;
	body: GenerateBody;
}

export type Submission =
	| { ok: true; task: Task; state?: string }
	| { ok: false; explanation: Explanation };

/**
 * Submits a request, unless this execution has done so already: then the running task is taken up,
 * and a request whose fate is unknown is not sent again.
 */
export async function submitOrTakeUp(
	client: ApixoClient,
	ledger: Ledger,
	request: SubmitRequest,
	timing: Timing,
): Promise<Submission> {
	const { itemIndex, model, fingerprint, body } = request;
	const earlier = ledger.find(itemIndex, fingerprint);
	if (earlier?.task) return { ok: true, task: earlier.task };
	if (earlier) return { ok: false, explanation: explainUnansweredSubmit(model) };

	ledger.noteSending(itemIndex, fingerprint);
	const answer = await client.submit(model, body).catch(async (cancelled: unknown) => {
		// The client rejects between two tries only, when nothing is under way.
		ledger.forget(itemIndex);
		return await Promise.reject<never>(cancelled);
	});
	if (!answer.ok) {
		if (!isOutcomeUnknown(answer.error)) ledger.forget(itemIndex);
		return { ok: false, explanation: explainSubmitFailure(answer.error, model) };
	}
	const { taskId, state, submitData: extra } = answer.value;
	const task: Task = { taskId, model, submittedAtMs: timing.now(), ...(extra && { extra }) };
	ledger.noteTask(itemIndex, task);
	return { ok: true, task, state };
}
