import { defaultMode, inputsInMode, type InputInMode } from './catalogue';
import type { CatalogueModel, Doubt, InputType } from './catalogueSchema';

/** What is wrong with one input, as a sentence for people that says how to go on. */
export interface InputProblem {
	input: string;
	message: string;
}

/** `problems` keep a request from being sent, `warnings` only tell the user. */
export interface Validation {
	problems: InputProblem[];
	warnings: InputProblem[];
}

/** A departure from the catalogue, and which of its statements it departs from. */
interface Departure {
	from: Doubt;
	message: string;
}

const shownCharacters = 80;
const longestModelIdCharacters = 200;
/** APIXO takes media as URLs only, so a request this large holds a file or a pasted document. */
const largestRequestBytes = 1024 * 1024;

const typeNames: Record<InputType, string> = {
	string: 'text',
	integer: 'a whole number',
	number: 'a number',
	boolean: 'true or false',
	'url[]': 'a list of URLs',
	'object[]': 'a list of objects',
	array: 'a list',
};

function shown(value: unknown): string {
	const cut = typeof value === 'string' ? value.slice(0, shownCharacters + 1) : value;
	const text =
		typeof cut === 'string' || typeof cut === 'object' ? JSON.stringify(cut) : String(cut);
	return text.length > shownCharacters ? `${text.slice(0, shownCharacters)}…` : text;
}

/** Whether a value was given at all: nothing, an empty text and an empty list were not. */
function isGiven(value: unknown): boolean {
	return value !== undefined && value !== null && value !== '' && !isEmptyList(value);
}

