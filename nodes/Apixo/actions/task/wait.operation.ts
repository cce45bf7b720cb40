import {
	NodeOperationError,
	type IDataObject,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodePropertyOptions,
} from 'n8n-workflow';

import { findModel } from '../../../shared/models/catalogue';
import { pollingFigures } from '../../../shared/models/pollingFigures';
import { finish } from '../../../shared/tasks/finish';
import { waitForTask } from '../../../shared/tasks/wait';
import { deliverItems, deliveryOptions, readDelivery, type Delivery } from '../../options/resultFiles';
import { forEachItem } from '../../run/forEachItem';
import { shownFor } from '../../options/modelParameter';
import { openSession } from '../../run/session';
import { readWaiting, waitingOptions, type Waiting } from '../../options/waiting';
import { readTaskParameters, taskParameters } from './taskParameters';

export const operation: INodePropertyOptions = {
	name: 'Wait',
	value: 'wait',
	description: 'Wait until an existing task is done; it is not paid for again',
	action: 'Wait for a task',
};

export const description = shownFor(['task'], 'wait', [
	...taskParameters,
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		options: [
			...waitingOptions.filter(({ name }) => name !== 'maxConcurrency'),
			...deliveryOptions,
		].sort((a, b) => a.displayName.localeCompare(b.displayName)),
	},
]);

/** Looks at each item's task at once, then by the schedule; the limit counts from now. */
export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const session = await openSession(this);
	const { client, timing } = session;
	return await forEachItem(this, async (itemIndex, results) => {
		const { model, taskId } = readTaskParameters(this, itemIndex);
		const { waiting, delivery } = readOptions(this, itemIndex, model);
		const task = { taskId, model, submittedAtMs: timing.now() };
		const outcome = await waitForTask(client, task, waiting.schedule, timing);
		const finished = finish(task, outcome, waiting, { deliveredBy: 'poll' });
		if (!finished.ok) return results.fail(itemIndex, finished.explanation);
		const delivered = await deliverItems(this, session, finished.output, delivery);
		if (delivered.ok) results.succeed(itemIndex, delivered.items);
		else results.fail(itemIndex, delivered.explanation);
	});
}

function readOptions(
	context: IExecuteFunctions,
	itemIndex: number,
	model: string,
): { waiting: Waiting; delivery: Delivery } {
	const options = context.getNodeParameter('options', itemIndex, {}) as IDataObject;
	const entry = findModel(model);
	// Of a model that is not in the catalogue nothing is known: wait as long as for a video.
	const figures = pollingFigures(entry, entry?.category ?? 'video');
	const waiting = readWaiting(options, { ...figures, initialWaitSeconds: 0 });
	const delivery = readDelivery(options);
	if (waiting.ok && delivery.ok) return { waiting: waiting.value, delivery: delivery.value };
	const problem = [waiting, delivery].flatMap((read) => (read.ok ? [] : [read.error])).join(' ');
	throw new NodeOperationError(context.getNode(), problem, { itemIndex });
}
