import type { IBinaryKeyData, IExecuteFunctions, INode, INodeExecutionData } from 'n8n-workflow';

import { isCalledByAgent } from '../../shared/n8n/executionData';
import type { Explanation } from '../../shared/tasks/explain';
import type { TaskOutput } from '../../shared/tasks/output';
import { setDescription, toErrorItem, toNodeError, type NodeError } from './errors';

const MAX_OTHERS_NAMED = 20;

type ItemResult =
	| { items: INodeExecutionData[]; about?: TaskOutput }
	| { error: NodeError; explanation: Explanation; binary?: IBinaryKeyData };

/** What became of each input item, in their order. */
export class ItemResults {
	private readonly results: Array<ItemResult | undefined>;

	/** @param goesOnAfterErrors as the user set it for the node */
	constructor(
		private readonly node: INode,
		itemCount: number,
		readonly goesOnAfterErrors: boolean,
	) {
		this.results = Array.from({ length: itemCount });
	}

	/** For the items of a running node. */
	static of(context: IExecuteFunctions): ItemResults {
		return new ItemResults(
			context.getNode(),
			context.getInputData().length,
			goesOnAfterErrors(context),
		);
	}

	/** @param about the task whose output the items are */
	succeed(itemIndex: number, items: INodeExecutionData[], about?: TaskOutput): void {
		const paired = items.map((item) => ({ ...item, pairedItem: { item: itemIndex } }));
		this.results[itemIndex] = { items: paired, about };
	}

	/** @param binary files of the task that are kept nevertheless */
	fail(itemIndex: number, explanation: Explanation, binary?: IBinaryKeyData): void {
		const error = toNodeError(this.node, explanation, itemIndex);
		this.results[itemIndex] = { error, explanation, binary };
	}

	get anyFailed(): boolean {
		return this.results.some((result) => result && 'error' in result);
	}

	/**
	 * Every item's results; items for those that failed, where the workflow goes on after errors.
	 * @throws NodeError of the first item that failed, where it does not; it names what became of
	 * the others, so that nothing paid for is lost
	 */
	collect(): INodeExecutionData[] {
		const failed = this.results.findIndex((result) => result && 'error' in result);
		if (failed >= 0 && !this.goesOnAfterErrors) throw this.errorWithOthers(failed);
		return this.results.flatMap((result, itemIndex) => {
			if (!result) return [];
			if ('items' in result) return result.items;
			const item = toErrorItem(this.node, result.error, itemIndex);
			if (result.binary) item.binary = result.binary;
			return [item];
		});
	}

	private errorWithOthers(itemIndex: number): NodeError {
		const { error } = this.results[itemIndex] as Extract<ItemResult, { error: NodeError }>;
		const others = this.results.flatMap((result, index) =>
			result === undefined || index === itemIndex ? [] : [lineOf(result, index)],
		);
		if (others.length === 0) return error;
		const named = others.slice(0, MAX_OTHERS_NAMED).map(({ line }) => line);
		const further = others.slice(MAX_OTHERS_NAMED);
		if (further.length > 0) {
			const taskIds = further.flatMap(({ taskId }) => taskId ?? []);
			named.push(`and ${further.length} more, with the tasks ${taskIds.join(', ')}`);
		}
		const description = [
			...(error.description ? [asSentence(error.description)] : []),
			"Other items of this run ('Retry On Fail' keeps those that are done, and waits for those that are running):",
			...named,
		].join('\n');
		setDescription(error, description);
		return error;
	}
}

/** So that it can be told from what follows: n8n shows a description without its line breaks. */
export function asSentence(text: string): string {
	return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** An agent's call that threw would tell the model nothing, and Retry On Fail would pay again. */
export function goesOnAfterErrors(context: IExecuteFunctions): boolean {
	return context.continueOnFail() || isCalledByAgent(context);
}

function lineOf(result: ItemResult, itemIndex: number): { line: string; taskId?: string } {
	if ('error' in result) {
		return {
			line: `[Item ${itemIndex}] ${result.explanation.message}`,
			taskId: result.explanation.task?.taskId,
		};
	}
	if (!result.about) return { line: `[Item ${itemIndex}] done` };
	const { taskId, model, state, resultUrls } = result.about;
	return {
		line: `[Item ${itemIndex}] task ${taskId} of '${model}': ${[state, ...resultUrls].join(' ')}`,
		taskId,
	};
}
