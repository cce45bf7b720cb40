import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fetch } from 'undici';
import { N8nApi } from './api.cts';
import { ensureN8n, N8N_VERSION, type N8nInstallation } from './install.cts';
import { copyNewDatabase } from './newDatabase.cts';
import { type Log } from './npm.cts';
import { addPackage } from './package.cts';
import { freePort } from './ports.cts';

const READY_WITHIN_MS = 120_000;
const STOPPED_WITHIN_MS = 15_000;

/** What n8n runs as; the latter two belong to queue mode. */
export type N8nCommand = 'start' | 'worker' | 'webhook';

/** Where the output of an n8n is kept, in its user folder. */
const logFile = (userFolder: string, url: string) =>
	join(userFolder, `n8n-${new URL(url).port}.log`);

export interface N8nOptions {
	/** Default: `start`. */
	command?: N8nCommand;
	/** Parent of n8n's own folder `.n8n`. Default: a new temporary one, removed by dispose(). */
	userFolder?: string;
	/** One of N8N_VERSIONS; default: N8N_VERSION. */
	version?: string;
	/** Default: a free one. */
	port?: number;
	/** Has this package from the start, installed as n8n would install it (see addPackage). */
	withPackage?: boolean;
	/** Added to, and stronger than, the harness's own settings of n8n. */
	env?: NodeJS.ProcessEnv;
	log?: Log;
}

/** A folder for one n8n, with a name that says whose it is. */
export function newUserFolder(): string {
	return mkdtempSync(join(tmpdir(), 'n8n-nodes-apixo-'));
}

/** Modules that call n8n's own servers. */
const UNWANTED_MODULES = ['mcp-registry', 'instance-ai', 'chat-hub'];

/** Those that this n8n has: it does not start when it is to disable one that it does not know. */
function modulesToDisable({ n8nScript }: N8nInstallation): string {
	const modules = join(dirname(n8nScript), '..', 'dist', 'modules');
	return UNWANTED_MODULES.filter((name) => existsSync(join(modules, name))).join(',');
}

/** Nothing of the caller's environment but what a program needs: no proxies, no n8n settings. */
function environmentOf(userFolder: string, port: number, brokerPort: number): NodeJS.ProcessEnv {
	return {
		PATH: process.env.PATH,
		TMPDIR: tmpdir(),
		// n8n keeps a cache of its static files under the home folder: one for each n8n.
		HOME: userFolder,
		NODE_ENV: 'production',
		NO_PROXY: '127.0.0.1,localhost',
		GENERIC_TIMEZONE: 'UTC',
		N8N_USER_FOLDER: userFolder,
		N8N_HOST: '127.0.0.1',
		N8N_LISTEN_ADDRESS: '127.0.0.1',
		N8N_PORT: String(port),
		N8N_PROTOCOL: 'http',
		N8N_WEBHOOK_URL: `http://127.0.0.1:${port}/`,
		N8N_RUNNERS_BROKER_PORT: String(brokerPort),
		// Task runners run n8n's Code node, which no workflow here has: n8n waits for one to connect
		// instead of starting it, which would take a process and 2 s of a core at each start.
		N8N_RUNNERS_MODE: 'external',
		N8N_RUNNERS_AUTH_TOKEN: 'no runner connects',
		// Of a worker, the only thing that can be asked.
		QUEUE_HEALTH_CHECK_ACTIVE: 'true',
		QUEUE_HEALTH_CHECK_PORT: String(port),
		N8N_WORKER_SERVER_ADDRESS: '127.0.0.1',
		N8N_SECURE_COOKIE: 'false',
		N8N_GRACEFUL_SHUTDOWN_TIMEOUT: '5',
		N8N_UNVERIFIED_PACKAGES_ENABLED: 'true',
		// Whatever would call n8n's own servers, or stand in the way of a visitor.
		N8N_VERIFIED_PACKAGES_ENABLED: 'false',
		N8N_DIAGNOSTICS_ENABLED: 'false',
		N8N_VERSION_NOTIFICATIONS_ENABLED: 'false',
		N8N_VERSION_NOTIFICATIONS_WHATS_NEW_ENABLED: 'false',
		N8N_TEMPLATES_ENABLED: 'false',
		N8N_LICENSE_AUTO_RENEW_ENABLED: 'false',
		N8N_HIRING_BANNER_ENABLED: 'false',
		N8N_DYNAMIC_BANNERS_ENABLED: 'false',
		N8N_PERSONALIZATION_ENABLED: 'false',
	};
}

async function isReady(url: string, command: N8nCommand): Promise<boolean> {
	try {
		const health = await fetch(`${url}/healthz/readiness`);
		await health.arrayBuffer();
		if (command !== 'start') return health.ok;
		const settings = await fetch(`${url}/rest/settings`);
		const body = await settings.text();
		return health.ok && settings.ok && body.startsWith('{');
	} catch {
		return false;
	}
}

/** Those that this process must not leave behind. */
const owned = new Set<N8n>();
process.on('exit', () => owned.forEach((n8n) => n8n.disposeNow()));

const hasEnded = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null;

