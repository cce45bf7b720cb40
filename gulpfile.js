/**
 * Checks what `n8n-node build` made: that dist holds everything package.json promises, and
 * requires nothing that n8n does not bring. Icons and codex files are put there by the build.
 */
const { existsSync, readdirSync, readFileSync } = require('node:fs');
const path = require('node:path');

const root = __dirname;
const { n8n } = require('./package.json');

/** Modules that every n8n 2.x offers to a package's code. */
const FROM_N8N = new Set(['n8n-workflow', 'zod/v4', 'node:crypto']);

function filesBelow(folder) {
	return readdirSync(folder, { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile())
		.map((entry) => path.join(entry.parentPath ?? entry.path, entry.name));
}

function missingFiles() {
	const promised = [...n8n.nodes, ...n8n.credentials].map((file) => path.join(root, file));
	const companions = promised.flatMap((file) => {
		const source = existsSync(file) ? readFileSync(file, 'utf8') : '';
		const icons = [...source.matchAll(/'file:([^']+)'|"file:([^"]+)"/g)].map((match) =>
			path.join(path.dirname(file), match[1] ?? match[2]),
		);
		const codex = file.endsWith('.node.js') ? [file.replace(/\.js$/, '.json')] : [];
		return [...icons, ...codex];
	});
	return [...promised, ...companions].filter((file) => !existsSync(file));
}

function foreignRequires() {
	return filesBelow(path.join(root, 'dist'))
		.filter((file) => file.endsWith('.js'))
		.flatMap((file) =>
			[...readFileSync(file, 'utf8').matchAll(/\brequire\(["']([^"']+)["']\)/g)]
				.map((match) => match[1])
				.filter((name) => !name.startsWith('.') && !FROM_N8N.has(name))
				.map((name) => `${path.relative(root, file)} requires ${name}`),
		);
}

async function verify() {
	const faults = [
		...missingFiles().map((file) => `${path.relative(root, file)} is missing`),
		...foreignRequires(),
	];
	if (faults.length > 0) throw new Error(`dist is not complete:\n${faults.join('\n')}`);
}

exports.verify = verify;
exports.default = verify;
