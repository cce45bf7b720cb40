import type { FieldType, INodePropertyOptions, ResourceMapperField } from 'n8n-workflow';

import {
	defaultMode,
	inputsInMode,
	usualModes,
	type InputInMode,
} from '../../shared/models/catalogue';
import type { CatalogueModel, Category, InputType } from '../../shared/models/catalogueSchema';

/** Inputs that are parameters of the node itself, beside the form. */
const nodeParameters = ['mode', 'prompt'];

const spellings: Record<string, string> = {
	and: 'and',
	bbox: 'BBox',
	bgm: 'BGM',
	cfg: 'CFG',
	gpt: 'GPT',
	hd: 'HD',
	id: 'ID',
	jpeg: 'JPEG',
	jpg: 'JPG',
	lora: 'LoRA',
	loras: 'LoRAs',
	png: 'PNG',
	to: 'to',
	url: 'URL',
	urls: 'URLs',
};

/** `image_urls` to `Image URLs`, `customMode` to `Custom Mode`, `V4_5` to `V4.5`. */
function titleCase(name: string): string {
	return name
		.replace(/(\d)_(?=\d)/g, '$1.')
		.replace(/([a-z])([A-Z])(?=[a-z])/g, '$1 $2')
		.split(/[-_ ]+/)
		.map((word) => spellings[word.toLowerCase()] ?? word.charAt(0).toUpperCase() + word.slice(1))
		.join(' ');
}

function span(min: number | undefined, max: number | undefined): string | undefined {
	if (min !== undefined && max !== undefined) {
		return min === max ? `${min}` : min < 0 ? `${min} to ${max}` : `${min}–${max}`;
	}
	if (max !== undefined) return `up to ${max}`;
	return min !== undefined ? `at least ${min}` : undefined;
}

const unitSymbols = { seconds: 's' };

function numberSpan({ enum: values, min, max, unit }: InputInMode): string | undefined {
	const range = values ? undefined : span(min, max);
	if (unit === undefined) return range;
	return range === undefined ? unit : `${range} ${unitSymbols[unit]}`;
}

function textSpan({ enum: values, maxLength }: InputInMode): string | undefined {
	return values || maxLength === undefined ? undefined : `up to ${maxLength} characters`;
}

function listSpan({ type, minItems, maxItems }: InputInMode): string | undefined {
	switch (type) {
		case 'url[]':
			return maxItems === 1 ? 'one' : span(maxItems && (minItems ?? 1), maxItems);
		case 'array':
		case 'object[]':
			return maxItems === undefined ? 'JSON' : `JSON, ${span(minItems, maxItems)}`;
		default:
			return undefined;
	}
}

/**
 * A resource mapper field has no description, so its label carries the limits. The editor cuts it
 * off after 20 to 28 characters: what is needed most comes first.
 */
function label(input: InputInMode): string {
	const notes = [
		numberSpan(input),
		input.step === undefined ? undefined : `steps of ${input.step}`,
		textSpan(input),
		listSpan(input),
		isPrefilled(input) || input.default === undefined ? undefined : `default ${input.default}`,
		input.example === undefined ? undefined : `e.g. ${input.example}`,
		input.deprecated ? 'deprecated' : undefined,
	].filter((note) => note !== undefined);
	const name = titleCase(input.name) + (isRequired(input) ? ' *' : '');
	return name + (notes.length ? ` (${notes.join(', ')})` : '');
}

/**
 * The editor's control for an input. URLs are text, not `array`: n8n refuses a text such as
 * `https://a.example/1.png, https://a.example/2.png` for `array` before this node sees it.
 */
function fieldType(input: InputInMode): FieldType {
	if (optionsOf(input)) return 'options';
	const types: Record<InputType, FieldType> = {
		string: 'string',
		integer: 'number',
		number: 'number',
		boolean: 'boolean',
		'url[]': 'string',
		'object[]': 'array',
		array: 'array',
	};
	return types[input.type];
}

/**
 * The values to choose from, where an input has such. An optional boolean has them too, since the
 * editor's switch knows no third state: it stores `false` for what nobody set.
 */
function optionsOf(input: InputInMode): INodePropertyOptions[] | undefined {
	if (input.enum) return input.enum.map(option);
	return input.type === 'boolean' && !input.required ? [option(true), option(false)] : undefined;
}

function option(value: string | number | boolean): INodePropertyOptions {
	const isWord = /^[a-z]+$/.test(String(value));
	return { name: isWord ? titleCase(String(value)) : String(value), value };
}

/**
 * Whether the form opens with a value: a required input shows what will be sent. No other default
 * is filled in, since the form sends what it holds, and the API has its defaults itself.
 */
function isPrefilled(input: InputInMode): boolean {
	return input.required && (input.default !== undefined || input.type === 'boolean');
}

/**
 * Where APIXO calls an input required and names a default too, the form shows the default and
 * lets the user remove it.
 */
function isRequired(input: InputInMode): boolean {
	return input.required && input.doubtful?.required === undefined;
}

/**
 * n8n runs no node with an empty field that must be filled. Media may also come from the item's
 * files, so that only this node can tell whether they are missing.
 */
function mustBeFilled(input: InputInMode): boolean {
	return isRequired(input) && input.type !== 'url[]';
}

/** Inputs that should rather not be used are there once the user adds them. */
function isHiddenAtFirst(input: InputInMode): boolean {
	return input.deprecated === true || input.doubtful?.input !== undefined;
}

