import type { INodeProperties } from 'n8n-workflow';

import { allModels } from '../../shared/models/catalogue';
import type { CatalogueModel, ModelInput } from '../../shared/models/catalogueTypes';
import { inputLabel, valueLabel } from '../../shared/models/labels';
import { limitNotes, NODE_PARAMETERS } from './fields';
import { notice } from './notices';

/**
 * Whether to show what the chosen model's inputs mean, where that is known; a form's fields have no
 * descriptions.
 */
export const explainInputsParameter: INodeProperties = {
	displayName: 'Explain Inputs',
	name: 'explainInputs',
	type: 'boolean',
	noDataExpression: true,
	default: false,
	description: 'Whether to list what the inputs of the chosen model mean',
	displayOptions: {
		show: {
			'/model.mode': ['list'],
			model: allModels()
				.filter((model) => inputDescriptions(model) !== undefined)
				.map(({ id }) => id),
		},
	},
};

/**
 * What each input of a model means, as HTML for a notice; undefined where the catalogue does not
 * know its inputs.
 */
export function inputDescriptions({ inputs }: CatalogueModel): string | undefined {
	const entries = inputs
		.filter(({ name }) => !NODE_PARAMETERS.includes(name))
		.map((input) => `<li>${inputLabel(input)} (${input.name}): ${describe(input)}</li>`);
	return entries.length > 0 ? `<ul>${entries.join('')}</ul>` : undefined;
}

function describe(input: ModelInput): string {
	const { description, enum: values = [], type, maxItems } = input;
	const readable = values.reduce<string>(
		(text, value) =>
			/^[A-Z]+(_[A-Z0-9]+)+$/.test(String(value))
				? text.replaceAll(String(value), valueLabel(value))
				: text,
		description,
	);
	// The description says the unit.
	const notes = limitNotes(input).filter((note) => note !== input.unit);
	const known = notes.length > 0 ? `${readable} (${notes.join(', ')})` : readable;
	return type === 'url[]' && maxItems !== 1
		? `${known}. Separate multiple URLs with commas.`
		: known;
}

/** One notice for each model whose inputs are known, shown while it is chosen and the user asks. */
export function inputNotices(): INodeProperties[] {
	return allModels().flatMap((model, index) => {
		const html = inputDescriptions(model);
		if (html === undefined) return [];
		const show = {
			explainInputs: [true],
			resource: [model.category],
			'/model.mode': ['list'],
			model: [model.id],
		};
		return [notice(`inputNotice${index}`, html, { show })];
	});
}
