import type { INodePropertyOptions } from 'n8n-workflow';

import { defaultMode, isPlainlyRequired, usualModes } from '../../shared/models/catalogue';
import type { CatalogueModel } from '../../shared/models/catalogueTypes';
import type { Category } from '../../shared/models/categories';
import { inputLabel, titleCase } from '../../shared/models/labels';
import { inputsOfForm } from './fields';

/**
 * Stands for "none chosen". Always an entry of the list: the editor keeps showing the label of an
 * entry that vanishes, and marks an empty field without one as a mistake.
 */
const NONE_CHOSEN: INodePropertyOptions = { name: 'Choose a Mode', value: '' };

/** The only entry in the list of modes while no model is chosen. */
export const NO_MODEL_MODE: INodePropertyOptions = {
	...NONE_CHOSEN,
	description: 'Choose a model to see its modes',
};

/**
 * The modes of a model with names for people; the description says what the mode needs. The first
 * entry is to choose none.
 */
export function modeOptions(
	model: CatalogueModel | undefined,
	category: Category | undefined,
): INodePropertyOptions[] {
	if (!model || model.modes.length === 0) {
		return [
			{ name: 'None', value: '', description: "The node doesn't know the modes of this model" },
			...usualModes(category).map((mode) => ({
				name: titleCase(mode),
				value: mode,
				description: `Supported by most ${category} models`,
			})),
		];
	}
	const unset = defaultMode(model);
	return [
		unset === undefined ? NONE_CHOSEN : { name: `Default (${titleCase(unset)})`, value: '' },
		...model.modes.map((mode) => modeOption(model, mode)),
	];
}

function modeOption(model: CatalogueModel, mode: string): INodePropertyOptions {
	const required = inputsOfForm(model, mode).filter(isPlainlyRequired).map(inputLabel);
	return {
		name: titleCase(mode),
		value: mode,
		...(required.length > 0 && { description: `Requires ${required.join(', ')}` }),
	};
}
