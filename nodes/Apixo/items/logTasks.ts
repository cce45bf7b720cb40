import type { IExecuteFunctions } from 'n8n-workflow';

import type { ItemState, RunState } from '../decisions/state';

/** After a stop, n8n keeps nothing of the node: the log is the only trace of its tasks. */
export function logTasks(context: IExecuteFunctions, { items }: RunState): void {
	const paid = items.flatMap((item) => {
		const text = traceOf(item);
		return text === undefined ? [] : [`item ${item.itemIndex}: ${text}`];
	});
	if (paid.length === 0) return;
	context.logger.warn(
		`Execution ${context.getExecutionId()} ended at node '${context.getNode().name}' without the results of these APIXO tasks: ${paid.join('; ')}`,
	);
}

function traceOf(item: ItemState): string | undefined {
	if (item.status === 'task') return `task ${item.wait.task.taskId} of ${item.wait.task.model}`;
	return item.status === 'sending' ? 'a request whose answer never came' : undefined;
}
