import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';

import type { TaskAnswer } from '../../../shared/api/schemas';
import { InputError } from '../../../shared/inputError';
import { modelIdProblem } from '../../../shared/models/validate';
import type { Result } from '../../../shared/result';
import { explainOutcome, type Explanation } from '../../../shared/tasks/explain';
import { modelParameter } from '../../options/modelParameter';
import { shownFor } from '../../options/shownFor';
import { textIn } from '../../options/textIn';
import type { Session } from '../../run/session';

/** How long one status request may take, its quick retry included. */
const LONGEST_READ_MS = 60_000;

/** The parameters that name an existing task. */
export const taskParameters: INodeProperties[] = [
	modelParameter('The model that the task was submitted to', {
		__rl: true,
		mode: 'id',
		value: '={{ $json.model }}',
	}),
	{
		displayName: 'Task ID',
		name: 'taskId',
		type: 'string',
		required: true,
		default: '={{ $json.taskId }}',
		description: 'ID of the task, as returned by the APIXO node or the APIXO Trigger',
	},
];

/** Properties that show only for this operation of tasks. */
export const shownForTask = (operation: string, properties: INodeProperties[]) =>
	shownFor({ resource: ['task'], operation: [operation] }, properties);

/**
 * Which task an item means.
 * @throws InputError where the model's ID or the task's ID cannot be one
 */
export function readTaskParameters(
	context: IExecuteFunctions,
	itemIndex: number,
): { model: string; taskId: string } {
	const text = (label: string, name: string) => {
		const value = context.getNodeParameter(name, itemIndex, '', { extractValue: true });
		return textIn(label, value)?.trim() ?? '';
	};
	const model = text('Model', 'model');
	const taskId = text('Task ID', 'taskId');
	const problems = [modelIdProblem(model)].filter((problem) => problem !== undefined);
	if (taskId === '' || taskId.length > 500) {
		problems.push("'Task ID' must be the ID of a task, as the APIXO node or trigger returned it");
	}
	if (problems.length > 0) throw new InputError(problems.join(' '));
	return { model, taskId };
}

/** The state that a task has now. */
export async function readState(
	{ client, timing, latestMs }: Session,
	model: string,
	taskId: string,
): Promise<Result<TaskAnswer, Explanation>> {
	const answer = await client.getStatus(model, taskId, timing.now() + LONGEST_READ_MS, latestMs);
	if (answer.ok) return answer;
	return {
		ok: false,
		error: explainOutcome({ taskId, model }, { kind: 'unreadable', failure: answer.error }),
	};
}
