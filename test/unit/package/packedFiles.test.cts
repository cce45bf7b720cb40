import { ensureBuild } from '../../e2e/harness/package.cts';
import { runNpm } from '../../e2e/harness/npm.cts';
import { filesBelow, REPOSITORY } from './folders.cts';

/** What npm packs beside dist, whatever "files" says. */
const DOCUMENTS = ['LICENSE.md', 'README.md', 'package.json'];

const LOADED_BY_N8N = [
	'dist/credentials/ApixoApi.credentials.js',
	'dist/nodes/Apixo/Apixo.node.js',
	'dist/nodes/Apixo/Apixo.node.json',
	'dist/nodes/Apixo/apixo.dark.svg',
	'dist/nodes/Apixo/apixo.svg',
	'dist/nodes/ApixoTrigger/ApixoTrigger.node.js',
	'dist/nodes/ApixoTrigger/ApixoTrigger.node.json',
	'dist/nodes/ApixoTrigger/apixoTrigger.dark.svg',
	'dist/nodes/ApixoTrigger/apixoTrigger.svg',
];

async function packedFiles(): Promise<string[]> {
	await ensureBuild();
	const output = await runNpm(['pack', '--dry-run', '--json', '--ignore-scripts'], {
		cwd: REPOSITORY,
	});
	const [{ files }] = JSON.parse(output) as [{ files: Array<{ path: string }> }];
	return files.map(({ path }) => path).sort();
}

describe('the packed files', () => {
	it('are the documents, and each source of nodes and credentials as it is built, no more', async () => {
		const sources = [...filesBelow(REPOSITORY, 'credentials'), ...filesBelow(REPOSITORY, 'nodes')];
		const built = sources.map((file) => `dist/${file.replace(/\.ts$/, '.js')}`);

		expect(await packedFiles()).toEqual([...DOCUMENTS, ...built].sort());
	});

	it('include everything that n8n loads by name', async () => {
		expect(await packedFiles()).toEqual(expect.arrayContaining(LOADED_BY_N8N));
	});
});
