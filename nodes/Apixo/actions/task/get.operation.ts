import type { IExecuteFunctions, INodeExecutionData, INodePropertyOptions } from 'n8n-workflow';

import { taskOutput } from '../../../shared/tasks/output';
import { forEachItem } from '../../items/forEachItem';
import { openReadSession } from '../../run/session';
import { readState, readTaskParameters, shownForTask, taskParameters } from './taskParameters';

export const operation: INodePropertyOptions = {
	name: 'Get',
	value: 'get',
	description: 'Get the current state of a task',
	action: 'Get a task',
};

export const description = shownForTask('get', taskParameters);

/** One status request for each item's task, whatever its state. */
export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const session = await openReadSession(this);
	return await forEachItem(this, async (itemIndex, results) => {
		const { model, taskId } = readTaskParameters(this, itemIndex);
		const answer = await readState(session, model, taskId);
		if (!answer.ok) return results.fail(itemIndex, answer.error);
		const output = taskOutput(answer.value, { model, deliveredBy: 'poll' });
		results.succeed(itemIndex, [{ json: output }], output);
	});
}
