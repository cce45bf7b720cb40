import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const REPOSITORY = resolve(__dirname, '..', '..');

/** The compose file that docs/scaling.md offers. */
export const COMPOSE = readFileSync(join(REPOSITORY, 'docs/compose/compose.yaml'), 'utf8');

/** What the file gives every process of n8n, as text without quotation marks. */
export function composeEnvironment(): Record<string, string> {
	const [, block] = /^x-environment: .*\n((?: +.*\n)+)/m.exec(COMPOSE) ?? [];
	const lines = block.matchAll(/^ {2}(\w+): (.*)$/gm);
	return Object.fromEntries(
		Array.from(lines, ([, name, value]) => [name, value.replace(/^'(.*)'$/, '$1')]),
	);
}

/** Where things are and what is secret differs from place to place; the rest is how n8n works. */
export function composeSettings(): Record<string, string> {
	const ofOnePlace =
		/^(DB_POSTGRESDB_(HOST|DATABASE|USER|PASSWORD)|QUEUE_BULL_REDIS_|N8N_ENCRYPTION_KEY|N8N_\w+_URL)/;
	return Object.fromEntries(
		Object.entries(composeEnvironment()).filter(([name]) => !ofOnePlace.test(name)),
	);
}
