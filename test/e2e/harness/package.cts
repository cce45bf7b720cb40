import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { extract } from 'tar';
import { cleanNpmEnvironment, type Log, runNpm } from './npm.cts';

const REPOSITORY = resolve(__dirname, '..', '..', '..');
const PACKAGE_NAME = 'n8n-nodes-apixo';

/** What a build is made of, relative to the repository. */
const SOURCES = ['credentials', 'nodes', 'package.json', 'tsconfig.json', 'gulpfile.js'];

/** Where n8n keeps community nodes. */
const nodesOf = (userFolder: string) => join(userFolder, '.n8n', 'nodes');

/** Holds the tarball's path, so that all test files of a run use one. */
const TARBALL_VARIABLE = 'N8N_NODES_APIXO_TARBALL';

function newestChangeMs(path: string): number {
	const { mtimeMs } = statSync(path);
	if (!statSync(path).isDirectory()) return mtimeMs;
	return Math.max(mtimeMs, ...readdirSync(path).map((name) => newestChangeMs(join(path, name))));
}

function isBuildCurrent(): boolean {
	const built = join(REPOSITORY, 'dist', 'nodes', 'Apixo', 'Apixo.node.js');
	if (!existsSync(built)) return false;
	const { mtimeMs: builtAtMs } = statSync(built);
	return SOURCES.every((source) => newestChangeMs(join(REPOSITORY, source)) <= builtAtMs);
}

/** Builds the package when there is no build, or one older than a source file. */
export async function ensureBuild(log: Log = () => {}): Promise<void> {
	if (isBuildCurrent()) return;
	log('Building the package');
	// CI: plain lines instead of a spinner, so that an error can be read.
	await runNpm(['run', 'build'], {
		cwd: REPOSITORY,
		env: { ...cleanNpmEnvironment(), CI: 'true' },
	});
}

async function pack(log: Log): Promise<string> {
	await ensureBuild(log);
	const folder = mkdtempSync(join(tmpdir(), `${PACKAGE_NAME}-tarball-`));
	process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
	const args = ['pack', '--ignore-scripts', '--loglevel=error', '--pack-destination', folder];
	await runNpm(args, { cwd: REPOSITORY });
	return join(folder, readdirSync(folder)[0]);
}

/** Holds a user folder that has the package, so that further ones get a copy of that. */
const INSTALLED_VARIABLE = 'N8N_NODES_APIXO_INSTALLED';

/** The package as it would be published, built and packed once per run of tests or demo. */
export async function packageTarball(log: Log = () => {}): Promise<string> {
	return (process.env[TARBALL_VARIABLE] ??= await pack(log));
}

/** The package in a user folder: installed once per run of tests, and copied from then on. */
export async function addPackage(userFolder: string, log?: Log): Promise<void> {
	const installed = process.env[INSTALLED_VARIABLE];
	if (installed && existsSync(nodesOf(installed))) {
		await cp(nodesOf(installed), nodesOf(userFolder), { recursive: true });
		return;
	}
	await installPackage(userFolder, log);
	process.env[INSTALLED_VARIABLE] = userFolder;
}

/**
 * Installs the package into a user folder as n8n 2.x does after "Install" in its settings
 * (downloadPackage in its community-packages.service): unpacked, without peer, optional and
 * development dependencies, without install scripts. `--offline` is ours: it has no dependencies.
 */
async function installPackage(userFolder: string, log?: Log): Promise<void> {
	const tarball = await packageTarball(log);
	const nodesFolder = nodesOf(userFolder);
	const packageFolder = join(nodesFolder, 'node_modules', PACKAGE_NAME);
	mkdirSync(packageFolder, { recursive: true });
	await extract({ file: tarball, cwd: packageFolder, strip: 1 });

	const manifestFile = join(packageFolder, 'package.json');
	const manifest = JSON.parse(await readFile(manifestFile, 'utf8')) as Record<string, unknown>;
	for (const name of ['devDependencies', 'peerDependencies', 'optionalDependencies']) {
		delete manifest[name];
	}
	await writeFile(manifestFile, JSON.stringify(manifest, null, 2));
	const flags = [
		'--audit=false',
		'--fund=false',
		'--bin-links=false',
		'--install-strategy=shallow',
		'--ignore-scripts=true',
		'--package-lock=false',
		'--offline',
	];
	await runNpm(['install', ...flags], { cwd: packageFolder });
	await mkdir(nodesFolder, { recursive: true });
	const installed = {
		name: 'installed-nodes',
		private: true,
		dependencies: { [PACKAGE_NAME]: manifest.version },
	};
	await writeFile(join(nodesFolder, 'package.json'), JSON.stringify(installed, null, 2));
}
