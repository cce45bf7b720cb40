import type { IExecuteFunctions, INodeExecutionData, INodePropertyOptions } from 'n8n-workflow';

import { explainOutcome } from '../../../shared/tasks/explain';
import { taskOutput } from '../../../shared/tasks/output';
import { forEachItem } from '../../run/forEachItem';
import { shownFor } from '../../options/modelParameter';
import { openSession } from '../../run/session';
import { readTaskParameters, taskParameters } from './taskParameters';

const LONGEST_TRY_MS = 60_000;

export const operation: INodePropertyOptions = {
	name: 'Get',
	value: 'get',
	description: 'Get the state that a task has now, without waiting',
	action: 'Get a task',
};

export const description = shownFor(['task'], 'get', taskParameters);

/** One look at each item's task, whatever its state. */
export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const { client, timing } = await openSession(this);
	return await forEachItem(this, async (itemIndex, results) => {
		const { model, taskId } = readTaskParameters(this, itemIndex);
		const answer = await client.getStatus(model, taskId, timing.now() + LONGEST_TRY_MS);
		if (answer.ok) {
			const json = taskOutput(answer.value, { model, deliveredBy: 'poll' });
			return results.succeed(itemIndex, [{ json }]);
		}
		const task = { taskId, model, submittedAtMs: timing.now() };
		results.fail(itemIndex, explainOutcome(task, { kind: 'unknown', failure: answer.error }));
	});
}
