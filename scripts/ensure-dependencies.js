/**
 * Installs the development dependencies where they are missing or older than package-lock.json.
 * Runs before `npm run demo` and `npm test`, so that both work on a fresh clone: plain Node, no
 * dependencies.
 */
const { spawn } = require('node:child_process');
const { statSync } = require('node:fs');
const { join, resolve } = require('node:path');

const REPOSITORY = resolve(__dirname, '..');
const LOWEST_NODE = [20, 19];
const PROGRESS_EVERY_MS = 10_000;

function changedAtMs(...path) {
	return statSync(join(REPOSITORY, ...path), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function fail(sentence) {
	console.error(sentence);
	process.exit(1);
}

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < LOWEST_NODE[0] || (major === LOWEST_NODE[0] && minor < LOWEST_NODE[1])) {
	fail(`Node ${LOWEST_NODE.join('.')} or newer is needed; this is Node ${process.versions.node}.`);
}

// npm writes this file when an installation has come to its end.
if (changedAtMs('node_modules', '.package-lock.json') < changedAtMs('package-lock.json')) {
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
