import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from './ports.cts';
import { Service, findProgram, postgresFolders } from './service.cts';

const run = promisify(execFile);

/** PostgreSQL refuses to run as root; this user (nobody) exists everywhere and owns nothing. */
const NOBODY = { uid: 65_534, gid: 65_534 };

const USER = 'n8n';

/** An empty PostgreSQL on loopback, for tests only: it keeps nothing that a crash would lose. */
export interface Postgres {
	/** How n8n reaches it. */
	env: NodeJS.ProcessEnv;
	/** Runs SQL; answers its rows, one a line. */
	query(sql: string): Promise<string>;
	/** Runs SQL in a session that keeps its locks until the function that this answers is called. */
	openSession(sql: string): Promise<() => Promise<void>>;
	/** Crashes and starts again on its data. */
	restart(): Promise<void>;
	end(): Promise<void>;
}

/** @throws Error that names the package to install, where there is no PostgreSQL. */
export async function startPostgres(): Promise<Postgres> {
	const port = await freePort();
	const program = (name: string) => findProgram(name, 'postgresql', postgresFolders());
	const user = process.getuid?.() === 0 ? NOBODY : undefined;
	const service = await Service.start({
		user,
		readyWhen: 'ready to accept connections',
		// Its "immediate shutdown", which also ends its children.
		endSignal: 'SIGQUIT',
		prepare: async (folder) => {
			const data = join(folder, 'data');
			const options = ['--auth=trust', `--username=${USER}`, '--encoding=UTF8', '--locale=C'];
			await run(program('initdb'), ['--pgdata', data, '--no-sync', ...options], {
				cwd: folder,
				...user,
			});
			const settings = {
				port,
				listen_addresses: '127.0.0.1',
				unix_socket_directories: '',
				fsync: 'off',
				synchronous_commit: 'off',
				full_page_writes: 'off',
			};
			const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
			return { binary: program('postgres'), args: ['-D', data, ...args] };
		},
	});
	const connection = ['--host=127.0.0.1', `--port=${port}`, `--username=${USER}`, 'postgres'];
	const psql = ['--no-psqlrc', '--quiet', '--tuples-only', '--no-align', ...connection];
	return {
		query: async (sql) => (await run(program('psql'), [...psql, '--command', sql])).stdout.trim(),
		openSession: async (sql) => {
			const session = spawn(program('psql'), psql, { stdio: ['pipe', 'pipe', 'inherit'] });
			const isExecuted = once(session.stdout, 'data');
			session.stdin.write(`${sql};\n\\echo executed\n`);
			await isExecuted;
			return async () => {
				const exit = once(session, 'exit');
				session.stdin.end();
				await exit;
			};
		},
		env: {
			DB_TYPE: 'postgresdb',
			DB_POSTGRESDB_HOST: '127.0.0.1',
			DB_POSTGRESDB_PORT: String(port),
			DB_POSTGRESDB_DATABASE: 'postgres',
			DB_POSTGRESDB_USER: USER,
		},
		restart: async () => await service.restart(),
		end: async () => await service.end(),
	};
}
