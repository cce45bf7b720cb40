import type { Result } from '../result';
import { BYTES_PER_MEGABYTE } from '../units';
import { defaultMode, inputsInMode, type InputInMode } from './catalogue';
import type { CatalogueModel, InputType, ModelInput, Statement } from './catalogueTypes';
import { inputLabel, titleCase } from './labels';

/** What is wrong with one input, as a message for people that says how to go on. */
export interface InputProblem {
	input: string;
	message: string;
}

/** `problems` keep a request from being sent, `warnings` only tell the user. */
export interface Validation {
	problems: InputProblem[];
	warnings: InputProblem[];
}

/** How messages name inputs and modes: as the form shows them, or as the API spells them. */
export type Naming = 'form' | 'api';

interface Names {
	input(input: Pick<ModelInput, 'name' | 'maxItems'>): string;
	mode(mode: string): string;
}

const NAMES: Record<Naming, Names> = {
	form: { input: inputLabel, mode: titleCase },
	api: { input: ({ name }) => name, mode: (mode) => mode },
};

/** A statement of the catalogue that a value does not keep to. */
interface Violation {
	statement: Statement;
	message: string;
	/** Why it only warns, for every model. */
	reason?: string;
}

const SHOWN_CHARACTERS = 80;
const MAX_MODEL_ID_CHARACTERS = 200;
/** Of this project: a larger request holds a file or a pasted document, and those go in as URLs. */
const MAX_REQUEST_BYTES = BYTES_PER_MEGABYTE;

const NOT_JSON = "an object that isn't JSON";

const PARTLY_KNOWN = "The node knows only a part of APIXO's page on this model";
const MAY_BE_NEWER = 'The mode may be newer than this node';
const FORM_ONLY = "Only APIXO's own form is known to insist on this";
const OTHER_SHAPE = 'APIXO may take it as it is';

const TYPE_NAMES: Record<InputType, string> = {
	string: 'text',
	integer: 'a whole number',
	number: 'a number',
	boolean: 'true or false',
	'url[]': 'a list of URLs',
	'object[]': 'a list of objects',
	array: 'a list',
};

/** A value for a message: short, and never an error of its own. */
function shown(value: unknown): string {
	const text = asText(value);
	return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}

function asText(value: unknown): string {
	if (typeof value === 'string') return JSON.stringify(value.slice(0, SHOWN_CHARACTERS + 1));
	if (typeof value !== 'object') return String(value);
	try {
		return JSON.stringify(value) ?? NOT_JSON;
	} catch {
		return NOT_JSON;
	}
}

/** Whether a value was given at all: nothing, an empty text and an empty list were not. */
function isGiven(value: unknown): boolean {
	const isEmptyList = Array.isArray(value) && value.length === 0;
	return value !== undefined && value !== null && value !== '' && !isEmptyList;
}

function isBlank(value: unknown): boolean {
	return typeof value === 'string' && value.trim() === '';
}

