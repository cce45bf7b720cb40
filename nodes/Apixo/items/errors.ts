import {
	NodeApiError,
	NodeOperationError,
	type IDataObject,
	type IExecuteFunctions,
	type INode,
	type INodeExecutionData,
	type JsonObject,
} from 'n8n-workflow';

import { escapeHtml } from '../../shared/html';
import type { Explanation } from '../../shared/tasks/explain';
import { TASK_FACTS } from '../../shared/tasks/output';

export type NodeError = NodeApiError | NodeOperationError;

/** An explanation as the error that n8n shows, with the task's id in its context. */
export function toNodeError(node: INode, explanation: Explanation, itemIndex?: number): NodeError {
	const { message, httpCode, task, failCode } = explanation;
	const description = punctuated(explanation.description);
	const facts = { ...task, failCode } as JsonObject;
	const error =
		httpCode === undefined
			? new NodeOperationError(node, message, { description, itemIndex })
			: new NodeApiError(node, facts, { message, description, httpCode, itemIndex });
	Object.assign(error.context, facts);
	// n8n replaces a message that contains a code such as ECONNRESET with a sentence of its own,
	// which would not name the task.
	error.message = message;
	setDescription(error, description);
	return error;
}

/** As n8n's texts have it: a period ends several sentences, and none ends a single one. */
function punctuated(text: string): string {
	const hasSeveral = /[.!?] [A-Z']/.test(text);
	return hasSeveral && /[^.!?]$/.test(text) && !text.includes('\n') ? `${text}.` : text;
}

/**
 * Gives an error its description: as plain text for logs, error items and the API of n8n, and as HTML
 * for the editor, which then has line breaks and links. The editor shows the HTML instead of the text.
 */
export function setDescription(
	error: { description?: unknown; context?: unknown },
	description: string,
): void {
	const context = typeof error.context === 'object' ? error.context : {};
	const descriptionTemplate = NEEDS_HTML.test(description) ? asHtml(description) : undefined;
	// A key stands for a text of the editor's own.
	const shown = { ...context, descriptionTemplate, descriptionKey: undefined };
	Object.assign(error, { description, context: shown });
}

/** What the editor would show otherwise than it stands in a plain description. */
const NEEDS_HTML = /[<>&\n]|https:\/\//;

/** Ends before a period or bracket that belongs to the sentence. */
const HTTPS_URL = /(https:\/\/[^\s<>"'`]*[^\s<>"'`.,;:!?)\]])/;

function asHtml(text: string): string {
	const html = text.split(HTTPS_URL).map((part, index) => {
		const shown = escapeHtml(part);
		return index % 2 === 1 ? `<a href="${shown}" target="_blank">${shown}</a>` : shown;
	});
	return html.join('').replaceAll('\n', '<br>');
}

/** Whether a user, or a timeout, has ended the execution. */
export function isCancelled(context: IExecuteFunctions): boolean {
	return context.getExecutionCancelSignal()?.aborted === true;
}

/** What is known of an error of any class, for the item that it belongs to. */
export function toExplanation(error: unknown, task?: Explanation['task']): Explanation {
	const { message, description, httpCode } = (
		typeof error === 'object' && error !== null ? error : {}
	) as Record<string, unknown>;
	const about = task && `The item's task is ${task.taskId} of model '${task.model}'`;
	return {
		message: typeof message === 'string' && message !== '' ? message : thrownAsText(error),
		description: [description, about].filter((part) => typeof part === 'string' && part).join('. '),
		...(typeof httpCode === 'string' && { httpCode }),
		task,
	};
}

/** `String` throws for objects without a usable `toString`. */
function thrownAsText(error: unknown): string {
	const isObject = typeof error === 'object' && error !== null;
	return isObject ? Object.prototype.toString.call(error) : String(error);
}

/** The item that stands for a failed input where the workflow goes on after errors. */
export function toErrorItem(node: INode, error: NodeError, itemIndex: number): INodeExecutionData {
	const context = error.context ?? {};
	const known = [
		...TASK_FACTS.map((name) => [name, context[name]]),
		['description', error.description],
	];
	const facts = Object.fromEntries(
		known.filter(([, value]) => value !== undefined && value !== null),
	) as IDataObject;
	// n8n moves an item to the error output only if it has no other keys than these, and merges it into
	// the input item, whose facts of an earlier task must not be taken for those of this one.
	const pairedItem = { item: itemIndex };
	if (node.onError !== 'continueErrorOutput') {
		return { json: { error: error.message, ...facts }, pairedItem };
	}
	const item: INodeExecutionData = { json: { error: error.message, details: facts }, pairedItem };
	// n8n up to 2.30 does not know `details`, and asks for this. Not enumerable, so that it does not
	// leave the node with the item: a later node that passes it on would send it to its error output.
	return Object.defineProperty(item, 'error', { value: error });
}
