import type { INodeProperties } from 'n8n-workflow';

import type { CatalogueModel } from '../../shared/models/catalogueTypes';
import { categoryEntry, type Category } from '../../shared/models/categories';
import { DOCS_URL } from '../../shared/pages';

/** A text in the panel, under these conditions. */
export function notice(
	name: string,
	displayName: string,
	displayOptions: INodeProperties['displayOptions'],
): INodeProperties {
	return { displayName, name, type: 'notice', default: '', displayOptions };
}

/** What the form says while no model is chosen. */
export const NO_MODEL_NOTICE = 'Choose a model to see its inputs';

/** What to say of a model that generates something else than the node's resource says. */
export function otherCategoryNotice(
	model: CatalogueModel | undefined,
	resource: Category | undefined,
): string | undefined {
	if (!model || !resource || model.category === resource) return undefined;
	const { name, plural } = categoryEntry(model.category);
	return (
		`${model.title} generates ${plural}, but 'Resource' is '${categoryEntry(resource).name}'. ` +
		`Choose another model, or set 'Resource' to '${name}'.`
	);
}

/** What the form says where it has no field. */
export function emptyFieldsNotice(model: CatalogueModel | undefined): string {
	if (model && model.inputs.length > 0) return `${model.title} has no other inputs in this mode`;
	return (
		"The node doesn't know this model's inputs. If it needs more than a mode and a prompt, " +
		"set 'Specify Input' to 'Using JSON' and use the names from " +
		`<a href="${model?.sourceUrl ?? DOCS_URL}" target="_blank">APIXO's docs</a>.`
	);
}
