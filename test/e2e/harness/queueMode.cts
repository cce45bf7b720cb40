import { randomUUID } from 'node:crypto';
import { type N8n, type N8nCommand, startN8n } from './n8n.cts';
import type { Log } from './npm.cts';
import { type Postgres, startPostgres } from './postgres.cts';
import { type Proxy, startProxy } from './proxy.cts';
import { type Redis, startRedis } from './redis.cts';

export interface QueueModeOptions {
	/** Default: 1. */
	workers?: number;
	/** Default: 1. */
	webhookProcesses?: number;
	/** Of the main process; default: a free one. */
	mainPort?: number;
	/** For every process, over what the harness sets. */
	env?: NodeJS.ProcessEnv;
	log?: Log;
}

/** n8n in queue mode with PostgreSQL and Redis, the package installed and its owner logged in. */
export interface QueueMode {
	/** Editor, REST interface, timers; takes webhooks too, once the proxy sends it some. */
	main: N8n;
	/** They execute; their `url` answers health checks only. */
	workers: N8n[];
	/** The proxy sends webhooks to these, in turn, and other requests to main. */
	webhookProcesses: N8n[];
	postgres: Postgres;
	redis: Redis;
	/** Its URL is the one that n8n gives to others, in callback URLs for example. */
	proxy: Proxy;
	/** Ends all of it, and removes its data. */
	dispose(): Promise<void>;
}

/** @throws Error that says which process did not start, or which package is missing. */
export async function startQueueMode(options: QueueModeOptions = {}): Promise<QueueMode> {
	const { workers = 1, webhookProcesses = 1, log } = options;
	const services: Array<{ end(): Promise<void> }> = [];
	const processes: N8n[] = [];
	const dispose = async () => {
		await all(
			processes.map(async (n8n) => {
				await n8n.kill();
				n8n.disposeNow();
			}),
		);
		await all(services.map(async (service) => await service.end()));
	};
	const service = async <T extends { end(): Promise<void> }>(starting: Promise<T>) => {
		const started = await starting;
		services.push(started);
		return started;
	};

	try {
		const [postgres, redis, proxy] = await all([
			service(startPostgres()),
			service(startRedis()),
			service(startProxy()),
		]);
		const env = {
			...postgres.env,
			...redis.env,
			EXECUTIONS_MODE: 'queue',
			OFFLOAD_MANUAL_EXECUTIONS_TO_WORKERS: 'true',
			N8N_ENCRYPTION_KEY: randomUUID(),
			N8N_WEBHOOK_URL: `${proxy.url}/`,
			...options.env,
		};
		const start = async (command: N8nCommand) => {
			const port = command === 'start' ? options.mainPort : undefined;
			const n8n = await startN8n({ command, env, withPackage: true, port, log });
			processes.push(n8n);
			return n8n;
		};
		const main = await start('start');
		const startSeveral = async (command: N8nCommand, count: number) =>
			await all(Array.from({ length: count }, async () => await start(command)));
		const [startedWorkers, startedWebhookProcesses] = await all([
			startSeveral('worker', workers),
			startSeveral('webhook', webhookProcesses),
			main.api.setupOwner(),
		]);
		proxy.sendTo(...startedWebhookProcesses);
		proxy.sendOthersTo(main);
		return {
			main,
			workers: startedWorkers,
			webhookProcesses: startedWebhookProcesses,
			postgres,
			redis,
			proxy,
			dispose,
		};
	} catch (error) {
		await dispose();
		throw error;
	}
}

/** Like Promise.all, but a failure comes out only when none is under way any more. */
async function all<T extends readonly unknown[]>(
	promises: readonly [...T],
): Promise<{ -readonly [index in keyof T]: Awaited<T[index]> }> {
	await Promise.allSettled(promises);
	return await Promise.all(promises);
}
