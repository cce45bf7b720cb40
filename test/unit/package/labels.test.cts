import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { INodeProperties } from 'n8n-workflow';
import ts from 'typescript';
import { ApixoApi } from '../../../credentials/ApixoApi.credentials';
import { Apixo } from '../../../nodes/Apixo/Apixo.node';
import { ApixoTrigger } from '../../../nodes/ApixoTrigger/ApixoTrigger.node';
import { filesBelow, REPOSITORY } from './folders.cts';

/** Every name that the form shows for a parameter or one of its values. */
function labelsOf(properties: INodeProperties[]): string[] {
	return properties.flatMap(({ displayName, options = [] }) => [
		displayName,
		...options.flatMap((option) => {
			if ('values' in option) return [option.displayName, ...labelsOf(option.values)];
			return 'value' in option ? [option.name] : labelsOf([option]);
		}),
	]);
}

/** Sentences leave out a unit, a recommendation, and what n8n's editor leaves out itself. */
const short = (label: string) => label.replace(/ \([^)]*\)$| Name or ID$/, '');

const labels = [
	...labelsOf(new Apixo().description.properties),
	...labelsOf(new ApixoTrigger().description.properties),
	...labelsOf(new ApixoApi().properties),
];
const LABELS = new Set([...labels, ...labels.map(short)]);

/** Names that n8n gives. */
const OF_OTHERS = new Set([
	'Execute step',
	'Retry On Fail',
	'Retry with original workflow',
	'Timeout Workflow',
	'Tool Description',
	'Webhook URLs',
]);

/** Names in quotes within the sentences of a source, as users read them. */
function quotedNames(path: string): string[] {
	const source = ts.createSourceFile(
		path,
		readFileSync(join(REPOSITORY, path), 'utf8'),
		ts.ScriptTarget.ES2022,
		true,
	);
	const names: string[] = [];
	const visit = (node: ts.Node): void => {
		if (ts.isStringLiteralLike(node) || ts.isTemplateExpression(node)) {
			const quoted = /(?<![A-Za-z])'([A-Z][A-Za-z]*(?: [A-Za-z()]+)*)'(?![A-Za-z])/g;
			const text = ts.isTemplateExpression(node) ? textOf(node) : node.text;
			names.push(...[...text.matchAll(quoted)].map(([, name]) => name));
		}
		ts.forEachChild(node, visit);
	};
	visit(source);
	return names;
}

/** What stands in a template outside its expressions. */
function textOf({ head, templateSpans }: ts.TemplateExpression): string {
	return [head.text, ...templateSpans.map(({ literal }) => literal.text)].join('…');
}

const SOURCES = filesBelow(REPOSITORY, 'nodes').filter((path) => path.endsWith('.ts'));

it('names in quotes are those of the form, wherever a sentence stands', () => {
	const wrong = SOURCES.flatMap((path) =>
		quotedNames(path)
			.filter((name) => !LABELS.has(name) && !OF_OTHERS.has(name))
			.map((name) => `${path}: '${name}'`),
	);

	expect(wrong).toEqual([]);
});

it('names in quotes are found in sentences of any kind', () => {
	const names = SOURCES.flatMap(quotedNames);

	expect(names).toEqual(
		expect.arrayContaining(['Base URL', 'Input Files', 'Max Concurrency', 'Timeout Workflow']),
	);
});
