import type {
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
	INodePropertyOptions,
} from 'n8n-workflow';
import { z } from 'zod/v4';

import { valueOf } from '../../../shared/inputError';
import { modelsOfCategory, allModels } from '../../../shared/models/catalogue';
import { catalogueItem } from '../../../shared/models/catalogueItem';
import { CATEGORIES, isCategory } from '../../../shared/models/categories';
import { forEachItem } from '../../items/forEachItem';
import { checkOptions, must, numeric } from '../../options/parseOptions';
import { shownFor } from '../../options/shownFor';

export const operation: INodePropertyOptions = {
	name: 'Get Many',
	value: 'getAll',
	description: 'Get a list of models with their modes, inputs and limits',
	action: 'Get many models',
};

export const description = shownFor({ resource: ['model'], operation: ['getAll'] }, [
	{
		displayName: 'Category',
		name: 'category',
		type: 'options',
		options: [
			{ name: 'All', value: 'all' },
			...CATEGORIES.map(({ name, value }) => ({ name, value })),
		],
		default: 'all',
		description: 'Which models to list',
	},
	{
		displayName: 'Return All',
		name: 'returnAll',
		type: 'boolean',
		default: true,
		description: 'Whether to return all results or only up to a given limit',
	},
	{
		displayName: 'Limit',
		name: 'limit',
		type: 'number',
		typeOptions: { minValue: 1 },
		default: 50,
		description: 'Max number of results to return',
		displayOptions: { show: { returnAll: [false] } },
	},
]);

const LIMIT_ERROR = must('Limit', 'a whole number of at least 1');
const limitSchema = z.lazy(() =>
	z.object({ limit: numeric(z.int(LIMIT_ERROR).min(1, LIMIT_ERROR)) }),
);

function readLimit(context: IExecuteFunctions, itemIndex: number): number {
	const limit = context.getNodeParameter('limit', itemIndex, 50) as IDataObject[string];
	return valueOf(checkOptions(limitSchema, { limit })).limit;
}

/** One output item for each model of the category; bundled data, no call to APIXO. */
export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[]> {
	return await forEachItem(this, async (itemIndex, results) => {
		const category = this.getNodeParameter('category', itemIndex, 'all');
		const models = isCategory(category) ? modelsOfCategory(category) : allModels();
		const limit = this.getNodeParameter('returnAll', itemIndex, true)
			? models.length
			: readLimit(this, itemIndex);
		results.succeed(
			itemIndex,
			models.slice(0, limit).map((model) => ({ json: { ...catalogueItem(model) } })),
		);
	});
}
