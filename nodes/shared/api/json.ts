import type { Result } from '../result';

/** APIXO's own values have some five levels; thousands overflow the stack of what n8n does next. */
export const MAX_DEPTH = 100;

/**
 * In one object; APIXO's have some ten. A megabyte of 80,000 names in one object takes JSON.parse
 * four times as long as the same in objects of 1,000, and each copy of it as long again.
 */
export const MAX_NAMES = 1_000;

export type JsonProblem = 'notJson' | 'tooDeep' | 'tooManyNames';

/**
 * JSON text as a value. Integers that a number cannot hold exactly (beyond 2^53) become text, so
 * that no digit of an id is lost. Never throws; takes time in proportion to the length.
 * @param parsed what `JSON.parse` makes of the text, where that is known already
 */
export function parseJson(text: string, parsed?: unknown): Result<unknown, JsonProblem> {
	const json = text.startsWith('\uFEFF') ? text.slice(1) : text;
	const scanned = scan(json);
	if (!scanned.ok) return scanned;
	const exact = scanned.value;
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

/** 2^53 - 1. */
const LARGEST_EXACT = '9007199254740991';

/** The text with its inexact integers in quotes; ends at the first limit that it exceeds. */
function scan(json: string): Result<string, JsonProblem> {
	let level = 0;
	/** Of the object that is open at each level. */
	const nameCounts = [0];
	let exact = '';
	let copiedTo = 0;
	for (let at = 0; at < json.length; ) {
		const start = at;
		const char = json[at++];
		if (char === '"') {
			at = endOfString(json, at);
		} else if (char === '[' || char === '{') {
			if (++level > MAX_DEPTH) return { ok: false, error: 'tooDeep' };
			nameCounts[level] = 0;
		} else if (char === ']' || char === '}') {
			if (level > 0) level--;
		} else if (char === ':') {
			if (++nameCounts[level] > MAX_NAMES) return { ok: false, error: 'tooManyNames' };
		} else if (isOfNumber(char)) {
			while (at < json.length && isOfNumber(json[at])) at++;
			if (at - start >= LARGEST_EXACT.length && isInexactInteger(json.slice(start, at))) {
				exact += `${json.slice(copiedTo, start)}"${json.slice(start, at)}"`;
				copiedTo = at;
			}
		}
	}
	return { ok: true, value: exact + json.slice(copiedTo) };
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
	const digits = /^-?([1-9]\d*)$/.exec(literal)?.[1] ?? '';
	if (digits.length !== LARGEST_EXACT.length) return digits.length > LARGEST_EXACT.length;
	return digits > LARGEST_EXACT;
}