function isObject(value: unknown): boolean {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isOfType(value: unknown, type: InputType): boolean {
	switch (type) {
		case 'integer':
			return Number.isInteger(value);
		case 'number':
			return Number.isFinite(value);
		case 'url[]':
			return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
		case 'object[]':
			return Array.isArray(value) && value.every(isObject);
		case 'array':
			return Array.isArray(value);
		default:
			return typeof value === type;
	}
}

/** A number as text, and one URL where a list is meant, in the shape that the catalogue names. */
function inNamedShape(value: unknown, type: InputType): unknown {
	if (typeof value !== 'string') return value;
	if (type === 'url[]') return [value];
	const isNumeric = (type === 'integer' || type === 'number') && !isBlank(value);
	return isNumeric && Number.isFinite(Number(value)) ? Number(value) : value;
}

/** APIXO's pages name public URLs only, but a `data:` URL is all that an n8n behind NAT can offer. */
function isDataUrl(value: unknown): value is string {
	return typeof value === 'string' && /^data:/i.test(value);
}

function isMediaUrl(value: string): boolean {
	return isDataUrl(value) || (/^https?:\/\/[^\s/]\S*$/i.test(value) && URL.canParse(value));
}

/** `between 1 and 5`, or with one end only `at least 1`, `at most 5`. */
function range(min: number | undefined, max: number | undefined): string {
	if (min !== undefined && max !== undefined) {
		return min === max ? `exactly ${min}` : `between ${min} and ${max}`;
	}
	return min !== undefined ? `at least ${min}` : `at most ${max}`;
}

function isOutside(value: number, min = -Infinity, max = Infinity): boolean {
	return value < min || value > max;
}

function isOffStep(value: number, step: number | undefined, min = 0): boolean {
	if (step === undefined) return false;
	const steps = (value - min) / step;
	return Math.abs(steps - Math.round(steps)) > 1e-6;
}

function checkValues(input: InputInMode, value: unknown, name: string, where: string): Violation[] {
	if (!input.enum || input.enum.some((entry) => entry === value)) return [];
	const isSameButForCase = input.enum.some(
		(entry) => String(entry).toLowerCase() === String(value).toLowerCase(),
	);
	return [
		{
			statement: isSameButForCase ? 'letterCase' : 'values',
			message: `'${name}' must be one of ${input.enum.join(', ')}${where}, but it is ${shown(value)}`,
			...(input.name === 'mode' && { reason: MAY_BE_NEWER }),
		},
	];
}

function checkNumber(input: InputInMode, value: number, name: string, where: string): Violation[] {
	const { min, max, step } = input;
	if (isOutside(value, min, max)) {
		const message = `'${name}' must be ${range(min, max)}${where}, but it is ${value}`;
		return [{ statement: 'limits', message }];
	}
	if (isOffStep(value, step, min)) {
		const above = min ? ` above ${min}` : '';
		const message = `'${name}' must be a multiple of ${step}${above}, but it is ${value}`;
		return [{ statement: 'limits', message, reason: FORM_ONLY }];
	}
	return [];
}

function checkText(input: InputInMode, value: string, name: string, where: string): Violation[] {
	const { minLength, maxLength } = input;
	// Characters as people count them: an emoji of two code units is one.
	const length = [...value].length;
	if (!isOutside(length, minLength, maxLength)) return [];
	const message =
		`'${name}' must have ${range(minLength, maxLength)} characters${where}, ` +
		`but it has ${length}`;
	return [{ statement: 'limits', message }];
}

function checkList(input: InputInMode, value: unknown[], name: string, where: string): Violation[] {
	const { type, minItems, maxItems } = input;
	const violations: Violation[] = [];
	if (isOutside(value.length, minItems, maxItems)) {
		const entries = type !== 'url[]' ? 'entries' : maxItems === 1 ? 'URL' : 'URLs';
		const message =
			`'${name}' must have ${range(minItems, maxItems)} ${entries}${where}, ` +
			`but it has ${value.length}`;
		violations.push({ statement: 'limits', message });
	}
	const wrong = type === 'url[]' ? value.findIndex((entry) => !isMediaUrl(entry as string)) : -1;
	if (wrong >= 0) {
		const message =
			`'${name}' must be a list of public URLs, but entry ${wrong + 1} is ${shown(value[wrong])}. ` +
			'Enter the full URL, starting with https://.';
		violations.push({ statement: 'type', message });
	}
	return violations;
}

function checkRequired(input: InputInMode, mode: string | undefined, names: Names): Violation[] {
	// Where APIXO names a default too, leaving the input out is right, and no reason to warn.
	const isLeftToApixo = input.disputed?.required !== undefined && input.default !== undefined;
	if (!input.required || isLeftToApixo) return [];
	const forMode = mode === undefined || input.name === 'mode' ? '' : ` for '${names.mode(mode)}'`;
	const sample = input.default ?? input.example ?? input.enum?.[0];
	const advice =
		input.type === 'url[]'
			? ". Add a URL, or use a file of the item with the option 'Input Files'."
			: sample === undefined
				? ''
				: `. Add it, for example ${shown(sample)}.`;
	const message = `'${names.input(input)}' is required${forMode}${advice}`;
	return [{ statement: 'required', message }];
}

function checkInput(
	input: InputInMode,
	given: unknown,
	mode: string | undefined,
	names: Names,
): Violation[] {
	if (!isGiven(given) || (input.required && isBlank(given))) {
		return checkRequired(input, mode, names);
	}
	const name = names.input(input);
	const value = inNamedShape(given, input.type);
	const wrongType: Violation = {
		statement: 'type',
		message: `'${name}' must be ${TYPE_NAMES[input.type]}, but it is ${shown(given)}`,
	};
	if (!isOfType(value, input.type)) return [wrongType];
	const hasOwnLimits = mode !== undefined && input.inMode?.[mode] !== undefined;
	const where = hasOwnLimits ? ` for '${names.mode(mode)}'` : '';
	const violations = checkValues(input, value, name, where);
	if (typeof value === 'number') violations.push(...checkNumber(input, value, name, where));
	if (typeof value === 'string') violations.push(...checkText(input, value, name, where));
	if (Array.isArray(value)) violations.push(...checkList(input, value, name, where));
	if (value !== given && violations.length === 0) return [{ ...wrongType, reason: OTHER_SHAPE }];
	return violations;
}

/** The mode whose limits apply; none where what was given is no mode at all. */
function modeOf(model: CatalogueModel, given: unknown): string | undefined {
	if (!isGiven(given)) return defaultMode(model);
	return typeof given === 'string' ? given : undefined;
}

/**
 * Why a violation only warns; undefined where one of APIXO's pages states plainly what is violated.
 */
function reasonToWarn(
	model: CatalogueModel,
	mode: string | undefined,
	{ disputed }: InputInMode,
	{ statement, reason }: Violation,
): string | undefined {
	const isNewMode = mode !== undefined && !model.modes.includes(mode);
	return (
		disputed?.input ??
		disputed?.[statement] ??
		(statement === 'letterCase' ? disputed?.values : undefined) ??
		reason ??
		(model.confidence === 'page' ? undefined : PARTLY_KNOWN) ??
		(isNewMode ? MAY_BE_NEWER : undefined)
	);
}

/**
 * Holds an input against the catalogue before anything is paid for: types, values, limits, and what
 * the mode requires. A wrong refusal is worse than a wrong request, which the API refuses free of
 * charge. So only what a page of APIXO states plainly is refused; what is disputed, second-hand,
 * deprecated or of another mode warns, and what the catalogue does not know passes.
 */
export function validateInput(
	model: CatalogueModel | undefined,
	given: Record<string, unknown>,
	naming: Naming = 'api',
): Validation {
	const result: Validation = { problems: [], warnings: [] };
	if (!model) return result;
	const names = NAMES[naming];
	const mode = modeOf(model, given.mode);
	for (const input of inputsInMode(model, mode)) {
		const value = given[input.name];
		const warn = (message: string) => result.warnings.push({ input: input.name, message });
		if (!input.applies) {
			if (mode !== undefined && isGiven(value)) {
				warn(
					`'${names.input(input)}' isn't an input of '${names.mode(mode)}' and may be ignored. ` +
						`Remove it, or choose another mode: ${input.modes?.map(names.mode).join(', ')}.`,
				);
			}
			continue;
		}
		if (input.deprecated && isGiven(value)) {
			warn(
				`'${names.input(input)}' is deprecated for ${model.title} and may be ignored. ` +
					'Remove it if you can.',
			);
		}
		for (const violation of checkInput(input, value, mode, names)) {
			const reason = reasonToWarn(model, mode, input, violation);
			if (reason === undefined) {
				result.problems.push({ input: input.name, message: violation.message });
			} else {
				warn(`${sentence(violation.message)} ${reason}, so the request is sent anyway.`);
			}
		}
	}
	return result;
}

/** Why this cannot be the ID of a model, as a message; any ID that might be one passes. */
export function modelIdProblem(id: string): string | undefined {
	const isUnsafe = id === '.' || id === '..' || /[\s\p{Cc}]/u.test(id);
	if (id !== '' && id.length <= MAX_MODEL_ID_CHARACTERS && !isUnsafe) return undefined;
	return (
		`'Model' must be the ID of a model, such as nano-banana, but it is ${shown(id)}. ` +
		"Choose a model from the list, or copy its ID from APIXO's docs."
	);
}

function megabytes(bytes: number): string {
	return `${(bytes / BYTES_PER_MEGABYTE).toFixed(1)} MB`;
}

/** @throws TypeError, RangeError where the value cannot be written as JSON, or an error of its own */
function jsonBytes(value: unknown): number {
	const json = JSON.stringify(value, (_, entry: unknown) => (isDataUrl(entry) ? '' : entry)) ?? '';
	return new TextEncoder().encode(json).length;
}

type Sizes = Array<{ name: string; bytes: number }>;

/** How large each input is as JSON, or which one is none. */
function sizesOf(input: Record<string, unknown>, nameOf: NameOf): Result<Sizes, InputProblem> {
	const sizes: Sizes = [];
	for (const [name, value] of Object.entries(input)) {
		try {
			sizes.push({ name, bytes: jsonBytes(value) });
		} catch {
			const message = `'${nameOf(name)}' can't be sent, because it isn't valid JSON`;
			return { ok: false, error: { input: name, message } };
		}
	}
	return { ok: true, value: sizes };
}

function checkSize(input: Record<string, unknown>, nameOf: NameOf): InputProblem[] {
	const checked = sizesOf(input, nameOf);
	if (!checked.ok) return [checked.error];
	const sizes = checked.value;
	const bytes = sizes.reduce((sum, size) => sum + size.bytes, 0);
	if (bytes <= MAX_REQUEST_BYTES) return [];
	const [largest] = sizes.sort((a, b) => b.bytes - a.bytes);
	const message =
		`'${nameOf(largest.name)}' brings the request to ${megabytes(bytes)}; the maximum is ` +
		`${megabytes(MAX_REQUEST_BYTES)}. Shorten it, and give images, videos and audio as URLs.`;
	return [{ input: largest.name, message }];
}

function checkDataUrls(input: Record<string, unknown>, nameOf: NameOf): InputProblem[] {
	return Object.entries(input).flatMap(([name, value]) => {
		const files = (Array.isArray(value) ? value : [value]).filter(isDataUrl);
		if (files.length === 0) return [];
		const bytes = files.reduce((sum, url) => sum + url.length, 0);
		const [what, instead] =
			files.length === 1
				? ['a file as a data: URL', 'a public URL']
				: [`${files.length} files as data: URLs`, 'public URLs'];
		const message =
			`'${nameOf(name)}' holds ${what} (${megabytes(bytes)}). APIXO's docs name public URLs only, and a ` +
			`large request may be rejected. If you can, give ${instead}.`;
		return [{ input: name, message }];
	});
}

interface RequestToCheck {
	modelId: string;
	/** The catalogue's entry, where it has one. */
	model: CatalogueModel | undefined;
	input: Record<string, unknown>;
}

type NameOf = (name: string) => string;

/** How messages name the inputs of a model. */
export const namerOf =
	(model: CatalogueModel | undefined, naming: Naming): NameOf =>
	(name) =>
		NAMES[naming].input(model?.inputs.find((known) => known.name === name) ?? { name });

/** All that can be said of a request before it is sent, whether its model is known or not. */
export function validateRequest(
	{ modelId, model, input }: RequestToCheck,
	naming: Naming = 'api',
): Validation {
	const idProblem = modelIdProblem(modelId);
	const { problems, warnings } = validateInput(model, input, naming);
	const nameOf = namerOf(model, naming);
	return {
		problems: [
			...(idProblem === undefined ? [] : [{ input: 'model', message: idProblem }]),
			...checkSize(input, nameOf),
			...problems,
		],
		warnings: [...checkDataUrls(input, nameOf), ...warnings],
	};
}

/** The same with *Validate Input* off: refuses only what no request can carry. */
export function validateSendable(
	{ model, input }: RequestToCheck,
	naming: Naming = 'api',
): Validation {
	const checked = sizesOf(input, namerOf(model, naming));
	return { problems: checked.ok ? [] : [checked.error], warnings: [] };
}

function sentence(message: string): string {
	return message.endsWith('.') ? message : `${message}.`;
}

/** Several messages as one; a single one stays as it is. */
export function joinMessages(problems: InputProblem[]): string {
	const messages = problems.map(({ message }) => message);
	return messages.length === 1 ? messages[0] : messages.map(sentence).join(' ');
}
