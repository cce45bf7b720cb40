import type { FieldType, INodePropertyOptions, ResourceMapperField } from 'n8n-workflow';

import { inputsInMode, isPlainlyRequired, type InputInMode } from '../../shared/models/catalogue';
import type {
	CatalogueModel,
	Confidence,
	InputType,
	ModelInput,
} from '../../shared/models/catalogueTypes';
import { inputLabel, valueLabel } from '../../shared/models/labels';

/** Inputs that are parameters of the node itself, beside the form. */
export const NODE_PARAMETERS: readonly string[] = ['mode', 'prompt'];

const UNIT_SYMBOLS = { seconds: 's' };

/**
 * URLs are text, not `array`: n8n refuses a text such as `https://a.example/1.png,
 * https://a.example/2.png` for `array` before this node sees it.
 */
const FIELD_TYPES: Record<InputType, FieldType> = {
	string: 'string',
	integer: 'number',
	number: 'number',
	boolean: 'boolean',
	'url[]': 'string',
	'object[]': 'array',
	array: 'array',
};

/** The form of a model and mode, as n8n's resource mapper wants it; `mode` and `prompt` apart. */
export function formFields(
	model: CatalogueModel | undefined,
	mode: string | undefined,
): ResourceMapperField[] {
	if (!model) return [];
	return inputsOfForm(model, mode).map((input) => formField(input, model.confidence));
}

/** The inputs that a form shows for a model and mode: those that apply, required ones first. */
export function inputsOfForm(model: CatalogueModel, mode: string | undefined): InputInMode[] {
	const shown = inputsInMode(model, mode).filter(
		(input) => input.applies && !NODE_PARAMETERS.includes(input.name),
	);
	return [...shown.filter((input) => input.required), ...shown.filter((input) => !input.required)];
}

function formField(input: InputInMode, confidence: Confidence): ResourceMapperField {
	const options = optionsOf(input);
	return {
		id: input.name,
		displayName: label(input),
		type: options ? 'options' : FIELD_TYPES[input.type],
		required: mustBeFilled(input, confidence),
		display: true,
		removed: isHiddenAtFirst(input),
		defaultMatch: false,
		canBeUsedToMatch: false,
		...(options && { options }),
		...(isPrefilled(input) && { defaultValue: input.default ?? false }),
	};
}

/**
 * The values to choose from, where an input has such. An optional boolean has them too, since the
 * editor's switch knows no third state: it stores `false` for what nobody set.
 */
function optionsOf(input: InputInMode): INodePropertyOptions[] | undefined {
	if (input.enum) return input.enum.map(option);
	return input.type === 'boolean' && !input.required ? YES_OR_NO : undefined;
}

const YES_OR_NO: INodePropertyOptions[] = [
	{ name: 'Yes', value: true },
	{ name: 'No', value: false },
];

function option(value: string | number): INodePropertyOptions {
	return { name: valueLabel(value), value };
}

/**
 * Whether the form opens with a value: a required input shows what will be sent. No other default
 * is filled in, since the form sends what it holds, and the API has its defaults itself. Where APIXO
 * calls an input required and names a default too, the user may remove what is shown.
 */
function isPrefilled(input: InputInMode): boolean {
	return input.required && (input.default !== undefined || input.type === 'boolean');
}

/**
 * n8n runs no node with an empty field that must be filled, so this is for what APIXO is sure to
 * refuse. Media may also come from the item's files, so that only this node can tell whether they
 * are missing.
 */
function mustBeFilled(input: InputInMode, confidence: Confidence): boolean {
	return confidence === 'page' && isPlainlyRequired(input) && input.type !== 'url[]';
}

/** Fine tuning, which makes a form long and is left alone by most. */
const RARELY_USED = ['audioWeight', 'cfg_scale', 'seed', 'styleWeight', 'weirdnessConstraint'];

/** Inputs that should rather not be used, or rarely are, are there once the user adds them. */
function isHiddenAtFirst({ name, required, deprecated, disputed }: InputInMode): boolean {
	const isRare = !required && RARELY_USED.includes(name);
	return isRare || deprecated === true || disputed?.input !== undefined;
}

/** The editor cuts a longer label off. */
const LONGEST_LABEL = 28;

/**
 * A resource mapper field has no description, so its label carries the limits, as far as there is
 * room: 'Explain Inputs' has them all.
 */
function label(input: InputInMode): string {
	const name = inputLabel(input) + (isPlainlyRequired(input) ? ' *' : '');
	const withNotes = (notes: string[]) =>
		notes.length > 0 ? `${name} (${notes.join(', ')})` : name;
	const shown = isPrefilled(input) ? { ...input, default: undefined } : input;
	const fitting = limitNotes(shown)
		.map((note) => note.replace(/ characters$/, ''))
		.reduce<string[]>((notes, note) => {
			const longer = [...notes, note];
			return withNotes(longer).length <= LONGEST_LABEL ? longer : notes;
		}, []);
	return withNotes(fitting);
}

type DescribedInput = Omit<ModelInput, 'required'>;

/** What is known of an input's values; what most needs to be known comes first. */
export function limitNotes(input: DescribedInput): string[] {
	return [
		input.deprecated ? 'deprecated' : undefined,
		numberSpan(input),
		textSpan(input),
		listSpan(input),
		input.default === undefined ? undefined : `default ${defaultLabel(input, input.default)}`,
		input.example === undefined ? undefined : `e.g. ${input.example}`,
		input.step === undefined ? undefined : `steps of ${input.step}`,
	].filter((note) => note !== undefined);
}

/** As the form's own list of values names it. */
function defaultLabel(input: DescribedInput, value: string | number | boolean): string {
	if (typeof value === 'boolean') return value ? 'yes' : 'no';
	return input.enum ? valueLabel(value) : String(value);
}

function numberSpan({ enum: values, min, max, unit }: DescribedInput): string | undefined {
	const range = values ? undefined : span(min, max);
	if (unit === undefined) return range;
	return range === undefined ? unit : `${range} ${UNIT_SYMBOLS[unit]}`;
}

function textSpan({ enum: values, maxLength }: DescribedInput): string | undefined {
	return values || maxLength === undefined ? undefined : `up to ${maxLength} characters`;
}

function listSpan({ type, minItems, maxItems }: DescribedInput): string | undefined {
	switch (type) {
		case 'url[]':
			// The label itself says "URL" where there is but one.
			return maxItems === 1 ? undefined : span(maxItems && (minItems ?? 1), maxItems);
		case 'array':
		case 'object[]':
			return maxItems === undefined ? 'JSON' : `JSON, ${span(minItems, maxItems)}`;
		default:
			return undefined;
	}
}

function span(min: number | undefined, max: number | undefined): string | undefined {
	if (min !== undefined && max !== undefined) {
		return min === max ? `${min}` : min < 0 ? `${min} to ${max}` : `${min}–${max}`;
	}
	if (max !== undefined) return `up to ${max}`;
	return min !== undefined ? `at least ${min}` : undefined;
}
