import { freePort } from './ports.cts';
import { Service, findProgram } from './service.cts';

/** A Redis on loopback that keeps its data over a crash, as `appendonly yes` does. */
export interface Redis {
	/** How n8n reaches it. */
	env: NodeJS.ProcessEnv;
	/** Crashes and starts again on its data. */
	restart(): Promise<void>;
	end(): Promise<void>;
}

/** @throws Error that names the package to install, where there is no Redis. */
export async function startRedis(): Promise<Redis> {
	const port = await freePort();
	const service = await Service.start({
		readyWhen: 'Ready to accept connections',
		endSignal: 'SIGKILL',
		prepare: (folder) => ({
			binary: findProgram('redis-server', 'redis-server'),
			args: [
				...['--bind', '127.0.0.1', '--port', String(port), '--dir', folder],
				...['--save', '', '--appendonly', 'yes'],
			],
		}),
	});
	return {
		env: { QUEUE_BULL_REDIS_HOST: '127.0.0.1', QUEUE_BULL_REDIS_PORT: String(port) },
		restart: async () => await service.restart(),
		end: async () => await service.end(),
	};
}
