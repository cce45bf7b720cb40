import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type N8n, freePort, newUserFolder, startN8n } from './n8n.cts';

const READY_WITHIN_MS = 15_000;

/** A Redis that keeps nothing and ends with this process. */
class Redis {
	private constructor(
		private readonly child: ChildProcess,
		private readonly folder: string,
		readonly port: number,
	) {
		process.on('exit', () => this.stop());
	}

	/** @throws Error that names the package to install, where there is no Redis. */
	static async start(): Promise<Redis> {
		const port = await freePort();
		const folder = mkdtempSync(join(tmpdir(), 'n8n-nodes-apixo-redis-'));
		const args = ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--dir', folder];
		const child = spawn('redis-server', args, { stdio: 'ignore' });
		const redis = new Redis(child, folder, port);
		try {
			await once(child, 'spawn');
		} catch (error) {
			throw new Error(
				'Queue mode needs a Redis, and redis-server is not in the PATH. ' +
					"Install Debian's package: apt-get install --no-install-recommends redis-server",
				{ cause: error },
			);
		}
		await redis.untilReady();
		return redis;
	}

	stop(): void {
		this.child.kill('SIGKILL');
		rmSync(this.folder, { recursive: true, force: true });
	}

	private async untilReady(): Promise<void> {
		const deadline = Date.now() + READY_WITHIN_MS;
		while (Date.now() < deadline) {
			const socket = connect(this.port, '127.0.0.1');
			try {
				await once(socket, 'connect');
				return;
			} catch {
				await delay(50);
			} finally {
				socket.destroy();
			}
		}
		throw new Error(`Redis was not ready within ${READY_WITHIN_MS / 1000} s`);
	}
}

/** n8n in queue mode: workers execute, and whoever calls from outside meets a webhook process. */
export class QueueMode {
	private readonly started: N8n[];

	private constructor(
		private readonly redis: Redis,
		private readonly userFolder: string,
		private readonly env: NodeJS.ProcessEnv,
		/** Editor, REST interface, timers; takes webhooks too. */
		readonly main: N8n,
		/** The address that n8n gives to others. */
		readonly webhook: N8n,
	) {
		this.started = [main, webhook];
	}

	/** Starts all but the workers, with the package installed and its owner logged in. */
	static async start(): Promise<QueueMode> {
		const redis = await Redis.start();
		const userFolder = newUserFolder();
		const webhookPort = await freePort();
		const env = {
			EXECUTIONS_MODE: 'queue',
			QUEUE_BULL_REDIS_HOST: '127.0.0.1',
			QUEUE_BULL_REDIS_PORT: String(redis.port),
			OFFLOAD_MANUAL_EXECUTIONS_TO_WORKERS: 'true',
			N8N_WEBHOOK_URL: `http://127.0.0.1:${webhookPort}/`,
			// The processes share one SQLite file.
			DB_SQLITE_POOL_SIZE: '4',
		};
		const main = await startN8n({ userFolder, env, withPackage: true });
		await main.api.setupOwner();
		const webhook = await startN8n({ userFolder, env, command: 'webhook', port: webhookPort });
		return new QueueMode(redis, userFolder, env, main, webhook);
	}

	async startWorker(): Promise<N8n> {
		const { userFolder, env } = this;
		const worker = await startN8n({ userFolder, env, command: 'worker' });
		this.started.push(worker);
		return worker;
	}

	async dispose(): Promise<void> {
		await Promise.all(this.started.map(async (n8n) => await n8n.dispose()));
		this.redis.stop();
		rmSync(this.userFolder, { recursive: true, force: true });
	}
}
