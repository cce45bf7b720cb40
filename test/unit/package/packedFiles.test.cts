import { ensureBuild } from '../../e2e/harness/package.cts';
import { runNpm } from '../../e2e/harness/npm.cts';
import { REPOSITORY } from './folders.cts';

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

/** Where `gulpfile.js` puts what is loaded by these. */
const CODE_AND_DATA = ['dist/bundle.js', 'dist/catalogue.json', 'dist/failCodes.json'];

describe('the packed files', () => {
	it('are the documents, what n8n loads by name, and the code with its data', async () => {
		await ensureBuild();
		const output = await runNpm(['pack', '--dry-run', '--json', '--ignore-scripts'], {
			cwd: REPOSITORY,
		});

		const [{ files }] = JSON.parse(output) as [{ files: Array<{ path: string }> }];
		expect(files.map(({ path }) => path).sort()).toEqual(
			[...DOCUMENTS, ...LOADED_BY_N8N, ...CODE_AND_DATA].sort(),
		);
	});
});
