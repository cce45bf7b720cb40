import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { REPOSITORY } from './folders.cts';

interface Service {
	image: string;
	command?: string | string[];
	environment?: Record<string, string>;
	depends_on?: Record<string, { condition: string }>;
	volumes?: string[];
	healthcheck?: object;
}

const text = readFileSync(join(REPOSITORY, 'docs/compose/compose.yaml'), 'utf8');
const { services, volumes } = parse(text, { merge: true, strict: true }) as {
	services: Record<string, Service>;
	volumes: Record<string, null>;
};
const isN8n = ([name]: [string, Service]) => /^(main|webhook|worker-\d)$/.test(name);
const n8nProcesses = Object.entries(services).filter(isN8n);
const version = (file: string) =>
	JSON.parse(readFileSync(join(REPOSITORY, file), 'utf8')) as { version: string };

describe('docs/compose/compose.yaml', () => {
	it('starts main, webhook process, workers, PostgreSQL, Redis, and installs the package', () => {
		expect(Object.keys(services)).toEqual([
			...['main', 'webhook', 'worker-1', 'worker-2'],
			...['package', 'postgres', 'redis'],
		]);
		const commands = n8nProcesses.map(([, { command = 'start' }]) => String(command).split(' ')[0]);
		expect(commands).toEqual(['start', 'webhook', 'worker', 'worker']);
	});

	it('names each image with its version', () => {
		for (const { image } of Object.values(services)) {
			expect(image).toMatch(
				/^(docker\.n8n\.io\/n8nio\/n8n:\d+\.\d+\.\d+|(postgres|redis):\d+-alpine)$/,
			);
		}
	});

	it('installs the version of this package', () => {
		const name = `n8n-nodes-apixo@${version('package.json').version}`;
		expect(String(services.package.command)).toContain(`${name} `);
	});

	it.each(n8nProcesses)('gives %s what queue mode needs', (name, service) => {
		expect(service.environment).toMatchObject({
			EXECUTIONS_MODE: 'queue',
			DB_TYPE: 'postgresdb',
			DB_POSTGRESDB_HOST: 'postgres',
			QUEUE_BULL_REDIS_HOST: 'redis',
			N8N_ENCRYPTION_KEY: '${N8N_ENCRYPTION_KEY:?}',
			N8N_WEBHOOK_URL: '${N8N_PUBLIC_URL:?}',
		});
		// A folder of its own, since n8n keeps a journal in it, and the package of all.
		expect(service.volumes).toEqual([`${name}:/home/node/.n8n`, 'package:/home/node/.n8n/nodes']);
	});

	it('waits only for services that are there, and for their health where it is checked', () => {
		for (const [, { depends_on: needs = {} }] of n8nProcesses) {
			for (const [name, { condition }] of Object.entries(needs)) {
				const isChecked = services[name].healthcheck !== undefined;
				expect(condition).toBe(isChecked ? 'service_healthy' : 'service_completed_successfully');
			}
		}
	});

	it('declares each volume that is mounted, and no other', () => {
		const mounted = Object.values(services).flatMap(({ volumes: own = [] }) =>
			own.map((volume) => volume.split(':')[0]),
		);
		expect(Object.keys(volumes).sort()).toEqual([...new Set(mounted)].sort());
	});
});
