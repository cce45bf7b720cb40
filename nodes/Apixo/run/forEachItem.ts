import {
	NodeApiError,
	NodeOperationError,
	type IExecuteFunctions,
	type INodeExecutionData,
} from 'n8n-workflow';

import { forEachIndex } from '../../shared/tasks/concurrency';
import { ItemResults } from './itemResults';

const DEFAULT_CONCURRENCY = 100;

/**
 * Works on every item, up to `limit` at once, and collects what came of them.
 * A node error that `work` throws is that item's; anything else (a cancelled run) ends all.
 */
export async function forEachItem(
	context: IExecuteFunctions,
	work: (itemIndex: number, results: ItemResults) => Promise<void>,
	limit = DEFAULT_CONCURRENCY,
): Promise<INodeExecutionData[]> {
	const results = ItemResults.of(context);
	await forEachIndex(context.getInputData().length, limit, async (itemIndex) => {
		try {
			await work(itemIndex, results);
		} catch (error) {
			if (error instanceof NodeApiError || error instanceof NodeOperationError) {
				return results.fail(itemIndex, error);
			}
			await Promise.reject(error);
		}
	});
	return results.collect();
}
