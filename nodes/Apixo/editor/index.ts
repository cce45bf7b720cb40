import type {
	ILoadOptionsFunctions,
	INodeListSearchItems,
	INodeListSearchResult,
	INodePropertyOptions,
	ResourceMapperFields,
} from 'n8n-workflow';

import { defaultMode, filterModels, findModel } from '../../shared/models/catalogue';
import type { CatalogueModel } from '../../shared/models/catalogueTypes';
import { isCategory, type Category } from '../../shared/models/categories';
import { DOCS_URL } from '../../shared/pages';
import { formFields } from './fields';
import { knownModels } from './knownModels';
import { modeOptions, NO_MODEL_MODE } from './modes';
import { emptyFieldsNotice, NO_MODEL_NOTICE, otherCategoryNotice } from './notices';

/** The models of the chosen resource, or all where the resource is no category. */
export async function searchModels(
	this: ILoadOptionsFunctions,
	filter?: string,
): Promise<INodeListSearchResult> {
	const chosen = chosenCategory(this);
	const models = (await knownModels(this)).filter(
		({ category }) => chosen === undefined || category === chosen,
	);
	const found = filterModels(models, filter);
	return {
		results: [...found.filter(hasForm), ...found.filter((model) => !hasForm(model))].map(listEntry),
	};
}

function hasForm({ inputs }: CatalogueModel): boolean {
	return inputs.length > 0;
}

/** A model without a form says so. `linkAlt`, the link's tooltip, is missing in n8n's types. */
function listEntry(model: CatalogueModel): INodeListSearchItems {
	const { id, title, price, sourceUrl } = model;
	const link = sourceUrl ? "Open the model's page" : "Open APIXO's docs";
	return {
		name: hasForm(model) ? title : `${title} (inputs as JSON)`,
		value: id,
		url: sourceUrl ?? DOCS_URL,
		...{ linkAlt: [price, link].filter(Boolean).join('. ') },
	};
}

/** The modes of the chosen model, or the usual ones where the catalogue does not know them. */
export async function getModes(this: ILoadOptionsFunctions): Promise<INodePropertyOptions[]> {
	const id = chosenModelId(this);
	if (id === '') return [NO_MODEL_MODE];
	return modeOptions(findModel(id), chosenCategory(this));
}

/** The form of the chosen model and mode. */
export async function getInputFields(this: ILoadOptionsFunctions): Promise<ResourceMapperFields> {
	const id = chosenModelId(this);
	if (id === '') return { fields: [], emptyFieldsNotice: NO_MODEL_NOTICE };
	const model = findModel(id);
	const notice = otherCategoryNotice(model, chosenCategory(this));
	if (notice) return { fields: [], emptyFieldsNotice: notice };
	const mode = this.getCurrentNodeParameter('mode');
	const fields = formFields(model, typeof mode === 'string' && mode ? mode : defaultMode(model));
	return { fields, ...(fields.length === 0 && { emptyFieldsNotice: emptyFieldsNotice(model) }) };
}

function chosenCategory(context: ILoadOptionsFunctions): Category | undefined {
	const resource = context.getCurrentNodeParameter('resource');
	return isCategory(resource) ? resource : undefined;
}

/** Empty while none is chosen. */
function chosenModelId(context: ILoadOptionsFunctions): string {
	const id = context.getCurrentNodeParameter('model', { extractValue: true });
	return typeof id === 'string' ? id.trim() : '';
}