function formField(input: InputInMode): ResourceMapperField {
	const options = optionsOf(input);
	return {
		id: input.name,
		displayName: label(input),
		type: fieldType(input),
		required: mustBeFilled(input),
		display: true,
		removed: isHiddenAtFirst(input),
		defaultMatch: false,
		canBeUsedToMatch: false,
		...(options ? { options } : {}),
		...(isPrefilled(input) ? { defaultValue: input.default ?? false } : {}),
	};
}

/** The inputs that a form shows for a model and mode: those that apply, required ones first. */
function inputsOfForm(model: CatalogueModel, mode: string | undefined): InputInMode[] {
	const shown = inputsInMode(model, mode).filter(
		(input) => input.applies && !nodeParameters.includes(input.name),
	);
	return [...shown.filter((input) => input.required), ...shown.filter((input) => !input.required)];
}

/** The form of a model and mode, as n8n's resource mapper wants it; `mode` and `prompt` apart. */
export function formFields(
	model: CatalogueModel | undefined,
	mode: string | undefined,
): ResourceMapperField[] {
	return model ? inputsOfForm(model, mode).map(formField) : [];
}

/** What the form says while no model is chosen. */
export const NO_MODEL_NOTICE = 'Choose a model to see its inputs';

const PRODUCTS: Record<Category, string> = { image: 'images', video: 'videos', audio: 'audio' };

/** What to say of a model that makes something else than the node's resource says. */
export function otherCategoryNotice(
	model: CatalogueModel | undefined,
	resource: Category | undefined,
): string | undefined {
	if (!model || !resource || model.category === resource) return undefined;
	return (
		`${model.title} makes ${PRODUCTS[model.category]}, but 'Resource' is ${titleCase(resource)}. ` +
		`Choose another model, or set 'Resource' to ${titleCase(model.category)}.`
	);
}

/** What the form says where it has no field. */
export function emptyFieldsNotice(model: CatalogueModel | undefined): string {
	if (model && model.inputs.length > 0) {
		return `${model.title} takes no further inputs in this mode.`;
	}
	const docsUrl = model?.sourceUrl ?? 'https://apixo.ai/docs';
	return (
		'The inputs of this model are not in the catalogue. If it needs more than mode and prompt, ' +
		"set 'Specify Input' to 'Using JSON' and name them as " +
		`<a href="${docsUrl}" target="_blank">APIXO's docs</a> do.`
	);
}

/** The only entry in the list of modes while no model is chosen. */
export const NO_MODEL_MODE: INodePropertyOptions = { name: 'Choose a Model First', value: '' };

/**
 * The modes of a model with names for people; the description says what the mode needs. Where a
 * mode need not be chosen, the first entry is to choose none: without it the editor takes an empty
 * field for a mistake.
 */
export function modeOptions(
	model: CatalogueModel | undefined,
	category: Category | undefined,
): INodePropertyOptions[] {
	if (!model || model.modes.length === 0) {
		return [
			{ name: 'None', value: '', description: 'The modes of this model are not in the catalogue' },
			...usualModes(category).map((mode) => ({
				name: titleCase(mode),
				value: mode,
				description: `Most ${category} models have it`,
			})),
		];
	}
	const unset = defaultMode(model);
	return [
		...(unset === undefined ? [] : [{ name: `Default (${titleCase(unset)})`, value: '' }]),
		...model.modes.map((mode) => modeOption(model, mode)),
	];
}

function modeOption(model: CatalogueModel, mode: string): INodePropertyOptions {
	const needed = inputsInMode(model, mode)
		.filter((input) => isRequired(input) && !nodeParameters.includes(input.name))
		.map((input) => titleCase(input.name));
	return {
		name: titleCase(mode),
		value: mode,
		...(needed.length ? { description: `Needs ${needed.join(', ')}` } : {}),
	};
}

function parsedJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

/** A JSON list, or addresses apart by new lines, commas or spaces; a comma within one stays. */
function toUrls(value: unknown): unknown {
	if (typeof value !== 'string') return value;
	const list = parsedJson(value);
	if (Array.isArray(list)) return list;
	return value
		.split(/\r?\n|[\s,]+(?=https?:\/\/)/i)
		.map((address) => address.trim().replace(/,$/, ''))
		.filter((address) => address !== '');
}

function toList(value: unknown): unknown {
	const list = typeof value === 'string' ? parsedJson(value) : undefined;
	return Array.isArray(list) ? list : value;
}

function toNumber(value: unknown): unknown {
	const isNumeric = typeof value === 'string' && value.trim() !== '' && isFinite(Number(value));
	return isNumeric ? Number(value) : value;
}

function toBoolean(value: unknown): unknown {
	const text = String(value).trim().toLowerCase();
	return text === 'true' ? true : text === 'false' ? false : value;
}

function toText(value: unknown): unknown {
	return typeof value === 'number' ? String(value) : value;
}

const conversions: Record<InputType, (value: unknown) => unknown> = {
	string: toText,
	integer: toNumber,
	number: toNumber,
	boolean: toBoolean,
	'url[]': toUrls,
	'object[]': toList,
	array: toList,
};

/**
 * What the resource mapper delivers, as it is sent: unset fields (null, undefined, empty text) are
 * left out, texts become the lists, numbers and booleans that the catalogue says. A value that
 * cannot be converted, and an input that the catalogue does not know, stay as they are.
 */
export function coerceFormValues(
	model: CatalogueModel | undefined,
	values: Record<string, unknown>,
): Record<string, unknown> {
	const types = new Map(model?.inputs.map((input) => [input.name, input.type]));
	const entries = Object.entries(values)
		.filter(([, value]) => value !== null && value !== undefined && value !== '')
		.map(([name, value]) => {
			const type = types.get(name);
			return [name, type ? conversions[type](value) : value];
		});
	return Object.fromEntries(entries) as Record<string, unknown>;
}
