import type { IExecuteFunctions } from 'n8n-workflow';

import { isOutcomeUnknown } from '../../shared/api/failure';
import { explainSubmitFailure } from '../../shared/tasks/explain';
import { startWait, submittedOnly } from '../../shared/tasks/wait';
import type { Session } from './session';
import type { ItemState } from '../decisions/state';
import type { TaskRequest } from '../decisions/taskRequest';

/** So long the error of a low balance waits for the figure. */
const BALANCE_WITHIN_MS = 5_000;

/**
 * Submits a request; the only place that does. Rejects only when the run is cancelled, and
 * no task was created.
 * @param latestMs Unix ms; nothing is sent after this moment
 */
export async function submit(
	context: IExecuteFunctions,
	{ client, timing }: Session,
	{ itemIndex, model, body, settings, fingerprint, ...request }: TaskRequest,
	latestMs = Infinity,
): Promise<ItemState> {
	const schedule = request.schedule();
	const answer = await client.submit(model, body, latestMs);
	if (!answer.ok) {
		const isTooLow = answer.error.kind === 'lowBalance';
		const balanceByMs = Math.min(timing.now() + BALANCE_WITHIN_MS, latestMs);
		const balance = isTooLow ? await client.getBalance(balanceByMs) : undefined;
		const balanceUsd = balance?.ok ? balance.value : undefined;
		const explanation = explainSubmitFailure(answer.error, model, balanceUsd);
		return isOutcomeUnknown(answer.error)
			? { status: 'sending', itemIndex, fingerprint, explanation }
			: { status: 'refused', itemIndex, explanation };
	}
	const { taskId, state = 'pending', submitData } = answer.value;
	const task = { taskId, model, submittedAtMs: timing.now(), submitData };
	const where = `execution ${context.getExecutionId()}, node '${context.getNode().name}', item ${itemIndex}`;
	context.logger.info(`APIXO task ${taskId} of model ${model} is under way (${where})`);
	const wait = startWait(task, schedule);
	return {
		status: 'task',
		itemIndex,
		fingerprint,
		settings,
		wait: settings.completion === 'none' ? submittedOnly(wait, state) : wait,
	};
}
