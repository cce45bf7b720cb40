/**
 * Makes dist of the sources once `n8n-node build` has found that they compile: one bundle, which the
 * files that n8n loads take their class from, icons and codex files. Refuses a dist that n8n could
 * not load.
 */
const { build } = require('esbuild');
const { existsSync, readdirSync, readFileSync } = require('node:fs');
const { mkdir, readFile, rm, writeFile } = require('node:fs/promises');
const path = require('node:path').posix;
const { dest, parallel, series, src } = require('gulp');
const prettier = require('prettier');

const BUNDLE = 'dist/bundle.js';

const SHIPPED_FOLDERS = ['credentials', 'nodes'];

/** What a community package may load: what every n8n 2.x brings, and the one built-in module that its rules allow. */
const AVAILABLE_MODULES = new Set(['n8n-workflow', 'zod/v4', 'node:crypto']);

/** Paths of the files below a folder, relative to it. */
function filesBelow(folder) {
	return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
		entry.isDirectory()
			? filesBelow(path.join(folder, entry.name)).map((file) => path.join(entry.name, file))
			: [entry.name],
	);
}

/** The files that n8n loads, relative to dist. */
function entryFiles() {
	const { n8n } = JSON.parse(readFileSync('package.json', 'utf8'));
	return [...n8n.nodes, ...n8n.credentials].map((file) => path.relative('dist', file));
}

/** n8n's build leaves the compiled sources in dist, and every picture of the repository. */
async function clean() {
	await rm('dist', { recursive: true, force: true });
}

function icons() {
	const patterns = SHIPPED_FOLDERS.map((folder) => `${folder}/**/*.svg`);
	return src(patterns, { base: '.', encoding: false }).pipe(dest('dist'));
}

function codex() {
	return src('nodes/**/*.node.json', { base: '.', encoding: false }).pipe(dest('dist'));
}

/**
 * One file for all code, and the data beside it, which packs to less than a file for each source.
 * It keeps its names and is formatted as the sources are, so that it can be reviewed.
 */
async function bundle() {
	const modules = entryFiles().map((file) => `./${file.replace(/\.js$/, '')}`);
	await build({
		stdin: {
			contents: modules.map((name) => `export * from '${name}';`).join('\n'),
			resolveDir: '.',
		},
		bundle: true,
		format: 'cjs',
		banner: { js: '"use strict";' },
		platform: 'node',
		packages: 'external',
		loader: { '.json': 'copy' },
		assetNames: '[name]',
		charset: 'utf8',
		minifyWhitespace: true,
		outfile: BUNDLE,
		logLevel: 'error',
	});
	const style = await prettier.resolveConfig(BUNDLE);
	const code = await readFile(BUNDLE, 'utf8');
	await writeFile(BUNDLE, await prettier.format(code, { ...style, filepath: BUNDLE }));
	await Promise.all(entryFiles().map(writeEntry));
}

/** n8n takes the class from the file that is named after it, and looks for icons beside that file. */
async function writeEntry(file) {
	const folder = path.join('dist', path.dirname(file));
	const [name] = path.basename(file).split('.');
	const bundled = path.relative(folder, BUNDLE);
	await mkdir(folder, { recursive: true });
	await writeFile(path.join('dist', file), `exports.${name} = require("${bundled}").${name};\n`);
}

/** Blanks are a fifth of the catalogue. */
async function compactJson() {
	const files = filesBelow('dist').filter((file) => file.endsWith('.json'));
	await Promise.all(
		files.map(async (name) => {
			const file = path.join('dist', name);
			await writeFile(file, JSON.stringify(JSON.parse(await readFile(file, 'utf8'))));
		}),
	);
}

/** n8n drops a codex without `resources` silently (DirectoryLoader.getCodex reads its fields unchecked). */
function codexProblems(nodeFile) {
	const file = nodeFile.replace(/\.js$/, '.json');
	if (!existsSync(path.join('dist', file))) return [`${file} is missing`];
	const { resources } = JSON.parse(readFileSync(path.join('dist', file), 'utf8'));
	return resources ? [] : [`${file} has no "resources", so n8n would drop it`];
}

function iconProblems(file) {
	const source = readFileSync(file.replace(/\.js$/, '.ts'), 'utf8');
	return [...source.matchAll(/['"]file:([^'"]+)['"]/g)]
		.map(([, icon]) => path.join(path.dirname(file), icon))
		.filter((icon) => !existsSync(path.join('dist', icon)))
		.map((icon) => `${file} names the icon ${icon}, which is missing`);
}

function entryProblems() {
	const entries = entryFiles();
	const nodes = entries.filter((file) => file.endsWith('.node.js'));
	return [...entries.flatMap(iconProblems), ...nodes.flatMap(codexProblems)];
}

function importProblems() {
	const code = readFileSync(BUNDLE, 'utf8');
	return [...code.matchAll(/\b(?:require|import)\(['"]([^'"]+)['"]\)/g)]
		.map(([, name]) => name)
		.filter((name) => !name.startsWith('./') && !AVAILABLE_MODULES.has(name))
		.map((name) => `The package imports ${name}, which n8n does not bring`);
}

async function check() {
	const problems = [...entryProblems(), ...importProblems()];
	if (problems.length > 0) {
		throw new Error(`dist is not what n8n needs:\n${problems.join('\n')}`);
	}
}

exports.check = check;
exports.default = series(clean, parallel(icons, codex, bundle), compactJson, check);
