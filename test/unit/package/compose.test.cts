import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from './folders.cts';

const read = (path: string) => readFileSync(join(REPOSITORY, path), 'utf8');
const text = read('docs/compose/compose.yaml');

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

	it.each([
		['EXECUTIONS_MODE', 'queue'],
		['DB_TYPE', 'postgresdb'],
		['DB_POSTGRESDB_HOST', 'postgres'],
		['QUEUE_BULL_REDIS_HOST', 'redis'],
		['N8N_ENCRYPTION_KEY', '${N8N_ENCRYPTION_KEY:?}'],
		['N8N_WEBHOOK_URL', '${N8N_PUBLIC_URL:?}'],
	])('gives every process of n8n %s', (name, value) => {
		expect(text).toContain(`\n  ${name}: ${value}\n`);
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
