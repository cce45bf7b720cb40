import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { COMPOSE, composeEnvironment } from '../../support/compose.cts';
import { REPOSITORY } from './folders.cts';

const read = (path: string) => readFileSync(join(REPOSITORY, path), 'utf8');
const text = COMPOSE;

/** The blocks below a key of the file, by their names. */
function blocksOf(key: string): Map<string, string> {
	const body = text.split(new RegExp(`^${key}:\n`, 'm'))[1].split(/^\S/m)[0];
	const blocks = body.split(/^ {2}(?=[\w-]+:)/m).slice(1);
	return new Map(blocks.map((block) => [block.split(':')[0], block]));
}

const services = blocksOf('services');
const N8N_PROCESSES = ['main', 'webhook', 'worker-1', 'worker-2'];

describe('docs/compose/compose.yaml', () => {
	it('is YAML', () => {
		const prettier = join(REPOSITORY, 'node_modules/prettier/bin/prettier.cjs');
		const run = () =>
			execFileSync(process.execPath, [prettier, '--parser', 'yaml'], { input: text });
		expect(run).not.toThrow();
	});

	it('starts main, webhook process, workers, PostgreSQL, Redis, and installs the package', () => {
		expect([...services.keys()]).toEqual([...N8N_PROCESSES, 'package', 'postgres', 'redis']);
		const commands = N8N_PROCESSES.map(
			(name) => /^ {4}command: (\w+)/m.exec(services.get(name) ?? '')?.[1],
		);
		expect(commands).toEqual([undefined, 'webhook', 'worker', 'worker']);
	});

	it('names each image with its version', () => {
		const images = text.match(/(?<=^ +image: ).*/gm) ?? [];
		expect(images).toHaveLength(4);
		for (const image of images) {
			expect(image).toMatch(
				/^(docker\.n8n\.io\/n8nio\/n8n:\d+\.\d+\.\d+|(postgres|redis):\d+-alpine)$/,
			);
		}
	});

	it('installs the version of this package', () => {
		const { version } = JSON.parse(read('package.json')) as { version: string };
		expect(services.get('package')).toContain(`n8n-nodes-apixo@${version} `);
	});

	it('gives every process of n8n what queue mode, one database and one public address need', () => {
		expect(composeEnvironment()).toEqual({
			EXECUTIONS_MODE: 'queue',
			DB_TYPE: 'postgresdb',
			DB_POSTGRESDB_HOST: 'postgres',
			DB_POSTGRESDB_DATABASE: 'n8n',
			DB_POSTGRESDB_USER: 'n8n',
			DB_POSTGRESDB_PASSWORD: '${POSTGRES_PASSWORD:?}',
			DB_POSTGRESDB_POOL_SIZE: '10',
			QUEUE_BULL_REDIS_HOST: 'redis',
			N8N_ENCRYPTION_KEY: '${N8N_ENCRYPTION_KEY:?}',
			N8N_WEBHOOK_URL: '${N8N_PUBLIC_URL:?}',
			N8N_EDITOR_BASE_URL: '${N8N_PUBLIC_URL:?}',
			N8N_PROXY_HOPS: '1',
			N8N_GRACEFUL_SHUTDOWN_TIMEOUT: '120',
			N8N_LOG_LEVEL: 'info',
			N8N_DEFAULT_BINARY_DATA_MODE: 'database',
			OFFLOAD_MANUAL_EXECUTIONS_TO_WORKERS: 'true',
		});
	});

	it('lets PostgreSQL have the database that n8n asks for, and Redis keep its queue', () => {
		const { DB_POSTGRESDB_DATABASE, DB_POSTGRESDB_USER, DB_POSTGRESDB_PASSWORD } =
			composeEnvironment();
		const postgres = services.get('postgres');
		expect(postgres).toContain(`POSTGRES_DB: ${DB_POSTGRESDB_DATABASE}\n`);
		expect(postgres).toContain(`POSTGRES_USER: ${DB_POSTGRESDB_USER}\n`);
		expect(postgres).toContain(`POSTGRES_PASSWORD: ${DB_POSTGRESDB_PASSWORD}\n`);
		expect(services.get('redis')).toContain('--appendonly yes\n');
	});

	it('stops a process only after n8n has had its time to stop', () => {
		const graceSeconds = Number(/stop_grace_period: (\d+)s/.exec(text)?.[1]);
		const { N8N_GRACEFUL_SHUTDOWN_TIMEOUT } = composeEnvironment();
		expect(graceSeconds).toBeGreaterThan(Number(N8N_GRACEFUL_SHUTDOWN_TIMEOUT));
	});

	it('names every variable that must be set in its first lines', () => {
		const named = new Set(text.match(/(?<=\$\{)\w+(?=:\?\})/g));
		for (const name of named) expect(text.split('\n\n')[0]).toContain(name);
		expect(named.size).toBe(3);
	});

	it.each(N8N_PROCESSES)(
		"gives %s these settings, n8n's image, and a folder of its own",
		(name) => {
			const block = services.get(name);
			expect(block).toContain('    <<: *n8n\n');
			expect(block).toContain('    environment: *environment\n');
			// n8n keeps a journal in its folder; the package is the same for all.
			const volumes = `['${name}:/home/node/.n8n', 'package:/home/node/.n8n/nodes']`;
			expect(block).toContain(`    volumes: ${volumes}\n`);
		},
	);

	it('declares each volume that is mounted, and no other', () => {
		const mounted = text.match(/(?<=')[\w-]+(?=:\/)/g) ?? [];
		expect([...blocksOf('volumes').keys()].sort()).toEqual([...new Set(mounted)].sort());
	});
});