/** What can be asked of a running n8n, also of one that another process started. */
export class RunningN8n {
	constructor(
		/** Without a slash at the end. */
		readonly url: string,
		/** Parent of n8n's own folder `.n8n`. */
		readonly userFolder: string,
		/** n8n's main process; 0 while there is none. */
		public pid: number,
		readonly api: N8nApi,
		/** In queue mode of every process. */
		readonly logFiles = [logFile(userFolder, url)],
	) {}

	/** All that n8n wrote since its first start on this user folder. */
	logs(): string {
		return this.logFiles.map((file) => readFileSync(file, 'utf8')).join('');
	}

	/** Resident memory of n8n's main process, without its task runner, in bytes. Linux only. */
	residentMemoryBytes(): number {
		const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
		return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
	}
}

/** An n8n that belongs to the caller, who may stop it and start it again. */
export class N8n extends RunningN8n {
	private child?: ChildProcess;

	constructor(
		private readonly installation: N8nInstallation,
		userFolder: string,
		private readonly removeUserFolder: boolean,
		readonly port: number,
		private readonly env: NodeJS.ProcessEnv,
		private readonly command: N8nCommand,
	) {
		const url = `http://127.0.0.1:${port}`;
		super(url, userFolder, 0, new N8nApi(url));
		owned.add(this);
	}

	/**
	 * Starts n8n, also again on the same folder and port, and waits until it answers.
	 * @throws Error with n8n's last lines when it ends early or is not ready within 120 s.
	 */
	async start(): Promise<void> {
		const { nodeBinary, n8nScript } = this.installation;
		const output = openSync(this.logFiles[0], 'a');
		const child = spawn(nodeBinary, [n8nScript, this.command], {
			cwd: this.userFolder,
			env: {
				...environmentOf(this.userFolder, this.port, await freePort()),
				N8N_DISABLED_MODULES: modulesToDisable(this.installation),
				...this.env,
			},
			stdio: ['ignore', output, output],
		});
		closeSync(output);
		const logBefore = this.logs().length;
		this.child = child;
		await once(child, 'spawn');
		this.pid = child.pid ?? 0;

		// It answers before it has put the executions of a crash in order, and says this after.
		const isStarted = () =>
			this.command !== 'start' || this.logs().slice(logBefore).includes('Editor is now accessible');
		const deadline = Date.now() + READY_WITHIN_MS;
		while (!(isStarted() && (await isReady(this.url, this.command)))) {
			if (hasEnded(child)) {
				const how = child.signalCode ?? `code ${child.exitCode}`;
				throw new Error(`n8n ended with ${how} before it was ready.${this.lastLines()}`);
			}
			if (Date.now() > deadline) {
				await this.kill();
				const seconds = READY_WITHIN_MS / 1000;
				throw new Error(`n8n was not ready within ${seconds} s.${this.lastLines()}`);
			}
			await delay(100);
		}
	}

	/** Asks n8n to end, and ends it by force if it does not within 15 s. */
	async stop(): Promise<void> {
		const force = setTimeout(() => this.child?.kill('SIGKILL'), STOPPED_WITHIN_MS);
		await this.end('SIGTERM');
		clearTimeout(force);
	}

	/** Ends n8n at once, as a power failure would. */
	async kill(): Promise<void> {
		await this.end('SIGKILL');
		// Where n8n finds this file at its next start, it waits 10 s, against crash loops.
		rmSync(join(this.userFolder, '.n8n', 'crash.journal'), { force: true });
	}

	async restart(): Promise<void> {
		await this.stop();
		await this.start();
	}

	/** Stops n8n and removes its user folder, unless the caller brought the folder. */
	async dispose(): Promise<void> {
		await this.stop();
		this.disposeNow();
	}

	/** The same without waiting, for a process that is about to end. */
	disposeNow(): void {
		this.child?.kill('SIGKILL');
		if (this.removeUserFolder) rmSync(this.userFolder, { recursive: true, force: true });
		owned.delete(this);
	}

	private async end(signal: NodeJS.Signals): Promise<void> {
		if (!this.child || hasEnded(this.child)) return;
		const exit = once(this.child, 'exit');
		this.child.kill(signal);
		await exit;
		this.pid = 0;
	}

	private lastLines(): string {
		return ` Its last lines:\n${this.logs().split('\n').slice(-40).join('\n')}`;
	}
}

/**
 * Starts n8n and waits until it answers; installs it before, if need be (see ensureN8n).
 * @throws Error with n8n's last lines when it ends early or is not ready within 120 s.
 */
export async function startN8n(options: N8nOptions = {}): Promise<N8n> {
	const { version = N8N_VERSION, log = () => {}, command = 'start' } = options;
	const installation = await ensureN8n({ version, log });
	const n8n = new N8n(
		installation,
		options.userFolder ?? newUserFolder(),
		options.userFolder === undefined,
		options.port ?? (await freePort()),
		options.env ?? {},
		command,
	);
	try {
		if (options.withPackage) await addPackage(n8n.userFolder, log);
		if (!options.userFolder && !options.env?.DB_TYPE) copyNewDatabase(n8n.userFolder, version);
		log(`Starting n8n ${version}${command === 'start' ? '' : ` (${command})`}`);
		await n8n.start();
	} catch (error) {
		await n8n.dispose();
		throw error;
	}
	return n8n;
}
