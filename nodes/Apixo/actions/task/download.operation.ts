import {
	NodeOperationError,
	type IDataObject,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodePropertyOptions,
} from 'n8n-workflow';

import type { ApixoClient } from '../../../shared/api/client';
import type { Timing } from '../../../shared/api/transport';
import { explainOutcome } from '../../../shared/tasks/explain';
import { outcomeOf, type Outcome, type Task } from '../../../shared/tasks/outcome';
import { outcomeOutput } from '../../../shared/tasks/output';
import { deliverItems, fileOptions, readDelivery, type Delivery } from '../../options/resultFiles';
import { forEachItem } from '../../run/forEachItem';
import { shownFor } from '../../options/modelParameter';
import { openSession } from '../../run/session';
import { readTaskParameters, taskParameters } from './taskParameters';

const LONGEST_LOOK_MS = 60_000;

export const operation: INodePropertyOptions = {
	name: 'Download',
	value: 'download',
	description: 'Download the files of a finished task; APIXO deletes them after 24 hours',
	action: 'Download the files of a task',
};

export const description = shownFor(['task'], 'download', [
	...taskParameters,
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		options: fileOptions,
	},
]);

/** One look at each item's task, which must be finished, and its files. */
export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const session = await openSession(this);
	const { client, timing } = session;
	return await forEachItem(this, async (itemIndex, results) => {
		const { model, taskId } = readTaskParameters(this, itemIndex);
		const delivery = readFileOptions(this, itemIndex);
		const task = { taskId, model, submittedAtMs: timing.now() };
		const outcome = await lookAt(client, task, timing);
		if (outcome.kind === 'failed' || outcome.kind === 'unknown') {
			return results.fail(itemIndex, explainOutcome(task, outcome));
		}
		const output = outcomeOutput(task, outcome, 'poll');
		const delivered =
			outcome.kind === 'success'
				? await deliverItems(this, session, output, delivery)
				: ({ ok: false, explanation: explainUnfinished(task, output.state) } as const);
		if (delivered.ok) results.succeed(itemIndex, delivered.items);
		else results.fail(itemIndex, delivered.explanation);
	});
}

async function lookAt(client: ApixoClient, task: Task, timing: Timing): Promise<Outcome> {
	const deadlineMs = timing.now() + LONGEST_LOOK_MS;
	const answer = await client.getStatus(task.model, task.taskId, deadlineMs);
	return answer.ok ? outcomeOf(answer.value) : { kind: 'unknown', failure: answer.error };
}

function explainUnfinished(task: Task, state: string) {
	return {
		message: `APIXO task ${task.taskId} has no files yet: its state is '${state}'`,
		description:
			"Wait for it first: resource Task, operation Wait, which can download the files itself with 'Download Results'",
		task: { taskId: task.taskId, model: task.model, state },
	};
}

function readFileOptions(context: IExecuteFunctions, itemIndex: number): Delivery {
	const options = context.getNodeParameter('options', itemIndex, {}) as IDataObject;
	const delivery = readDelivery({ ...options, downloadResults: true });
	if (!delivery.ok) {
		throw new NodeOperationError(context.getNode(), delivery.error, { itemIndex });
	}
	return delivery.value;
}
