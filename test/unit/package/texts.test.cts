import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { INode, INodeProperties } from 'n8n-workflow';
import { ApixoApi } from '../../../credentials/ApixoApi.credentials';
import { Apixo } from '../../../nodes/Apixo/Apixo.node';
import { ApixoTrigger } from '../../../nodes/ApixoTrigger/ApixoTrigger.node';
import { filesBelow, REPOSITORY } from './folders.cts';

interface Text {
	kind: 'name' | 'notice' | 'description' | 'hint' | 'placeholder';
	text: string;
}

/** All that n8n shows of these properties. */
function textsOf(properties: INodeProperties[]): Text[] {
	return properties.flatMap((property): Text[] => {
		const { displayName, description, hint, placeholder, options = [], type } = property;
		const own: Array<[Text['kind'], string | undefined]> = [
			[type === 'notice' ? 'notice' : 'name', displayName],
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

const read = (path: string) => readFileSync(join(REPOSITORY, path), 'utf8');

/** What is read outside the nodes: lines of the documents, names and notes of the examples. */
const prose = [
	...['README.md', 'SECURITY.md', ...filesBelow(REPOSITORY, 'docs')]
		.filter((path) => path.endsWith('.md'))
		.flatMap((path) => read(path).split('\n')),
	...filesBelow(REPOSITORY, 'examples').flatMap((path) => {
		const { name, nodes } = JSON.parse(read(path)) as { name: string; nodes: INode[] };
		const notes = nodes.map(({ parameters }) => String(parameters.content ?? ''));
		return [name, ...nodes.map((node) => node.name), ...notes];
	}),
];

it('has texts to judge', () => {
	expect(unique.length).toBeGreaterThan(100);
});

it.each([
	['a protocol in small letters', /\bhttps?\b(?!:)/],
	['"data base"', /data base/i],
	['a name for checking a task that is no such word', /\blooks?\b(?! (like|of|things))/i],
	[
		"words of waiting that are not the field's",
		/\b(park|parks|parked|passing|hand(s|ed)? on|give[ns]? out|take[ns]? up)\b/i,
	],
	['"Not set:" for a default', /Not set:/],
	[
		'the name of an option that has another one',
		/Binary Inputs|'Completion'|Download Results Into|Output Mode/,
	],
])('never has %s', (_what, pattern) => {
	expect(unique.filter((text) => pattern.test(text))).toEqual([]);
});

/** Sources of all that the nodes say, errors and log lines as well. */
const sources = [...filesBelow(REPOSITORY, 'nodes'), ...filesBelow(REPOSITORY, 'credentials')]
	.filter((path) => /\.(ts|json)$/.test(path))
	.map(read);

it.each([
	/APIXO (does|did) not (accept|know)/,
	/could not handle the request|Nobody can tell|too low: top up/,
	/Take it up|look for it in|are made in the dashboard|mend the field/i,
	/but was not given|takes one of|keep the request back|Leave it out if/,
	/listens only while|agent of this version cannot|too old to pause|hand out the file/,
	/could not give it out|broke off half-way|input picture|data base/,
	/APIXO would have to fetch|holds a user name|ends after .* by its own settings/,
	/Over http\b|set in motion|\bcolour|\bfavour|balance is USD/,
])('no source says %s', (pattern) => {
	expect(sources.flatMap((text) => pattern.exec(text)?.[0] ?? [])).toEqual([]);
});

it.each([
	['"data base"', /data base/i],
	['a name for checking a task that is no such word', /\blook(s|ed)? (at|less)\b/i],
	[
		"words of waiting that are not the field's",
		/\b(park(s|ed)?|passing|hand(s|ed)? (on|out)|give[ns]? out|take[ns]? up|strangers?|mend)\b/i,
	],
	['links that die', /URLs? (die|live)s?\b/i],
	['the name of an option that has another one', /Binary Inputs|Output Mode|\*Completion\*/],
])('documents and examples never have %s', (_what, pattern) => {
	expect(prose.filter((text) => pattern.test(text))).toEqual([]);
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
