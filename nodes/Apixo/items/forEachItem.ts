import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { mapAll } from '../../shared/tasks/concurrency';
import { isCancelled, toExplanation } from './errors';
import { ItemResults } from './itemResults';

const MAX_CONCURRENCY = 100;

/**
 * Works on every item, 100 at once, and collects what came of them. Errors of any class become the
 * item's result; only cancellation ends the whole run.
 */
export async function forEachItem(
	context: IExecuteFunctions,
	work: (itemIndex: number, results: ItemResults) => Promise<void>,
): Promise<INodeExecutionData[]> {
	const results = ItemResults.of(context);
	await mapAll(
		context.getInputData(),
		async (_, itemIndex) => {
			await work(itemIndex, results).catch((error: unknown) => {
				if (isCancelled(context)) throw error;
				results.fail(itemIndex, toExplanation(error));
			});
		},
		MAX_CONCURRENCY,
	);
	return results.collect();
}
