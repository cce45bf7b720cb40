import type { INodePropertyOptions } from 'n8n-workflow';

import {
	defaultMode,
	inputsInMode,
	isPlainlyRequired,
	usualModes,
} from '../../shared/models/catalogue';
import type { CatalogueModel } from '../../shared/models/catalogueTypes';
import type { Category } from '../../shared/models/categories';
import { inputLabel, titleCase } from '../../shared/models/labels';
import { inputsOfForm } from './fields';
import { priceOfMode } from './modelFacts';

/**
 * Stands for "none chosen". Always an entry of the list: the editor keeps showing the label of an
 * entry that vanishes, and marks an empty field without one as a mistake.
 */
const AUTOMATIC: INodePropertyOptions = { name: 'Automatic', value: '' };

/** The only entry in the list of modes while no model is chosen. */
export const NO_MODEL_MODE: INodePropertyOptions = {
	...AUTOMATIC,
	description: 'Choose a model to see its modes',
};

/**
 * The modes of a model with names for people; the description says what the mode needs and costs.
 * The first entry is to choose none.
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
	return [unsetOption(model), ...model.modes.map((mode) => modeOption(model, mode))];
}

/**
 * The mode to send where the user chose none: the API's default, if it has one; else the first that
 * takes all media that were given and requires no others. Where none does, the first one, whose
 * missing inputs are then named.
 * @param input what is sent besides the mode
 */
export function automaticMode(
	model: CatalogueModel | undefined,
	input: Record<string, unknown>,
): string | undefined {
	if (!model) return undefined;
	return (
		defaultMode(model) ?? model.modes.find((mode) => suits(model, mode, input)) ?? model.modes[0]
	);
}

function suits(model: CatalogueModel, mode: string, input: Record<string, unknown>): boolean {
	const given = (name: string) => isGiven(input[name]);
	// Of some models it is not known which modes take media, but the names of the modes tell.
	if (mode.includes('image-to-') && !given('image_urls')) return false;
	if (mode.includes('text-to-') && (given('image_urls') || given('video_urls'))) return false;
	return inputsInMode(model, mode)
		.filter(({ type }) => type === 'url[]')
		.every((media) => (given(media.name) ? media.applies : !media.required));
}

function isGiven(value: unknown): boolean {
	return value !== undefined && value !== null && value !== '' && String(value) !== '';
}

function unsetOption(model: CatalogueModel): INodePropertyOptions {
	const unset = defaultMode(model);
	if (unset !== undefined) {
		return { ...modeOption(model, unset), name: `Default (${titleCase(unset)})`, value: '' };
	}
	const [first] = model.modes;
	const withImage = automaticMode(model, { image_urls: ['given'] });
	const withoutMedia = automaticMode(model, {}) ?? first;
	const description =
		withImage === undefined || withImage === withoutMedia
			? titleCase(withoutMedia)
			: `${titleCase(withoutMedia)}, or ${titleCase(withImage)} when image URLs are given`;
	return { ...AUTOMATIC, description };
}

function modeOption(model: CatalogueModel, mode: string): INodePropertyOptions {
	const required = inputsOfForm(model, mode).filter(isPlainlyRequired).map(inputLabel);
	const facts = [
		required.length > 0 ? `Requires ${required.join(', ')}` : undefined,
		priceOfMode(model, mode),
	].filter((fact) => fact !== undefined);
	return {
		name: titleCase(mode),
		value: mode,
		...(facts.length > 0 && { description: facts.join('. ') }),
	};
}
