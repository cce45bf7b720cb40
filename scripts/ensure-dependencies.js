/**
 * Installs the development dependencies where they are missing or not those of package-lock.json.
 * Runs before `npm run demo` and `npm test`, so that both work on a fresh clone: plain Node, no
 * dependencies.
 */
const { spawn } = require('node:child_process');
const { lstatSync, readFileSync } = require('node:fs');
const { join, resolve } = require('node:path');

const REPOSITORY = resolve(__dirname, '..');
const LOWEST_NODE = [20, 19];
const PROGRESS_EVERY_MS = 10_000;

/** The packages that a lock file names, by folder; undefined where it cannot be read. */
function packagesIn(...path) {
	try {
		return JSON.parse(readFileSync(join(REPOSITORY, ...path), 'utf8')).packages;
	} catch {
		return undefined;
	}
}

/** npm writes its own lock file when an installation has come to its end. */
function isInstalled() {
	const wanted = packagesIn('package-lock.json') ?? {};
	const installed = packagesIn('node_modules', '.package-lock.json');
	if (!installed) return false;
	// What is optional may be for another system.
	return Object.entries(wanted).every(
		([folder, { version, optional }]) =>
			folder === '' || optional || installed[folder]?.version === version,
	);
}

function isLink(folder) {
	const stats = lstatSync(join(REPOSITORY, folder), { throwIfNoEntry: false });
	return stats?.isSymbolicLink() ?? false;
}

function fail(sentence) {
	console.error(sentence);
	process.exit(1);
}

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < LOWEST_NODE[0] || (major === LOWEST_NODE[0] && minor < LOWEST_NODE[1])) {
	fail(`Node ${LOWEST_NODE.join('.')} or newer is needed; this is Node ${process.versions.node}.`);
}

if (!isInstalled()) {
	if (isLink('node_modules')) {
		fail(
			'node_modules is a symbolic link, and what it leads to does not hold the packages of package-lock.json. ' +
				'npm ci would delete them for everybody who uses them: install them there, or remove the link.',
		);
	}
	const startedAt = Date.now();
	const report = () => {
		const elapsedSeconds = Math.round((Date.now() - startedAt) / 1000);
		console.log(`Installing dependencies: npm ci --ignore-scripts (${elapsedSeconds} s so far)`);
	};
	report();
	const timer = setInterval(report, PROGRESS_EVERY_MS);
	const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
	const npm = spawn('npm', args, { cwd: REPOSITORY, stdio: 'inherit' });
	npm.on('error', (error) => fail(`npm could not be started: ${error.message}`));
	npm.on('close', (code, signal) => {
		clearInterval(timer);
		if (code !== 0) fail(`npm ci ended with ${signal ?? `code ${code}`}; see its message above.`);
	});
}
