import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { composeEnvironment } from '../support/compose.cts';
import { ensureN8n } from './harness/install.cts';

/** Where n8n reads its settings from the environment: not where it only names deprecated ones. */
const READERS = ['@n8n/config/dist', 'n8n-core/dist/binary-data', 'n8n/dist/commands'];

/** The settings of n8n that docs/scaling.md names. */
function documentedSettings(): string[] {
	const page = readFileSync(resolve(__dirname, '../../docs/scaling.md'), 'utf8');
	const names = page.matchAll(/`((?:N8N|DB|QUEUE|EXECUTIONS|OFFLOAD)_[A-Z0-9_]+)(?==|`)/g);
	return Array.from(names, ([, name]) => name);
}

const namedSettings = [...new Set([...Object.keys(composeEnvironment()), ...documentedSettings()])];

let source: string;

beforeAll(async () => {
	const { n8nScript } = await ensureN8n({ log: () => {} });
	const modules = join(dirname(n8nScript), '..', '..');
	const files = READERS.flatMap((folder) =>
		readdirSync(join(modules, folder), { recursive: true, encoding: 'utf8' })
			.filter((path) => path.endsWith('.js'))
			.map((path) => join(modules, folder, path)),
	);
	source = files.map((path) => readFileSync(path, 'utf8')).join('\n');
});

it.each(['N8N_NO_SUCH_SETTING', 'WEBHOOK_URL'])(
	'does not find %s, which n8n no longer has',
	(name) => {
		expect(source).not.toMatch(new RegExp(`\\b${name}\\b`));
	},
);

it('finds the settings on the page', () => {
	expect(documentedSettings()).toContain('QUEUE_WORKER_LOCK_DURATION');
	expect(documentedSettings()).toContain('N8N_DEFAULT_BINARY_DATA_MODE');
});

it.each(namedSettings)(
	'%s, of docs/scaling.md or the compose file, is a setting of n8n',
	(name) => {
		expect(source).toMatch(new RegExp(`\\b${name}\\b`));
	},
);
