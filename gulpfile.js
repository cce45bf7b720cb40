/**
 * Finishes what `n8n-node build` has made of dist: leaves in it what tsc compiled, puts icons and
 * codex files beside it, makes it small and quick to load, and refuses a dist that holds anything
 * else or that n8n could not load.
 */
const { existsSync, readdirSync, readFileSync } = require('node:fs');
const { readdir, readFile, rm, writeFile } = require('node:fs/promises');
const path = require('node:path').posix;
const { dest, parallel, series, src } = require('gulp');

const SHIPPED_FOLDERS = ['credentials', 'nodes'];

/** What a community package may load: what every n8n 2.x brings, and the one built-in module that its rules allow. */
const AVAILABLE_MODULES = new Set(['n8n-workflow', 'zod/v4', 'node:crypto']);

/** Paths of the files below a folder, relative to it; none when it does not exist. */
function filesBelow(folder) {
	if (!existsSync(folder)) return [];
	return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
		entry.isDirectory()
			? filesBelow(path.join(folder, entry.name)).map((file) => path.join(entry.name, file))
			: [entry.name],
	);
}

function shippedFilesBelow(root) {
	return SHIPPED_FOLDERS.flatMap((folder) =>
		filesBelow(path.join(root, folder)).map((file) => path.join(folder, file)),
	);
}

/** n8n's build copies every picture of the repository into dist, those of docs and tests as well. */
async function clean() {
	const otherFolders = (await readdir('dist')).filter((name) => !SHIPPED_FOLDERS.includes(name));
	const pictures = shippedFilesBelow('dist').filter((file) => /\.(png|svg)$/.test(file));
	await Promise.all(
		[...otherFolders, ...pictures].map((name) => rm(path.join('dist', name), { recursive: true })),
	);
}

function icons() {
	const patterns = SHIPPED_FOLDERS.map((folder) => `${folder}/**/*.svg`);
	return src(patterns, { base: '.', encoding: false }).pipe(dest('dist'));
}

function codex() {
	return src('nodes/**/*.node.json', { base: '.', encoding: false }).pipe(dest('dist'));
}

/** Rewrites the text of all files of dist whose name ends so. */
async function rewrite(ending, change) {
	const files = filesBelow('dist').filter((file) => file.endsWith(ending));
	await Promise.all(
		files.map(async (name) => {
			const file = path.join('dist', name);
			await writeFile(file, change(await readFile(file, 'utf8')));
		}),
	);
}

/** tsc indents each level of JSON by four spaces, which is a tenth of the package. */
async function compactJson() {
	await rewrite('.json', (text) => JSON.stringify(JSON.parse(text)));
}

/** The same of code. A text of several lines that begin with blanks would lose them: none does. */
async function indentByTabs() {
	await rewrite('.js', (code) =>
		code.replace(/^(?: {4})+/gm, (blanks) => '\t'.repeat(blanks.length / 4)),
	);
}

const IMPORT = /^const (\w+) = (__importDefault\()?(require\("\.[^"]+"\))\)?;$/gm;

/**
 * Has each file load another one when it first uses it. n8n loads every community node at its start,
 * and to describe a node takes a quarter of its files.
 */
async function importLazily() {
	await rewrite('.js', (code) => {
		const names = [...code.matchAll(IMPORT)].map(([, name]) => name);
		if (names.length === 0) return code;
		const use = new RegExp(`\\b(new )?(${names.join('|')})\\.(\\w+)`, 'g');
		const used = code.replace(use, (_, isNew, name, member) =>
			isNew ? `new (${name}().${member})` : `${name}().${member}`,
		);
		return used.replace(IMPORT, (_, name, importDefault, required) => {
			const loaded = importDefault ? `${importDefault}${required})` : required;
			return `const ${name} = () => (${name}.module ??= ${loaded});`;
		});
	});
}

function contentProblems() {
	const expected = new Set(shippedFilesBelow('.').map((file) => file.replace(/\.ts$/, '.js')));
	const built = new Set(filesBelow('dist'));
	return [
		...[...expected].filter((file) => !built.has(file)).map((file) => `${file} is missing`),
		...[...built].filter((file) => !expected.has(file)).map((file) => `${file} has no source`),
	];
}

/** n8n drops a codex without `resources` silently (DirectoryLoader.getCodex reads its fields unchecked). */
function codexProblems(nodeFile) {
	const file = nodeFile.replace(/\.js$/, '.json');
	if (!existsSync(path.join('dist', file))) return [`${file} is missing`];
	const { resources } = JSON.parse(readFileSync(path.join('dist', file), 'utf8'));
	return resources ? [] : [`${file} has no "resources", so n8n would drop it`];
}

function iconProblems(file) {
	return [...readFileSync(path.join('dist', file), 'utf8').matchAll(/['"]file:([^'"]+)['"]/g)]
		.map(([, icon]) => path.join(path.dirname(file), icon))
		.filter((icon) => !existsSync(path.join('dist', icon)))
		.map((icon) => `${file} names the icon ${icon}, which is missing`);
}

function manifestProblems() {
	const { n8n } = JSON.parse(readFileSync('package.json', 'utf8'));
	return [...n8n.nodes, ...n8n.credentials].flatMap((entry) => {
		if (!existsSync(entry)) return [`${entry} is named in package.json and missing`];
		const file = path.relative('dist', entry);
		return [...iconProblems(file), ...(n8n.nodes.includes(entry) ? codexProblems(file) : [])];
	});
}

function importProblems() {
	const built = new Set(filesBelow('dist'));
	const isAvailable = (file, name) => {
		if (!name.startsWith('.')) return AVAILABLE_MODULES.has(name);
		const target = path.join(path.dirname(file), name);
		return [target, `${target}.js`, `${target}/index.js`].some((found) => built.has(found));
	};
	return [...built]
		.filter((file) => file.endsWith('.js'))
		.flatMap((file) =>
			[
				...readFileSync(path.join('dist', file), 'utf8').matchAll(
					/\b(?:require|import)\(['"]([^'"]+)['"]\)/g,
				),
			]
				.map(([, name]) => name)
				.filter((name) => !isAvailable(file, name))
				.map((name) => `${file} imports ${name}, which n8n does not bring`),
		);
}

async function check() {
	const problems = [...contentProblems(), ...manifestProblems(), ...importProblems()];
	if (problems.length > 0) {
		throw new Error(`dist is not what n8n needs:\n${problems.join('\n')}`);
	}
}

exports.check = check;
exports.default = series(
	clean,
	parallel(icons, codex),
	compactJson,
	indentByTabs,
	importLazily,
	check,
);
