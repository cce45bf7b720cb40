import {
	NodeApiError,
	NodeOperationError,
	type IDataObject,
	type INode,
	type INodeExecutionData,
	type JsonObject,
} from 'n8n-workflow';

import type { Explanation } from '../../shared/tasks/explain';

export type NodeError = NodeApiError | NodeOperationError;

/** An explanation as the error that n8n shows, with the task's id in its context. */
export function toNodeError(node: INode, explanation: Explanation, itemIndex?: number): NodeError {
	const { message, description, httpCode, task, failCode } = explanation;
	const facts = { ...task, failCode } as JsonObject;
	const error =
		httpCode === undefined
			? new NodeOperationError(node, message, { description, itemIndex })
			: new NodeApiError(node, facts, { message, description, httpCode, itemIndex });
	Object.assign(error.context, facts);
	// n8n puts a sentence of its own in place of a message that contains a code such as ECONNRESET;
	// that sentence would not name the task.
	error.message = message;
	return error;
}

/** The item that stands for a failed input where the workflow goes on after errors. */
export function toErrorItem(node: INode, error: NodeError, itemIndex: number): INodeExecutionData {
	const { taskId, model, state, resultUrls, failCode } = error.context as IDataObject;
	const facts = Object.fromEntries(
		Object.entries({
			taskId,
			model,
			state,
			resultUrls,
			failCode,
			description: error.description,
		}).filter(([, value]) => value !== undefined && value !== null),
	);
	// n8n moves an item to the error output only if it has no other keys than these.
	const json: IDataObject =
		node.onError === 'continueErrorOutput'
			? { error: error.message, details: facts }
			: { error: error.message, ...facts };
	return { json, pairedItem: { item: itemIndex } };
}
