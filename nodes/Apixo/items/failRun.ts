import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import type { Task } from '../../shared/tasks/outcome';
import { isCancelled, setDescription, toErrorItem, toExplanation, toNodeError } from './errors';
import { asSentence, goesOnAfterErrors } from './itemResults';

/**
 * An error that concerns the whole run, such as a credential that was deleted during a pause. Where
 * the workflow goes on after errors, it becomes the error of every item: n8n would otherwise pass
 * the input on as if it were the result.
 * @param tasks of the run, as far as they are known, by item index
 * @throws the error, with the tasks, where the workflow does not go on
 */
export function failRun(
	context: IExecuteFunctions,
	error: unknown,
	tasks: ReadonlyMap<number, Task>,
): INodeExecutionData[] {
	const node = context.getNode();
	if (goesOnAfterErrors(context)) {
		return context.getInputData().map((_, itemIndex) => {
			const explanation = toExplanation(error, tasks.get(itemIndex));
			return toErrorItem(node, toNodeError(node, explanation, itemIndex), itemIndex);
		});
	}
	if (typeof error === 'object' && error !== null && !isCancelled(context)) nameTasks(error, tasks);
	throw error;
}

/** Adds the tasks that the error does not name yet: nothing paid for may be lost. */
function nameTasks(
	error: { message?: unknown; description?: unknown },
	tasks: ReadonlyMap<number, Task>,
): void {
	const { message, description } = error;
	const known = `${String(message)} ${String(description)}`;
	const named = [...tasks]
		.filter(([, { taskId }]) => !known.includes(taskId))
		.map(([itemIndex, { taskId, model }]) => `[Item ${itemIndex}] task ${taskId} of '${model}'`);
	if (named.length === 0) return;
	const before = typeof description === 'string' && description ? [asSentence(description)] : [];
	setDescription(error, [...before, 'Tasks of this run:', ...named].join('\n'));
}
