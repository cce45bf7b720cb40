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
import { forEachItem } from '../../forEachItem';
import { shownFor } from '../../parameters';
import { openSession } from '../../session';
import { readWaiting, waitingOptions, type Waiting } from '../../waiting';
import { readTaskParameters, taskParameters } from './parameters';

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
		options: waitingOptions.filter(({ name }) => name !== 'maxConcurrency'),
	},
]);

/** Looks at each item's task at once, then by the schedule; the limit counts from now. */
export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const { client, timing } = await openSession(this);
	return await forEachItem(this, async (itemIndex, results) => {
		const { model, taskId } = readTaskParameters(this, itemIndex);
		const waiting = readWaitingOptions(this, itemIndex, model);
		const task = { taskId, model, submittedAtMs: timing.now() };
		const outcome = await waitForTask(client, task, waiting.schedule, timing);
		const finished = finish(task, outcome, waiting, { deliveredBy: 'poll' });
		if (finished.ok) results.succeed(itemIndex, [{ json: finished.output }]);
		else results.fail(itemIndex, finished.explanation);
	});
}

function readWaitingOptions(context: IExecuteFunctions, itemIndex: number, model: string): Waiting {
	const options = context.getNodeParameter('options', itemIndex, {}) as IDataObject;
	const entry = findModel(model);
	// Of a model that is not in the catalogue nothing is known: wait as long as for a video.
	const figures = pollingFigures(entry, entry?.category ?? 'video');
	const waiting = readWaiting(options, { ...figures, initialWaitSeconds: 0 });
	if (!waiting.ok) {
		throw new NodeOperationError(context.getNode(), waiting.problem, { itemIndex });
	}
	return waiting.value;
}
