import type {
	IExecuteFunctions,
	INodeExecutionData,
	INodeProperties,
	INodePropertyOptions,
} from 'n8n-workflow';

import { explainCallFailure } from '../../../shared/tasks/explain';
import { forEachItem } from '../../items/forEachItem';
import { openReadSession } from '../../run/session';

export const operation: INodePropertyOptions = {
	name: 'Get Balance',
	value: 'getBalance',
	description: 'Get the remaining balance of the account in USD',
	action: 'Get account balance',
};

export const description: INodeProperties[] = [];

/** `{ balance, currency: 'USD' }` for each item; the API is asked once. */
export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const { client, latestMs } = await openReadSession(this);
	const answer = await client.getBalance(latestMs);
	return await forEachItem(this, async (itemIndex, results) => {
		if (answer.ok)
			results.succeed(itemIndex, [{ json: { balance: answer.value, currency: 'USD' } }]);
		else results.fail(itemIndex, explainCallFailure(answer.error));
	});
}