function isEmptyList(value: unknown): boolean {
	return Array.isArray(value) && value.length === 0;
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

function isWebAddress(value: string): boolean {
	return /^https?:\/\/[^\s/]\S*$/i.test(value) && URL.canParse(value);
}

/** `from 1 to 5`, or with one end only `of at least 1`, `of at most 5`. */
function range(min: number | undefined, max: number | undefined): string {
	if (min !== undefined && max !== undefined) {
		return min === max ? `exactly ${min}` : `from ${min} to ${max}`;
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

function checkValues(input: InputInMode, value: unknown, where: string): Departure[] {
	if (!input.enum || input.enum.some((entry) => entry === value)) return [];
	const sameLetters = input.enum.some(
		(entry) => String(entry).toLowerCase() === String(value).toLowerCase(),
	);
	return [
		{
			from: sameLetters ? 'letterCase' : 'values',
			message:
				`'${input.name}' takes one of ${input.enum.join(', ')}${where}, but got ${shown(value)}. ` +
				'Choose one of these values.',
		},
	];
}

function checkNumber(input: InputInMode, value: number, where: string): Departure[] {
	const { name, min, max, step } = input;
	if (isOutside(value, min, max)) {
		const message =
			`'${name}' takes a number ${range(min, max)}${where}, but got ${value}. ` +
			'Choose a number within this limit.';
		return [{ from: 'limits', message }];
	}
	if (isOffStep(value, step, min)) {
		const message =
			`'${name}' goes in steps of ${step}, but got ${value}. ` +
			`Choose a multiple of ${step}${min ? ` above ${min}` : ''}.`;
		return [{ from: 'limits', message }];
	}
	return [];
}

function checkText(input: InputInMode, value: string, where: string): Departure[] {
	const { name, minLength, maxLength } = input;
	// Characters as people count them: an emoji of two code units is one.
	const length = [...value].length;
	if (!isOutside(length, minLength, maxLength)) return [];
	const advice = length > (maxLength ?? Infinity) ? 'Shorten the text.' : 'Write more.';
	const message =
		`'${name}' takes ${range(minLength, maxLength)} characters${where}, but got ${length}. ` +
		advice;
	return [{ from: 'limits', message }];
}

function checkList(input: InputInMode, value: unknown[], where: string): Departure[] {
	const { name, type, minItems, maxItems } = input;
	const departures: Departure[] = [];
	if (isOutside(value.length, minItems, maxItems)) {
		const tooMany = value.length - (maxItems ?? Infinity);
		const advice =
			tooMany > 0 ? `Remove ${tooMany}.` : `Add ${(minItems ?? 0) - value.length} more.`;
		const entries = type !== 'url[]' ? 'entries' : maxItems === 1 ? 'URL' : 'URLs';
		const message =
			`'${name}' takes ${range(minItems, maxItems)} ${entries}` +
			`${where}, but got ${value.length}. ${advice}`;
		departures.push({ from: 'limits', message });
	}
	const wrong = type === 'url[]' ? value.findIndex((entry) => !isWebAddress(String(entry))) : -1;
	if (wrong >= 0) {
		const message =
			`'${name}' takes public http or https URLs, but entry ${wrong + 1} is ` +
			`${shown(value[wrong])}. Give its full address, starting with https://.`;
		departures.push({ from: 'type', message });
	}
	return departures;
}

function checkInput(input: InputInMode, value: unknown, mode: string | undefined): Departure[] {
	if (!isGiven(value)) {
		if (!input.required) return [];
		const sample = input.default ?? input.example ?? input.enum?.[0];
		const example = sample === undefined ? '' : `, for example ${shown(sample)}`;
		const inMode = mode === undefined || input.name === 'mode' ? '' : ` in the mode '${mode}'`;
		const advice =
			input.type === 'url[]'
				? "Add a URL, or a file of the item by the option 'Binary Inputs'."
				: `Add it${example}.`;
		const message = `'${input.name}' is required${inMode}, but was not given. ${advice}`;
		return [{ from: 'required', message }];
	}
	if (!isOfType(value, input.type)) {
		const wanted = typeNames[input.type];
		const message =
			`'${input.name}' takes ${wanted}, but got ${shown(value)}. ` +
			`Change it to ${wanted}${input.required ? '' : ', or leave it out'}.`;
		return [{ from: 'type', message }];
	}
	const where = mode !== undefined && input.inMode?.[mode] ? ` in the mode '${mode}'` : '';
	const departures = checkValues(input, value, where);
	if (typeof value === 'number') departures.push(...checkNumber(input, value, where));
	if (typeof value === 'string') departures.push(...checkText(input, value, where));
	if (Array.isArray(value)) departures.push(...checkList(input, value, where));
	return departures;
}

/** Why a statement of the catalogue is in doubt; undefined where it is not. */
function reasonForDoubt({ doubtful }: InputInMode, statement: Doubt): string | undefined {
	const ofStatement = statement === 'letterCase' ? doubtful?.values : undefined;
	return doubtful?.input ?? doubtful?.[statement] ?? ofStatement;
}

/** The mode whose limits apply; none where what was given is no mode at all. */
function modeOf(model: CatalogueModel, given: unknown): string | undefined {
	if (!isGiven(given)) return defaultMode(model);
	return typeof given === 'string' ? given : undefined;
}

/**
 * Holds an input against the catalogue before anything is paid for: types, values, limits, and
 * what the mode requires. Inputs that the catalogue does not know pass, since the API may know
 * them; so does everything where the model itself is not known. What the catalogue only doubts,
 * and inputs that are deprecated or do not apply to the mode, are warned of.
 */
export function validateInput(
	model: CatalogueModel | undefined,
	given: Record<string, unknown>,
): Validation {
	const result: Validation = { problems: [], warnings: [] };
	if (!model) return result;
	const mode = modeOf(model, given.mode);
	for (const input of inputsInMode(model, mode)) {
		const value = given[input.name];
		const warn = (message: string) => result.warnings.push({ input: input.name, message });
		if (!input.applies) {
			if (isGiven(value)) {
				warn(
					`'${input.name}' does not apply to the mode '${mode}' of ${model.title} and may be ` +
						`ignored. Remove it, or choose another mode: ${input.modes?.join(', ')}.`,
				);
			}
			continue;
		}
		if (input.deprecated && isGiven(value)) {
			warn(
				`'${input.name}' is deprecated for ${model.title} and may be ignored. ` +
					'Leave it out if you can.',
			);
		}
		for (const { from, message } of checkInput(input, value, mode)) {
			const reason = reasonForDoubt(input, from);
			if (reason === undefined) result.problems.push({ input: input.name, message });
			else warn(`${message} ${reason}, so this does not keep the request back.`);
		}
	}
	return result;
}

/** Whether the ID can stand in a URL path as one plain segment; the API judges the rest. */
function isModelId(id: string): boolean {
	const unsafe = /[\s\p{Cc}/\\]|\.\./u;
	return id !== '' && id !== '.' && id.length <= longestModelIdCharacters && !unsafe.test(id);
}

function byteLength(value: unknown): number {
	return new TextEncoder().encode(JSON.stringify(value) ?? '').length;
}

function megabytes(bytes: number): string {
	return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

/**
 * What holds for every model, known or not: the ID fits into the path of the request, and the
 * input is not larger than a request may be.
 */
export function validateRequest(request: {
	modelId: string;
	input: Record<string, unknown>;
}): InputProblem[] {
	const problems: InputProblem[] = [];
	if (!isModelId(request.modelId)) {
		const message =
			"'model' takes the ID of a model, such as nano-banana, at most " +
			`${longestModelIdCharacters} characters without spaces, slashes or '..', but got ` +
			`${shown(request.modelId)}. Pick a model from the list, or copy its ID from APIXO's docs.`;
		problems.push({ input: 'model', message });
	}
	const bytes = byteLength(request.input);
	if (bytes > largestRequestBytes) {
		const [largest] = Object.keys(request.input).sort(
			(a, b) => byteLength(request.input[b]) - byteLength(request.input[a]),
		);
		const message =
			`'${largest}' makes the request ${megabytes(bytes)} large, and a request may have ` +
			`${megabytes(largestRequestBytes)}. Shorten it; give images, videos and audio as URLs.`;
		problems.push({ input: largest, message });
	}
	return problems;
}
