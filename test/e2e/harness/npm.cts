import { spawn } from 'node:child_process';
import { delimiter } from 'node:path';

/** Takes one line of progress, without a line break. */
export type Log = (line: string) => void;

/** npm's own settings that say how to reach a registry; everything else is the parent's business. */
const REGISTRY_SETTINGS =
	/^npm_config_(registry|@.*|_auth.*|\/\/.*|ca|cafile|cert|key|proxy|https?_proxy|noproxy|strict_ssl|cache|userconfig|globalconfig)$/i;

/**
 * The environment for an npm that must behave as if a user had called it in a fresh shell, also
 * when this process was started by `npm run`, by jest or by tsx: without the parent's npm_*
 * variables (except how to reach the registry), node options and node_modules/.bin folders.
 */
export function cleanNpmEnvironment(
	environment: NodeJS.ProcessEnv = process.env,
): NodeJS.ProcessEnv {
	const kept = Object.entries(environment).filter(
		([name]) =>
			REGISTRY_SETTINGS.test(name) ||
			!/^(npm_.*|init_cwd|node|node_env|node_options|node_path|jest_worker_id)$/i.test(name),
	);
	const path = (environment.PATH ?? '')
		.split(delimiter)
		.filter((folder) => !/node_modules[\\/]\.bin[\\/]?$|node-gyp-bin$/.test(folder))
		.join(delimiter);
	return { ...Object.fromEntries(kept), PATH: path };
}

/**
 * Runs npm to its end and returns what it wrote to stdout.
 * @throws Error with the last lines npm wrote, when it ends with another code than 0.
 */
export async function runNpm(
	args: string[],
	options: { cwd: string; env?: NodeJS.ProcessEnv },
): Promise<string> {
	return await new Promise((resolve, reject) => {
		const npm = spawn('npm', args, {
			cwd: options.cwd,
			env: options.env ?? cleanNpmEnvironment(),
			stdio: ['ignore', 'pipe', 'pipe'],
		});
		const endWithThisProcess = () => npm.kill();
		process.once('exit', endWithThisProcess);
		let stdout = '';
		let lastOutput = '';
		const remember = (chunk: string) => {
			lastOutput = (lastOutput + chunk).slice(-4000);
		};
		npm.stdout.setEncoding('utf8').on('data', (chunk: string) => {
			stdout += chunk;
			remember(chunk);
		});
		npm.stderr.setEncoding('utf8').on('data', remember);
		npm.on('error', reject);
		npm.on('close', (code, signal) => {
			process.off('exit', endWithThisProcess);
			if (code === 0) resolve(stdout);
			else
				reject(
					new Error(`npm ${args.join(' ')} ended with ${signal ?? `code ${code}`}:\n${lastOutput}`),
				);
		});
	});
}
