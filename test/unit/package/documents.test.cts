import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ApixoTrigger } from '../../../nodes/ApixoTrigger/ApixoTrigger.node';
import { N8N_VERSIONS } from '../../e2e/harness/install.cts';
import { filesBelow, REPOSITORY } from './folders.cts';

const read = (path: string) => readFileSync(join(REPOSITORY, path), 'utf8');
const EXAMPLES = filesBelow(REPOSITORY, 'examples');
/** npm packs every README that stands beside package.json, and one is enough. */
const READMES = ['README.md', 'docs/README.zh-CN.md'];
const DOCUMENTS = [
	'README.md',
	'CHANGELOG.md',
	'CONTRIBUTING.md',
	'SECURITY.md',
	...filesBelow(REPOSITORY, 'docs').filter((path) => path.endsWith('.md')),
];

/** Targets of links and pictures, without titles. */
function linksOf(markdown: string): string[] {
	const withoutCode = markdown.replace(/```.*?```/gs, '').replace(/`[^`\n]*`/g, '');
	return [...withoutCode.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target);
}

/** The same, with those to files as paths in the repository. */
const targetsOf = (path: string) =>
	linksOf(read(path)).map((target) =>
		/^(https?:|mailto:|#)/.test(target) ? target : join(dirname(path), target),
	);

const headingsOf = (markdown: string) =>
	[...markdown.replace(/```.*?```/gs, '').matchAll(/^(#+) (.*)$/gm)].map(([, level, title]) => ({
		level: level.length,
		title,
	}));

/** As GitHub makes it of a heading. */
function anchorOf(title: string): string {
	return title
		.toLowerCase()
		.replace(/[^\p{L}\p{N}\s_-]/gu, '')
		.replaceAll(' ', '-');
}

function hasAnchor(path: string, anchor: string | undefined): boolean {
	return (
		anchor === undefined || headingsOf(read(path)).some(({ title }) => anchorOf(title) === anchor)
	);
}

it('the trigger links to a heading that is there', () => {
	const { properties } = new ApixoTrigger().description;
	const notice = properties.find(({ name }) => name === 'urlNotice')?.displayName ?? '';
	const [, path, anchor] = /blob\/main\/([^#"]+)#([^"]+)"/.exec(notice) ?? [];
	expect(existsSync(join(REPOSITORY, path))).toBe(true);
	expect(hasAnchor(path, anchor)).toBe(true);
});

describe.each(DOCUMENTS)('%s', (path) => {
	const relative = linksOf(read(path)).filter((target) => !/^(https?|mailto):/.test(target));

	it('links to files and headings that are there', () => {
		const broken = relative.filter((target) => {
			const [file, anchor] = target.split('#');
			const linked = file === '' ? path : join(dirname(path), file);
			return !existsSync(join(REPOSITORY, linked)) || !hasAnchor(linked, anchor);
		});
		expect(broken).toEqual([]);
	});

	it('links out by https alone', () => {
		expect(linksOf(read(path)).filter((target) => target.startsWith('http:'))).toEqual([]);
	});
});

describe.each(READMES)('%s', (path) => {
	it('lists every example', () => {
		const linked = targetsOf(path).filter((target) => target.startsWith('examples/'));
		expect(linked.sort()).toEqual(EXAMPLES);
	});
});

/** Cells of a Markdown table whose first row has this text, row by row. */
function tableWith(markdown: string, text: string): string[][] {
	const lines = markdown.split('\n');
	const first = lines.findIndex((line) => line.startsWith('|') && line.includes(text));
	const end = lines.findIndex((line, index) => index > first && !line.startsWith('|'));
	const [header, , ...rows] = lines.slice(first, end);
	return [header, ...rows].map((line) =>
		line
			.split('|')
			.slice(1, -1)
			.map((cell) => cell.trim()),
	);
}

describe('the versions of n8n in a table of the README', () => {
	const tableOf = (path: string) => tableWith(read(path), `n8n ${N8N_VERSIONS[0]}`);

	it.each(READMES)('are those that npm run test:compat runs, in %s', (path) => {
		const [header] = tableOf(path);
		expect(header).toEqual(['', ...N8N_VERSIONS.map((version) => `n8n ${version}`)]);
	});

	it('have a row for each of its cases, and none that fails', () => {
		const cases = read('test/compat/versions.test.cts').match(/(?<=^\t\tname: ').*(?=',$)/gm);
		const [, ...rows] = tableOf('README.md');
		expect(rows.map(([name]) => name)).toEqual(cases);
		expect(rows.flat().filter((cell) => /^(-|FAILS|NOT .*)$/.test(cell))).toEqual([]);
	});
});

it('the Chinese README has the structure, links and code of the English one', () => {
	const [english, chinese] = READMES.map((path) => {
		const text = read(path);
		return {
			levels: headingsOf(text).map(({ level }) => level),
			rows: text.match(/^\|/gm)?.length,
			links: targetsOf(path)
				.filter((target) => !/README|^(#|https:\/\/(img|www\.npmjs|github))|LICENSE/.test(target))
				.sort(),
			code: text.match(/```.*?```/gs),
		};
	});
	expect(chinese).toEqual(english);
});
