/**
 * Makes dist of the sources once `n8n-node build` has found that they compile: one bundle, which the
 * files that n8n loads take their class from, icons and codex files. Refuses a dist that n8n could
 * not load.
 */
const { execFileSync } = require('node:child_process');
const { existsSync, readdirSync, readFileSync } = require('node:fs');
const { mkdir, readFile, rm, writeFile } = require('node:fs/promises');
const path = require('node:path').posix;
const { build } = require('esbuild');
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

/** The class that n8n takes from such a file. */
const classOf = (file) => path.basename(file).split('.')[0];

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
	const exported = entryFiles().map(
		(file) => `export { ${classOf(file)} } from './${file.replace(/\.js$/, '')}';`,
	);
	const { metafile, warnings } = await build({
		stdin: { contents: exported.join('\n'), resolveDir: '.' },
		bundle: true,
		format: 'cjs',
		banner: { js: '"use strict";' },
		platform: 'node',
		packages: 'external',
		loader: { '.json': 'copy' },
		assetNames: '[name]',
		charset: 'utf8',
		minifyWhitespace: true,
		metafile: true,
		outfile: BUNDLE,
		logLevel: 'warning',
	});
	refuse([...warnings.map(({ text }) => text), ...inputProblems(metafile)]);
	const style = await prettier.resolveConfig(BUNDLE);
	const code = await readFile(BUNDLE, 'utf8');
	await writeFile(BUNDLE, await prettier.format(code, { ...style, filepath: BUNDLE }));
	await Promise.all(entryFiles().map(writeEntry));
}

/** @param metafile esbuild's account of what it has bundled */
function inputProblems({ inputs }) {
	const isShipped = (file) => SHIPPED_FOLDERS.includes(file.split('/')[0]);
	const data = filesBelow('nodes').filter((name) => /(?<!\.node)\.json$/.test(name));
	const imported = Object.values(inputs).flatMap(({ imports }) => imports);
	return [
		...Object.keys(inputs)
			.filter((file) => file !== '<stdin>' && !isShipped(file))
			.map((file) => `${file} is imported, but isn't below ${SHIPPED_FOLDERS.join(' or ')}`),
		...data
			.map((name) => path.join('nodes', name))
			.filter((file) => !(file in inputs))
			.map((file) => `${file} is imported by no code`),
		...imported
			.filter(({ external, path: name }) => external && !AVAILABLE_MODULES.has(name))
			.map(({ path: name }) => `The package imports ${name}, which n8n does not bring`),
	];
}

/** n8n takes the class from the file that is named after it, and looks for icons beside that file. */
async function writeEntry(file) {
	const folder = path.join('dist', path.dirname(file));
	const name = classOf(file);
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

/** Prints the icons that each class names, given as pairs of file and class. */
const PRINT_ICONS = `
const icons = process.argv.slice(1).map((entry) => {
	const [file, name] = entry.split(':');
	const instance = new (require(file)[name])();
	const { icon } = instance.description ?? instance;
	return Object.values(typeof icon === 'string' ? [icon] : (icon ?? []));
});
console.log(JSON.stringify(icons));`;

/**
 * Loads what n8n loads.
 * @throws where a file or its class does not load
 */
function iconProblems() {
	const files = entryFiles();
	const entries = files.map((file) => `./dist/${file}:${classOf(file)}`);
	// As n8n sets it, so that community nodes find what n8n brings.
	const env = { ...process.env, NODE_PATH: path.join(__dirname, 'node_modules') };
	const printed = execFileSync(process.execPath, ['-e', PRINT_ICONS, ...entries], { env });
	return JSON.parse(printed).flatMap((icons, index) =>
		icons
			.map((icon) => path.join(path.dirname(files[index]), icon.replace(/^file:/, '')))
			.filter((icon) => !existsSync(path.join('dist', icon)))
			.map((icon) => `${files[index]} names the icon ${icon}, which is missing`),
	);
}

function refuse(problems) {
	if (problems.length > 0) {
		throw new Error(`dist is not what n8n needs:\n${problems.join('\n')}`);
	}
}

async function check() {
	const nodes = entryFiles().filter((file) => file.endsWith('.node.js'));
	refuse([...iconProblems(), ...nodes.flatMap(codexProblems)]);
}

exports.default = series(clean, parallel(icons, codex, bundle), compactJson, check);
