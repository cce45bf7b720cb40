import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { composeEnvironment } from '../support/compose.cts';
import { ensureN8n } from './harness/install.cts';

/** Where n8n reads its settings from the environment. */
const READERS = ['@n8n/config/dist', 'n8n-core/dist/binary-data', 'n8n/dist/deprecation'];

/** The settings of n8n that the table of docs/scaling.md names. */
function documentedSettings(): string[] {
	const page = readFileSync(resolve(__dirname, '../../docs/scaling.md'), 'utf8');
	const rows = page.split('\n').filter((line) => line.startsWith('| '));
	const names = rows.flatMap((row) => row.split('|')[1].match(/`[A-Z][A-Z0-9_]+(?==|`)/g) ?? []);
	return names.map((name) => name.slice(1));
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

it('finds no setting that n8n does not have', () => {
	expect(source).not.toMatch(/\bN8N_NO_SUCH_SETTING\b/);
	expect(namedSettings.length).toBeGreaterThan(15);
});

it.each(namedSettings)(
	'%s, of docs/scaling.md or the compose file, is a setting of n8n',
	(name) => {
		expect(source).toMatch(new RegExp(`\\b${name}\\b`));
	},
);
