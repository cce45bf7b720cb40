import { inputsInMode, type InputInMode } from '../../../nodes/shared/models/catalogue';
import type { CatalogueModel, Statement } from '../../../nodes/shared/models/catalogueTypes';

type Input = Record<string, unknown>;

function sampleUrls(count: number): string[] {
	return Array.from({ length: count }, (_, index) => `https://example.com/media/${index + 1}.png`);
}

function sampleValue(input: InputInMode): unknown {
	if (input.enum) return input.enum[0];
	switch (input.type) {
		case 'string':
			return String(input.example ?? 'a red fox in the snow');
		case 'integer':
			return input.default ?? input.example ?? input.min ?? 1;
		case 'number':
			return input.default ?? input.example ?? input.max ?? 0.5;
		case 'boolean':
			return true;
		case 'url[]':
			return sampleUrls(input.maxItems ?? 2);
		case 'object[]':
			return [{ path: 'https://example.com/media/style.safetensors', scale: 1 }];
		case 'array':
			return [[0, 0, 10, 10]];
	}
}

function usable(model: CatalogueModel, mode: string): InputInMode[] {
	return inputsInMode(model, mode).filter((input) => input.applies && !input.deprecated);
}

/** A valid input for a model in one of its modes, with every input that applies there. */
export function sampleInput(model: CatalogueModel, mode: string): Input {
	const entries = usable(model, mode).map((input) => [input.name, sampleValue(input)]);
	return { ...Object.fromEntries(entries), mode };
}

function isCertain({ disputed }: InputInMode, statement: Statement): boolean {
	return disputed?.input === undefined && disputed?.[statement] === undefined;
}

/** Values that the entry rules out beyond dispute; undefined where leaving it out is wrong. */
function wrongValues(input: InputInMode): unknown[] {
	const wrong: unknown[] = [];
	if (isCertain(input, 'type')) {
		wrong.push(input.type === 'string' ? { text: 'fox' } : 'not this type');
		if (input.type === 'integer') wrong.push(4.5);
		if (input.type === 'url[]') wrong.push(['example.com/1.png'], ['ftp://example.com/1.png']);
		if (input.type === 'object[]') wrong.push(['text']);
	}
	// APIXO adds modes faster than this catalogue.
	if (input.enum && input.name !== 'mode' && isCertain(input, 'values')) {
		wrong.push(input.type === 'string' ? 'no such value' : 987654321);
	}
	if (isCertain(input, 'limits')) {
		const { min, max, maxItems } = input;
		if (min !== undefined) wrong.push(min - 1);
		if (max !== undefined) wrong.push(max + 1);
		if (input.minLength !== undefined && input.minLength > 1) wrong.push('x');
		if (input.maxLength !== undefined) wrong.push('x'.repeat(input.maxLength + 1));
		if (maxItems !== undefined && input.type === 'url[]') wrong.push(sampleUrls(maxItems + 1));
	}
	if (input.required && isCertain(input, 'required')) wrong.push(undefined);
	return wrong;
}

/**
 * Inputs with one value wrong at a time, each with the name of the input that is wrong. A model of
 * confidence `page` refuses them, another one warns.
 */
export function* wrongInputs(model: CatalogueModel, mode: string): Generator<[string, Input]> {
	const valid = sampleInput(model, mode);
	for (const input of usable(model, mode)) {
		for (const value of wrongValues(input)) {
			yield [input.name, { ...valid, [input.name]: value }];
		}
	}
}
