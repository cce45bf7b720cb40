import { freePort } from './n8n.cts';
import { Service, findProgram } from './service.cts';

/** A Redis on loopback that keeps nothing. */
export interface Redis {
	/** How n8n reaches it. */
	env: NodeJS.ProcessEnv;
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
			args: ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--dir', folder],
		}),
	});
	return {
		env: { QUEUE_BULL_REDIS_HOST: '127.0.0.1', QUEUE_BULL_REDIS_PORT: String(port) },
		end: async () => await service.end(),
	};
}
