import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { DEFAULT_TIMEOUT_MS } from '../../support/eventually.cts';

const LAST_OUTPUT_CHARACTERS = 4_000;

export interface ServiceOptions {
	/** Gets a temporary folder of its own; answers what to run and how. */
	prepare: (
		folder: string,
	) => Promise<{ binary: string; args: string[] }> | { binary: string; args: string[] };
	/** What its output contains once it can be used. */
	readyWhen: string;
	/** Ends it at once and with all its children. */
	endSignal: NodeJS.Signals;
	/** Who it runs as; default: the user of this process. */
	user?: { uid: number; gid: number };
}

/** A program that keeps its data in a temporary folder, and ends with this process. */
export class Service {
	private lastOutput = '';
	private child!: ChildProcess;

	private constructor(
		private readonly options: ServiceOptions,
		private readonly program: { binary: string; args: string[] },
		private readonly folder: string,
	) {
		process.once('exit', this.endNow);
	}

	/** @throws Error with its last lines, when it ends early or is not ready within 90 s. */
	static async start(options: ServiceOptions): Promise<Service> {
		const folder = mkdtempSync(join(tmpdir(), 'n8n-nodes-apixo-service-'));
		if (options.user) chownSync(folder, options.user.uid, options.user.gid);
		try {
			const service = new Service(options, await options.prepare(folder), folder);
			await service.run();
			return service;
		} catch (error) {
			rmSync(folder, { recursive: true, force: true });
			throw error;
		}
	}

	/** Ends it and removes its folder. */
	async end(): Promise<void> {
		await this.endProcess();
		process.off('exit', this.endNow);
		rmSync(this.folder, { recursive: true, force: true });
	}

	/** Ends it as a crash would, and starts it again on the data that it has kept. */
	async restart(): Promise<void> {
		await this.endProcess();
		await this.run();
	}

	private async run(): Promise<void> {
		const { binary, args } = this.program;
		this.lastOutput = '';
		this.child = spawn(binary, args, {
			cwd: this.folder,
			stdio: ['ignore', 'pipe', 'pipe'],
			...this.options.user,
		});
		await this.untilReady(this.options.readyWhen);
	}

	private async endProcess(): Promise<void> {
		const { child } = this;
		const exit = once(child, 'exit');
		const isRunning = child.exitCode === null && child.signalCode === null;
		if (isRunning && child.kill(this.options.endSignal)) await exit;
	}

	private readonly endNow = (): void => {
		this.child?.kill(this.options.endSignal);
		rmSync(this.folder, { recursive: true, force: true });
	};

	private async untilReady(readyWhen: string): Promise<void> {
		const { child } = this;
		await new Promise<void>((resolve, reject) => {
			const fail = (how: string) => {
				clearTimeout(timer);
				reject(new Error(`${child.spawnfile} ${how}. Its last lines:\n${this.lastOutput}`));
			};
			const timer = setTimeout(() => {
				this.endNow();
				fail(`was not ready within ${DEFAULT_TIMEOUT_MS / 1000} s`);
			}, DEFAULT_TIMEOUT_MS);
			const read = (chunk: Buffer) => {
				this.lastOutput = (this.lastOutput + chunk.toString()).slice(-LAST_OUTPUT_CHARACTERS);
				if (!this.lastOutput.includes(readyWhen)) return;
				clearTimeout(timer);
				resolve();
			};
			child.stdout?.on('data', read);
			child.stderr?.on('data', read);
			child.once('error', ({ message }) => fail(`could not be started: ${message}`));
			child.once('exit', (code, signal) => fail(`ended with ${signal ?? `code ${code}`}`));
		});
	}
}

/**
 * Finds a program in these folders, then in the PATH.
 * @throws Error that names the Debian package to install.
 */
export function findProgram(name: string, debianPackage: string, folders: string[] = []): string {
	const candidates = [...folders, ...(process.env.PATH ?? '').split(delimiter)];
	const folder = candidates.find((candidate) => existsSync(join(candidate, name)));
	if (folder !== undefined) return join(folder, name);
	throw new Error(
		`Queue mode needs ${name}, which is not here. Install Debian's package: ` +
			`apt-get install --no-install-recommends ${debianPackage}`,
	);
}

/** Where Debian keeps the programs of PostgreSQL, which are not in the PATH; the newest first. */
export function postgresFolders(versions = '/usr/lib/postgresql'): string[] {
	if (!existsSync(versions)) return [];
	const newestFirst = readdirSync(versions).sort((one, other) => Number(other) - Number(one));
	return newestFirst.map((version) => join(versions, version, 'bin'));
}
