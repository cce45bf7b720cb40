import type { INodeProperties } from 'n8n-workflow';
import { ApixoApi } from '../../../credentials/ApixoApi.credentials';
import { Apixo } from '../../../nodes/Apixo/Apixo.node';
import { ApixoTrigger } from '../../../nodes/ApixoTrigger/ApixoTrigger.node';

interface Text {
	kind: 'name' | 'description' | 'hint' | 'placeholder';
	text: string;
}

/** All that n8n shows of these properties. */
function textsOf(properties: INodeProperties[]): Text[] {
	return properties.flatMap((property): Text[] => {
		const { displayName, description, hint, placeholder, options = [], type } = property;
		const own: Array<[Text['kind'], string | undefined]> = [
			['name', type === 'notice' ? undefined : displayName],
			['description', description],
			['hint', hint],
			['placeholder', placeholder],
		];
		const ofOptions = options.flatMap((option): Text[] => {
			if ('values' in option) return textsOf(option.values);
			if (!('value' in option)) return textsOf([option]);
			const entry = [{ kind: 'name' as const, text: option.name }];
			return option.description === undefined
				? entry
				: [...entry, { kind: 'description', text: option.description }];
		});
		return [
			...own.flatMap(([kind, text]) => (text === undefined ? [] : [{ kind, text }])),
			...ofOptions,
		];
	});
}

const texts = [
	...textsOf(new Apixo().description.properties),
	...textsOf(new ApixoTrigger().description.properties),
	...textsOf(new ApixoApi().properties),
];
const unique = [...new Set(texts.map(({ text }) => text))];

it('has texts to judge', () => {
	expect(unique.length).toBeGreaterThan(100);
});

it.each([
	['a protocol in small letters', /\bhttps?\b(?!:)/],
	['"data base"', /data base/i],
	['a name for checking a task that is no such word', /\blooks?\b(?! like)/i],
	[
		"words of waiting that are not the field's",
		/\b(park|parks|parked|passing|hand(s|ed)? on|give[ns]? out|take[ns]? up)\b/i,
	],
	['"Not set:" for a default', /Not set:/],
	[
		'the name of an option that has another one',
		/Binary Inputs|'Completion'|Download Results Into/,
	],
])('never has %s', (_what, pattern) => {
	expect(unique.filter((text) => pattern.test(text))).toEqual([]);
});

it('ends a single sentence without a period, and several with one', () => {
	const sentences = texts
		.filter(({ kind }) => kind === 'description')
		.map(({ text }) => text.replaceAll(/<[^>]+>/g, ''));
	const wrong = sentences.filter((text) => {
		const hasSeveral = /[.!?] [A-Z']/.test(text.replaceAll('e.g. ', ''));
		return hasSeveral !== text.endsWith('.');
	});
	expect(wrong).toEqual([]);
});
