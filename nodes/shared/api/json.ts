import type { Result } from '../result';

/** APIXO's own values have some five levels; thousands overflow the stack of what n8n does next. */
export const MAX_DEPTH = 100;

export type JsonProblem = 'notJson' | 'tooDeep';

/**
 * JSON text as a value. Integers that a number cannot hold exactly (beyond 2^53) become text, so
 * that no digit of an id is lost. Never throws; takes time in proportion to the length.
 * @param parsed what `JSON.parse` makes of the text, where that is known already
 */
export function parseJson(text: string, parsed?: unknown): Result<unknown, JsonProblem> {
	const json = text.startsWith('\uFEFF') ? text.slice(1) : text;
	const { depth, exact } = scan(json);
	if (depth > MAX_DEPTH) return { ok: false, error: 'tooDeep' };
	if (parsed !== undefined && exact === json) return { ok: true, value: parsed };
	try {
		return { ok: true, value: JSON.parse(exact) };
	} catch {
		return { ok: false, error: 'notJson' };
	}
}

/** Whether a value of JSON is an object, and no list. */
export function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Of 2^53. */
const MIN_INEXACT_LENGTH = 16;

/** How deep the text is nested, and the text itself with its inexact integers in quotes. */
function scan(json: string): { depth: number; exact: string } {
	let level = 0;
	let depth = 0;
	let exact = '';
	let copiedTo = 0;
	for (let at = 0; at < json.length; ) {
		const start = at;
		const char = json[at++];
		if (char === '"') {
			at = endOfString(json, at);
		} else if (char === '[' || char === '{') {
			depth = Math.max(depth, ++level);
		} else if (char === ']' || char === '}') {
			level--;
		} else if (isOfNumber(char)) {
			while (at < json.length && isOfNumber(json[at])) at++;
			if (at - start >= MIN_INEXACT_LENGTH && isInexactInteger(json.slice(start, at))) {
				exact += `${json.slice(copiedTo, start)}"${json.slice(start, at)}"`;
				copiedTo = at;
			}
		}
	}
	return { depth, exact: exact + json.slice(copiedTo) };
}

/** @param start behind the opening quote */
function endOfString(json: string, start: number): number {
	let at = start;
	while (at < json.length && json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
	return at + 1;
}

function isOfNumber(char: string): boolean {
	return (char >= '0' && char <= '9') || '+-.eE'.includes(char);
}

function isInexactInteger(literal: string): boolean {
	return /^-?[1-9]\d*$/.test(literal) && !Number.isSafeInteger(Number(literal));
}
