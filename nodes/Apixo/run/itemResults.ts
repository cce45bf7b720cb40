import type { IExecuteFunctions, INode, INodeExecutionData } from 'n8n-workflow';

import { toErrorItem, toNodeError, type NodeError } from './errors';
import type { Explanation } from '../../shared/tasks/explain';
import type { TaskOutput } from '../../shared/tasks/output';

const MAX_OTHERS_NAMED = 20;

/** What became of each input item, in their order. */
export class ItemResults {
	private readonly results: Array<INodeExecutionData[] | NodeError | undefined>;

	/** @param goesOnAfterErrors as the user set it for the node */
	constructor(
		private readonly node: INode,
		itemCount: number,
		private readonly goesOnAfterErrors: boolean,
	) {
		this.results = Array.from({ length: itemCount });
	}

	/** For the items of a running node. */
	static of(context: IExecuteFunctions): ItemResults {
		return new ItemResults(
			context.getNode(),
			context.getInputData().length,
			// An agent's call that threw would tell the model nothing, and Retry On Fail would pay anew.
			context.continueOnFail() || context.isToolExecution(),
		);
	}

	succeed(itemIndex: number, items: INodeExecutionData[]): void {
		this.results[itemIndex] = items.map((item) => ({ ...item, pairedItem: { item: itemIndex } }));
	}

	fail(itemIndex: number, cause: Explanation | NodeError): void {
		this.results[itemIndex] =
			cause instanceof Error ? cause : toNodeError(this.node, cause, itemIndex);
	}

	/** The failures so far, by item index. */
	failures(): Array<[itemIndex: number, error: NodeError]> {
		return this.results.flatMap((result, itemIndex) =>
			result instanceof Error ? [[itemIndex, result]] : [],
		);
	}

	get anyFailed(): boolean {
		return this.results.some((result) => result instanceof Error);
	}

	/** One item's failure ends the run: the user chose no way to go on. */
	get mustStop(): boolean {
		return this.anyFailed && !this.goesOnAfterErrors;
	}

	/**
	 * Every item's results; items for those that failed, where the workflow goes on after errors.
	 * @throws NodeError of the first item that failed, where it does not; it names what became of
	 * the others, so that nothing paid for is lost
	 */
	collect(): INodeExecutionData[] {
		const first = this.results.find((result) => result instanceof Error);
		if (first && this.mustStop) throw this.withOthers(first);
		return this.results.flatMap((result, itemIndex) => {
			if (result instanceof Error) return [toErrorItem(this.node, result, itemIndex)];
			return result ?? [];
		});
	}

	private withOthers(error: NodeError): NodeError {
		const others = this.results.flatMap((result, itemIndex) =>
			result === undefined || result === error ? [] : [whatBecameOf(itemIndex, result)],
		);
		if (others.length === 0) return error;
		const named = others.slice(0, MAX_OTHERS_NAMED).map(({ line }) => line);
		const further = others.slice(MAX_OTHERS_NAMED);
		if (further.length > 0) {
			const taskIds = further.flatMap(({ taskId }) => taskId ?? []);
			named.push(`and ${further.length} more, with the tasks ${taskIds.join(', ')}`);
		}
		error.description = [
			error.description,
			"The other items, which 'Retry On Fail' takes up without paying again:",
			...named,
		].join('\n');
		return error;
	}
}

function whatBecameOf(
	itemIndex: number,
	result: INodeExecutionData[] | NodeError,
): { line: string; taskId?: string } {
	if (result instanceof Error) {
		const { taskId } = result.context as { taskId?: string };
		return { line: `[Item ${itemIndex}] ${result.message}`, taskId };
	}
	const outputs = result.map(({ json }) => json as TaskOutput);
	const { taskId, model, state } = outputs[0] ?? {};
	const words = [state, ...outputs.flatMap(({ resultUrls }) => resultUrls)].join(' ');
	return { line: `[Item ${itemIndex}] task ${taskId} of '${model}': ${words}`, taskId };
}
