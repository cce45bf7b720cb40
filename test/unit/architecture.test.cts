import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import ts from 'typescript';

/**
 * Which way imports go: node -> actions -> run -> pause -> memory -> items -> decisions -> options
 * -> shared. A folder may import those named here and, below them, everything that they hold.
 */
const ALLOWED: Record<string, string[]> = {
	Apixo: ['Apixo/actions', 'Apixo/editor', 'Apixo/pause', 'shared'],
	'Apixo/actions': [
		'Apixo/run',
		'Apixo/items',
		'Apixo/decisions',
		'Apixo/memory',
		'Apixo/options',
		'Apixo/editor',
		'shared',
	],
	'Apixo/run': [
		'Apixo/pause',
		'Apixo/memory',
		'Apixo/items',
		'Apixo/decisions',
		'Apixo/options',
		'shared',
	],
	'Apixo/pause': ['Apixo/memory', 'Apixo/decisions', 'shared'],
	'Apixo/memory': ['Apixo/decisions', 'shared'],
	'Apixo/items': ['Apixo/decisions', 'Apixo/options', 'shared'],
	'Apixo/decisions': ['Apixo/options', 'shared'],
	'Apixo/options': ['shared'],
	'Apixo/editor': ['shared'],
	ApixoTrigger: ['shared'],
	shared: ['shared'],
	'shared/api': ['shared'],
	'shared/callbacks': ['shared/api', 'shared/net', 'shared'],
	'shared/media': ['shared/api', 'shared/models', 'shared/net', 'shared/tasks', 'shared'],
	'shared/models': ['shared'],
	'shared/n8n': ['shared/api', 'shared'],
	'shared/net': ['shared'],
	'shared/tasks': ['shared/api', 'shared'],
};

/** The rules that decide must not depend on what other folders do, only on the shape of options. */
const TYPES_ONLY = new Map([['Apixo/decisions', 'Apixo/options']]);

/** Few enough for a newcomer to read at one sitting how a run goes. */
const MAX_LINES_OF_RUN_AND_PAUSE = 600;

const NODES = resolve('nodes');

interface Import {
	/** Paths below `nodes`. */
	from: string;
	to: string;
	isTypeOnly: boolean;
}

const FILES = readdirSync(NODES, { recursive: true, encoding: 'utf8' })
	.filter((name) => name.endsWith('.ts'))
	.sort();
const IMPORTS = FILES.flatMap(importsOf);

function importsOf(from: string): Import[] {
	const path = join(NODES, from);
	const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.ES2022);
	return source.statements.flatMap((statement) => {
		if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) return [];
		const { moduleSpecifier } = statement;
		if (!moduleSpecifier || !ts.isStringLiteral(moduleSpecifier)) return [];
		if (!moduleSpecifier.text.startsWith('.')) return [];
		const target = resolve(dirname(path), moduleSpecifier.text);
		const file = [target, `${target}.ts`, join(target, 'index.ts')].find(
			(name) => existsSync(name) && /\.(ts|json)$/.test(name),
		);
		const to = relative(NODES, file ?? target);
		return [{ from, to, isTypeOnly: isTypeOnly(statement) }];
	});
}

function isTypeOnly(statement: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
	if (ts.isExportDeclaration(statement)) return statement.isTypeOnly;
	const clause = statement.importClause;
	if (!clause || clause.isTypeOnly) return clause !== undefined;
	const bindings = clause.namedBindings;
	return (
		bindings !== undefined &&
		ts.isNamedImports(bindings) &&
		bindings.elements.every((element) => element.isTypeOnly)
	);
}

/** The folder of the table that a file belongs to: the longest that holds it. */
function folderOf(file: string): string | undefined {
	return Object.keys(ALLOWED)
		.filter((folder) => file.startsWith(`${folder}/`))
		.sort((a, b) => b.length - a.length)[0];
}

const named = ({ from, to }: Import) => `${from} imports ${to}`;

/** Whether the table lets a file of one folder import one of the other. */
function isAllowed(from: string, to: string): boolean {
	if (from === to) return true;
	const allowed = ALLOWED[from];
	if (from.startsWith('shared')) return allowed.includes(to);
	return allowed.some((folder) => to === folder || to.startsWith(`${folder}/`));
}

it('reads the imports of all files', () => {
	expect(FILES.length).toBeGreaterThan(50);
	expect(IMPORTS.length).toBeGreaterThan(100);
	expect(IMPORTS.filter(({ to }) => !/\.(ts|json)$/.test(to)).map(named)).toEqual([]);
});

it('knows every folder, and has each', () => {
	const folders = new Set(FILES.map((file) => dirname(file)));
	const known = [...folders].filter((folder) => folderOf(`${folder}/file.ts`) !== undefined);
	expect(known).toEqual([...folders]);
	const empty = Object.keys(ALLOWED).filter(
		(folder) => !FILES.some((file) => folderOf(file) === folder),
	);
	expect(empty).toEqual([]);
});

it('imports in the directions of the table only', () => {
	const wrong = IMPORTS.filter(({ from, to }) => {
		const [own, other] = [folderOf(from), folderOf(to)];
		return own === undefined || other === undefined || !isAllowed(own, other);
	});
	expect(wrong.map(named)).toEqual([]);
});

it('imports only types where a folder may know no more', () => {
	const wrong = IMPORTS.filter(({ from, to, isTypeOnly: isType }) => {
		const [own, other] = [folderOf(from), folderOf(to)];
		return own !== undefined && TYPES_ONLY.get(own) === other && !isType;
	});
	expect(wrong.map(named)).toEqual([]);
});

it('never imports across two nodes, nor out of what they share', () => {
	const nodeOf = (file: string) => file.split('/')[0];
	const wrong = IMPORTS.filter(({ from, to }) => {
		const [own, other] = [nodeOf(from), nodeOf(to)];
		return other !== own && other !== 'shared';
	});
	expect(wrong.map(named)).toEqual([]);
});

it.each([
	['folders', (file: string) => dirname(file)],
	['files', (file: string) => file],
])('has no circle of %s', (_, unitOf) => {
	const edges = new Map<string, Set<string>>();
	for (const { from, to } of IMPORTS) {
		// The root of `shared` holds what all of its folders use.
		const [own, other] = [unitOf(from), unitOf(to)];
		if (own !== other) edges.set(own, (edges.get(own) ?? new Set()).add(other));
	}
	expect(findCircle(edges)).toEqual([]);
});

/** The first circle of the graph, as the names along it. */
function findCircle(edges: Map<string, Set<string>>): string[] {
	const done = new Set<string>();
	function visit(unit: string, path: string[]): string[] {
		if (path.includes(unit)) return [...path.slice(path.indexOf(unit)), unit];
		if (done.has(unit)) return [];
		for (const next of edges.get(unit) ?? []) {
			const circle = visit(next, [...path, unit]);
			if (circle.length > 0) return circle;
		}
		done.add(unit);
		return [];
	}
	for (const unit of edges.keys()) {
		const circle = visit(unit, []);
		if (circle.length > 0) return circle;
	}
	return [];
}

it(`has at most ${MAX_LINES_OF_RUN_AND_PAUSE} lines in run and pause together`, () => {
	const lines = FILES.filter((file) => /^Apixo\/(run|pause)\//.test(file)).map(
		(file) => readFileSync(join(NODES, file), 'utf8').trimEnd().split('\n').length,
	);
	const total = lines.reduce((sum, count) => sum + count, 0);
	expect(total).toBeGreaterThan(0);
	expect(total).toBeLessThanOrEqual(MAX_LINES_OF_RUN_AND_PAUSE);
});
