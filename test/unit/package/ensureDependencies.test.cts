import { chmodSync, cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { filesBelow, folderWith, REPOSITORY } from './folders.cts';

const SCRIPT = 'scripts/ensure-dependencies.js';

const lock = (packages: object) =>
	JSON.stringify({ packages: { '': { version: '1.0.0' }, ...packages } });

const WANTED = lock({
	'node_modules/a': { version: '1.2.3' },
	'node_modules/for-another-system': { version: '1.0.0', optional: true },
});
const INSTALLED = lock({ 'node_modules/a': { version: '1.2.3' } });
const OTHER_VERSION = lock({ 'node_modules/a': { version: '1.2.2' } });

/** Runs the script in a clone of ours with a stand-in for npm, which notes how it was called. */
function ensureDependencies(modules: string | undefined, { asLink = false, npmCode = 0 } = {}) {
	const folder = folderWith({
		'package-lock.json': WANTED,
		'bin/npm': `#!/bin/sh\necho "$1" >> called\nexit ${npmCode}\n`,
		...(modules !== undefined && { 'elsewhere/.package-lock.json': modules }),
	});
	mkdirSync(join(folder, 'scripts'));
	cpSync(join(REPOSITORY, SCRIPT), join(folder, SCRIPT));
	chmodSync(join(folder, 'bin', 'npm'), 0o755);
	if (asLink) symlinkSync('elsewhere', join(folder, 'node_modules'));
	else if (modules !== undefined) {
		cpSync(join(folder, 'elsewhere'), join(folder, 'node_modules'), { recursive: true });
	}
	const { status, stderr } = spawnSync(process.execPath, [SCRIPT], {
		cwd: folder,
		env: { PATH: [join(folder, 'bin'), process.env.PATH].join(delimiter) },
		encoding: 'utf8',
	});
	const isCalled = filesBelow(folder, '.').includes('called');
	const npm = isCalled ? readFileSync(join(folder, 'called'), 'utf8').trim() : undefined;
	return { status, stderr, npm };
}

describe('ensure-dependencies.js', () => {
	it.each([
		['are missing', undefined],
		['have another version than package-lock.json names', OTHER_VERSION],
		['were not installed to the end', '{ "packages": '],
	])('installs the packages where they %s', (_, modules) => {
		expect(ensureDependencies(modules)).toMatchObject({ status: 0, npm: 'ci' });
	});

	it('installs nothing where only a package for another system is missing', () => {
		expect(ensureDependencies(INSTALLED)).toEqual({ status: 0, stderr: '', npm: undefined });
	});

	it('fails with npm, and says so', () => {
		const { status, stderr } = ensureDependencies(undefined, { npmCode: 7 });
		expect(status).toBe(1);
		expect(stderr).toMatch(/^npm ci ended with code 7/);
	});

	it('takes the packages that node_modules links to', () => {
		expect(ensureDependencies(INSTALLED, { asLink: true })).toMatchObject({
			status: 0,
			stderr: '',
		});
	});

	it.each([
		['holds other packages', OTHER_VERSION],
		['does not exist', undefined],
	])('refuses where node_modules links to what %s, and leaves it alone', (_, modules) => {
		const { status, stderr, npm } = ensureDependencies(modules, { asLink: true });
		expect(status).toBe(1);
		expect(stderr).toMatch(
			/^node_modules is a symbolic link, .* install them there, or remove the link/,
		);
		expect(npm).toBeUndefined();
	});
});
