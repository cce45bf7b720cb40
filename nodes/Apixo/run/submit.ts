import type { IExecuteFunctions } from 'n8n-workflow';

import type { GenerateBody } from '../../shared/api/client';
import { isOutcomeUnknown } from '../../shared/api/failure';
import { explainSubmitFailure } from '../../shared/tasks/explain';
import type { Task } from '../../shared/tasks/outcome';
import type { PollSchedule } from '../../shared/tasks/schedule';
import { startWait, submittedOnly } from '../../shared/tasks/wait';
import type { Session } from './session';
import type { ItemState, TaskSettings } from '../decisions/state';

const BALANCE_WITHIN_MS = 5_000;

/** A task to submit: checked, resolved, plain data. */
export interface TaskRequest {
	itemIndex: number;
	model: string;
	body: GenerateBody;
	schedule: PollSchedule;
	settings: TaskSettings;
	/** Tells the request from a changed one. */
	fingerprint: string;
}

/**
 * Submits a request; the only place that does. Rejects only when the run is cancelled before the
 * request is under way.
 * @param latestMs Unix ms; nothing is sent after this moment
 */
export async function submit(
	context: IExecuteFunctions,
	session: Session,
	{ itemIndex, model, body, schedule, settings, fingerprint }: TaskRequest,
	latestMs?: number,
): Promise<ItemState> {
	const { client, timing } = session;
	const answer = await client.submit(model, body, latestMs);
	if (!answer.ok) {
		const isTooLow = answer.error.kind === 'lowBalance';
		const balanceUsd = isTooLow ? await balanceSoon(session, latestMs) : undefined;
		const explanation = explainSubmitFailure(answer.error, model, balanceUsd);
		return isOutcomeUnknown(answer.error)
			? { status: 'sending', itemIndex, fingerprint, explanation }
			: { status: 'refused', itemIndex, explanation };
	}
	const { taskId, state = 'pending', submitData } = answer.value;
	const task: Task = { taskId, model, submittedAtMs: timing.now(), submitData };
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

/** For the error of a low balance, which must not wait for it; undefined where it does not come. */
async function balanceSoon({ client, timing }: Session, latestMs = Infinity) {
	const withinMs = Math.max(0, Math.min(BALANCE_WITHIN_MS, latestMs - timing.now()));
	const balance = await Promise.race([client.getBalance(), timing.sleep(withinMs)]);
	return balance?.ok ? balance.value : undefined;
}
