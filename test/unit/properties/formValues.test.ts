import fc from 'fast-check';

import { coerceFormValues } from '../../../nodes/Apixo/editor/formValues';
import type { CatalogueModel, InputType } from '../../../nodes/shared/models/catalogueTypes';
import { HOSTILE_TEXTS } from '../models/cpuMs.cts';
import { HUGE_JSON, hostileValue } from './arbitraries';
import { MAX_CPU_MS, leastCpuMs } from './limits';

const TYPES: InputType[] = ['string', 'integer', 'number', 'boolean', 'url[]', 'object[]', 'array'];

/** A model with one input of each type, named after it. */
const model = {
	inputs: TYPES.map((type) => ({ name: type, type })),
} as unknown as CatalogueModel;

const unset = [null, undefined, ''];

describe('the form', () => {
	it('is read without throwing, and sends neither unset fields nor new ones', () => {
		const names = fc.oneof(fc.constantFrom(...TYPES, '__proto__', 'constructor'), fc.string());
		fc.assert(
			fc.property(fc.array(fc.tuple(names, hostileValue)), (entries) => {
				const values = Object.fromEntries(entries) as Record<string, unknown>;
				const isSet = (name: string) => !unset.includes(values[name] as null);
				expect(Object.keys(coerceFormValues(model, values)).sort()).toEqual(
					Object.keys(values).filter(isSet).sort(),
				);
			}),
		);
	});

	it('changes no value of a type that needs no conversion', () => {
		const right = fc.record({
			string: fc.string({ minLength: 1 }),
			integer: fc.integer(),
			number: fc.double({ noNaN: true }),
			boolean: fc.boolean(),
			'url[]': fc.array(fc.webUrl()),
			'object[]': fc.array(fc.dictionary(fc.string(), fc.jsonValue())),
			array: fc.array(fc.jsonValue()),
		});
		fc.assert(
			fc.property(right, (values) => expect(coerceFormValues(model, values)).toEqual(values)),
		);
	});

	it('finds every URL of a list, whatever separates them', () => {
		const url = fc.webUrl({ withQueryParameters: true });
		const separator = fc.constantFrom('\n', ', ', ',', ' ', ' ,\r\n ', '\t');
		const withoutComma = fc.array(url.filter((text) => !/[,\s]$/.test(text)));
		fc.assert(
			fc.property(withoutComma, separator, (urls, between) => {
				const text = urls.join(between);
				fc.pre(text !== '');
				expect(coerceFormValues(model, { 'url[]': text })).toEqual({ 'url[]': urls });
			}),
		);
	});

	describe.each(TYPES)('reads a megabyte for a field of type %s in time', (type) => {
		it.each([...HOSTILE_TEXTS, ...HUGE_JSON])('%s', (_, text) => {
			expect(leastCpuMs(() => coerceFormValues(model, { [type]: text }))).toBeLessThan(MAX_CPU_MS);
		});
	});
});
