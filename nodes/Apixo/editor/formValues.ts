import { parseJson } from '../../shared/api/json';
import type { CatalogueModel, InputType } from '../../shared/models/catalogueTypes';

const CONVERSIONS: Record<InputType, (value: unknown) => unknown> = {
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
	const entries = Object.entries(withoutUnset(values)).map(([name, value]): [string, unknown] => {
		const type = types.get(name);
		return [name, type ? CONVERSIONS[type](value) : value];
	});
	return Object.fromEntries(entries);
}

/** The fields of the resource mapper that have a value: it may hold an entry for every field. */
export function withoutUnset(values: Record<string, unknown>): Record<string, unknown> {
	const isSet = (value: unknown) => value !== null && value !== undefined && value !== '';
	return Object.fromEntries(Object.entries(values).filter(([, value]) => isSet(value)));
}

function toText(value: unknown): unknown {
	return typeof value === 'number' ? String(value) : value;
}

function toNumber(value: unknown): unknown {
	const isNumeric = typeof value === 'string' && value.trim() !== '' && isFinite(Number(value));
	return isNumeric ? Number(value) : value;
}

function toBoolean(value: unknown): unknown {
	const text = typeof value === 'string' ? value.trim().toLowerCase() : undefined;
	return text === 'true' ? true : text === 'false' ? false : value;
}

function toList(value: unknown): unknown {
	const list = typeof value === 'string' ? parsedJson(value) : undefined;
	return Array.isArray(list) ? list : value;
}

/**
 * Where a URL follows a comma or a blank. Takes linear time, since the text comes from outside: a
 * pattern that begins with `[\s,]+` would take quadratic time.
 */
const BEFORE_URL = /(?<=[\s,])(?=https?:\/\/|data:\w+\/)/i;

/** A JSON list, or URLs separated by line breaks, commas or blanks; a comma within one stays. */
function toUrls(value: unknown): unknown {
	if (typeof value !== 'string') return value;
	const list = parsedJson(value);
	if (Array.isArray(list)) return list;
	// Lines that are not blank, from their first character on.
	const lines: string[] = value.match(/\S[^\n]*/g) ?? [];
	const urls: string[] = [];
	// Loops, since `flatMap` takes as long again as the rest.
	for (const line of lines) {
		for (const part of line.split(BEFORE_URL)) {
			const url = withoutSeparators(part);
			if (url !== '') urls.push(url);
		}
	}
	return urls;
}

function withoutSeparators(text: string): string {
	let rest = text.trimEnd();
	while (rest.endsWith(',')) rest = rest.slice(0, -1).trimEnd();
	return rest.trimStart();
}

/** Undefined for what begins like no list, without reading it: most texts are long, and none. */
function parsedJson(text: string): unknown {
	if (!text.trimStart().startsWith('[')) return undefined;
	const parsed = parseJson(text);
	return parsed.ok ? parsed.value : undefined;
}
