import { join } from 'node:path';
import { extract } from 'tar';
import { packageTarball } from '../../e2e/harness/package.cts';
import { folderWith, REPOSITORY, runScript } from './folders.cts';

jest.setTimeout(300_000);

/** What n8n's scanner reads in the source repository and in the published package. */
const LEGS = {
	source: ['package.json', '{nodes,credentials}/**/*.{js,ts,json}'],
	package: ['package.json', '**/*.js'],
};

/** The rules that a leg of n8n's scanner finds broken in a folder, warnings as well as errors. */
function scan(leg: keyof typeof LEGS, folder: string): string[] {
	const config = join(REPOSITORY, 'scripts', 'scanner.eslint.config.mjs');
	const { stdout, stderr } = runScript(
		'node_modules/eslint/bin/eslint.js',
		['--config', config, '--no-inline-config', '--format', 'json', ...LEGS[leg]],
		folder,
	);
	if (!stdout) throw new Error(stderr);
	const results = JSON.parse(stdout) as Array<{
		filePath: string;
		messages: Array<{ ruleId: string | null; message: string }>;
	}>;
	return results.flatMap(({ filePath, messages }) =>
		messages.map(
			({ ruleId, message }) => `${filePath.slice(folder.length + 1)}: ${ruleId ?? message}`,
		),
	);
}

const FAULTY_MANIFEST = JSON.stringify({
	name: 'n8n-nodes-demo',
	version: '1.0.0',
	description: 'Demo',
	license: 'MIT',
	author: { name: 'Demo', email: 'demo@example.com' },
	homepage: 'https://example.com',
	repository: { type: 'git', url: 'git+https://github.com/demo/n8n-nodes-demo.git' },
	keywords: ['n8n-community-node-package'],
	files: ['dist'],
	n8n: { n8nNodesApiVersion: 1, nodes: ['dist/nodes/demo.js'], credentials: [] },
	peerDependencies: { 'n8n-workflow': '*' },
	dependencies: { undici: '^7.0.0' },
});

describe("n8n's scanner", () => {
	it('finds nothing in the source', () => {
		expect(scan('source', REPOSITORY)).toEqual([]);
	});

	it('finds nothing in the package', async () => {
		const folder = folderWith({});
		await extract({ file: await packageTarball(), cwd: folder, strip: 1 });

		expect(scan('package', folder)).toEqual([]);
	});

	it('finds faults that are put into a source, also those that a comment would switch off', () => {
		const folder = folderWith({
			'package.json': FAULTY_MANIFEST,
			'nodes/timer.ts': 'setTimeout(() => {}, 1); // eslint-disable-line\n',
			'nodes/option.ts':
				"export const option = { displayName: 'Wait', name: 'wait', type: 'boolean', default: true, description: 'Wait for it' };\n",
		});

		expect(scan('source', folder).sort()).toEqual([
			'nodes/option.ts: n8n-nodes-base/node-param-description-boolean-without-whether',
			'nodes/timer.ts: @n8n/community-nodes/no-restricted-globals',
			'package.json: @n8n/community-nodes/no-runtime-dependencies',
		]);
	});

	it('finds faults that are put into a package, also those that a comment would switch off', () => {
		const folder = folderWith({
			'package.json': FAULTY_MANIFEST,
			'dist/nodes/log.js': 'console.log(1); // eslint-disable-line\n',
			'dist/nodes/files.js': 'require("node:fs");\n',
		});

		expect(scan('package', folder).sort()).toEqual([
			'dist/nodes/files.js: @n8n/community-nodes/no-restricted-imports',
			'dist/nodes/log.js: no-console',
			'package.json: @n8n/community-nodes/no-runtime-dependencies',
		]);
	});
});
