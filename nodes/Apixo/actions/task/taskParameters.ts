import { NodeOperationError, type IExecuteFunctions, type INodeProperties } from 'n8n-workflow';

import { modelIdProblem } from '../../../shared/models/validate';
import { modelParameter } from '../../options/modelParameter';

/** The parameters that name an existing task. */
export const taskParameters: INodeProperties[] = [
	modelParameter('The model that the task was submitted to'),
	{
		displayName: 'Task ID',
		name: 'taskId',
		type: 'string',
		required: true,
		default: '',
		placeholder: 'e.g. {{ $json.taskId }}',
		description: 'As the APIXO node or the APIXO Trigger gave it out',
	},
];

/**
 * Which task an item means.
 * @throws NodeOperationError where the model's ID or the task's ID cannot be one
 */
export function readTaskParameters(
	context: IExecuteFunctions,
	itemIndex: number,
): { model: string; taskId: string } {
	const text = (name: string) =>
		String(context.getNodeParameter(name, itemIndex, '', { extractValue: true }) ?? '').trim();
	const model = text('model');
	const taskId = text('taskId');
	const problems = [modelIdProblem(model)].filter((problem) => problem !== undefined);
	if (taskId === '' || taskId.length > 500) {
		problems.push("'Task ID' must be the ID of a task, as the APIXO node or trigger gave it out");
	}
	if (problems.length > 0) {
		throw new NodeOperationError(context.getNode(), problems.join(' '), { itemIndex });
	}
	return { model, taskId };
}
