import type {
	ILoadOptionsFunctions,
	INodeListSearchResult,
	INodePropertyOptions,
	ResourceMapperFields,
} from 'n8n-workflow';

import * as catalogue from '../../shared/models/catalogue';
import { emptyFieldsNotice, formFields, modeOptions } from '../../shared/models/form';
import { categories, type Category } from '../../shared/models/schema';
import { knownModels } from './knownModels';

/** The models of the chosen resource, or all where the resource is no category. */
export async function searchModels(
	this: ILoadOptionsFunctions,
	filter?: string,
): Promise<INodeListSearchResult> {
	const resource = this.getCurrentNodeParameter('resource');
	const models = (await knownModels(this)).filter(
		({ category }) => !categories.includes(resource as Category) || category === resource,
	);
	return {
		results: catalogue.searchModels(models, filter).map(({ id, title, sourceUrl }) => ({
			name: title,
			value: id,
			...(sourceUrl && { url: sourceUrl }),
		})),
	};
}

/** The modes of the chosen model; none where the catalogue knows none. */
export async function getModes(this: ILoadOptionsFunctions): Promise<INodePropertyOptions[]> {
	return modeOptions(chosenModel(this));
}

/** The form of the chosen model and mode. */
export async function getInputFields(this: ILoadOptionsFunctions): Promise<ResourceMapperFields> {
	const model = chosenModel(this);
	const mode = this.getCurrentNodeParameter('mode');
	const fields = formFields(
		model,
		typeof mode === 'string' && mode ? mode : catalogue.defaultMode(model),
	);
	return { fields, ...(fields.length === 0 && { emptyFieldsNotice: emptyFieldsNotice(model) }) };
}

function chosenModel(context: ILoadOptionsFunctions) {
	const id = context.getCurrentNodeParameter('model', { extractValue: true });
	return typeof id === 'string' ? catalogue.findModel(id) : undefined;
}
