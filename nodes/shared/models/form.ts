import type { FieldType, INodePropertyOptions, ResourceMapperField } from 'n8n-workflow';

import { inputsInMode, type InputInMode } from './catalogue';
import type { CatalogueModel, InputType } from './schema';

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

function textSpan({ maxLength }: InputInMode): string | undefined {
	return maxLength === undefined ? undefined : `up to ${maxLength} characters`;
}

function listSpan({ type, minItems, maxItems }: InputInMode): string | undefined {
	const count = span(minItems, maxItems);
	switch (type) {
		case 'url[]':
			return maxItems === 1 ? 'one URL' : `${count ? `${count} ` : ''}URLs, separated by commas`;
		case 'array':
		case 'object[]':
			return count ? `JSON, ${count} entries` : 'JSON';
		default:
			return undefined;
	}
}

/** A resource mapper field has no description, so its label carries the limits. */
function label(input: InputInMode): string {
	const notes = [
		input.unit,
		input.enum ? undefined : span(input.min, input.max),
		input.step === undefined ? undefined : `steps of ${input.step}`,
		input.enum ? undefined : textSpan(input),
		listSpan(input),
		isPrefilled(input) || input.default === undefined ? undefined : `default ${input.default}`,
		input.example === undefined ? undefined : `e.g. ${input.example}`,
		input.deprecated ? 'deprecated' : undefined,
	].filter((note) => note !== undefined);
	return titleCase(input.name) + (notes.length ? ` (${notes.join(', ')})` : '');
}

/**
 * The editor's control for an input. URLs are text, not `array`: n8n refuses a text such as
 * `https://a.example/1.png, https://a.example/2.png` for `array` before this node sees it.
 */
function fieldType(input: InputInMode): FieldType {
	if (input.enum) return 'options';
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

function option(value: string | number): INodePropertyOptions {
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
function isRequiredInForm(input: InputInMode): boolean {
	return input.required && input.doubtful?.required === undefined;
}

/**
 * The editor stores `false` for every boolean field that it shows, so an optional one is shown only
 * once the user adds it: what nobody set is not sent.
 */
function isHiddenAtFirst(input: InputInMode): boolean {
	const isOptionalBoolean = input.type === 'boolean' && !input.required;
	return isOptionalBoolean || input.deprecated === true || input.doubtful?.input !== undefined;
}

function formField(input: InputInMode): ResourceMapperField {
	return {
		id: input.name,
		displayName: label(input),
		type: fieldType(input),
		required: isRequiredInForm(input),
		display: true,
		removed: isHiddenAtFirst(input),
		defaultMatch: false,
		canBeUsedToMatch: false,
		...(input.enum ? { options: input.enum.map(option) } : {}),
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

/** What the form says where it has no field. */
export function emptyFieldsNotice(model: CatalogueModel | undefined): string {
	if (!model || model.inputs.length === 0) {
		return (
			"The inputs of this model are not in the catalogue. Set 'Specify Input' to JSON and give " +
			"them as APIXO's docs name them, or leave them out."
		);
	}
	return `${model.title} takes no further inputs in this mode.`;
}

/** The modes of a model with names for people; the description says what the mode needs. */
export function modeOptions(model: CatalogueModel | undefined): INodePropertyOptions[] {
	if (!model) return [];
	return model.modes.map((mode) => {
		const needed = inputsInMode(model, mode)
			.filter((input) => isRequiredInForm(input) && !nodeParameters.includes(input.name))
			.map((input) => titleCase(input.name));
		return {
			name: titleCase(mode),
			value: mode,
			...(needed.length ? { description: `Needs ${needed.join(', ')}` } : {}),
		};
	});
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
