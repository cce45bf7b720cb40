import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesBelow, folderWith, REPOSITORY, runScript } from './folders.cts';

const CODEX = JSON.stringify({ node: 'n8n-nodes-demo.demo', resources: {} });

const SOURCES = {
	'package.json': JSON.stringify({
		n8n: {
			nodes: ['dist/nodes/Demo/Demo.node.js'],
			credentials: ['dist/credentials/DemoApi.credentials.js'],
		},
	}),
	'credentials/DemoApi.credentials.ts': 'export class DemoApi {}',
	'nodes/Demo/Demo.node.ts': `
import { animalOf } from '../shared/models';
export class Demo {
	icon = 'file:demo.svg';
	animal: string = animalOf('first');
}`,
	'nodes/Demo/Demo.node.json': CODEX,
	'nodes/Demo/demo.svg': '<svg/>',
	'nodes/shared/models.ts': `
import { createHash } from 'node:crypto';
import { sleep } from 'n8n-workflow';
import { z } from 'zod/v4';
import models from './models.json';
export const animalOf = (name: 'first') => models[name];
export const used = [createHash, sleep, z];`,
	'nodes/shared/models.json': '{\n\t"first": "fox"\n}\n',
};

const BUILT_BY_N8N = {
	'dist/nodes/Demo/Demo.node.js': '',
	'dist/nodes/Demo/screenshot.png': '',
	'dist/docs/images/workflow.png': '',
	'dist/test-results/failed.png': '',
	'dist/tsconfig.tsbuildinfo': '',
};

/** Runs gulp as `npm run build` does after n8n's own build. */
function finishBuild(changes: Record<string, string> = {}) {
	const folder = folderWith({ ...SOURCES, ...BUILT_BY_N8N, ...changes });
	const gulpfile = join(REPOSITORY, 'gulpfile.js');
	const args = ['--gulpfile', gulpfile, '--cwd', folder];
	return { folder, ...runScript('node_modules/gulp/bin/gulp.js', args, folder) };
}

describe('gulp, after n8n-node build', () => {
	it('leaves in dist the code in one file with its data, what n8n loads, icons and codex files', () => {
		const { folder, status } = finishBuild();

		expect(status).toBe(0);
		expect(filesBelow(folder, 'dist')).toEqual([
			'dist/bundle.js',
			'dist/credentials/DemoApi.credentials.js',
			'dist/models.json',
			'dist/nodes/Demo/Demo.node.js',
			'dist/nodes/Demo/Demo.node.json',
			'dist/nodes/Demo/demo.svg',
		]);
	});

	it('has each class in the file that n8n loads it from', () => {
		const { folder } = finishBuild();
		const nodeFile = join(folder, 'dist/nodes/Demo/Demo.node.js');
		const credentialFile = join(folder, 'dist/credentials/DemoApi.credentials.js');

		// As n8n sets it, so that community nodes find what n8n brings.
		const env = { ...process.env, NODE_PATH: join(REPOSITORY, 'node_modules') };
		const print = `
const { Demo } = require('${nodeFile}');
const { DemoApi } = require('${credentialFile}');
console.log(new Demo().animal, new DemoApi().constructor.name);`;
		expect(execFileSync(process.execPath, ['-e', print], { encoding: 'utf8', env })).toBe(
			'fox DemoApi\n',
		);
	});

	it('writes JSON without blanks', () => {
		const { folder } = finishBuild();

		const models = readFileSync(join(folder, 'dist/models.json'), 'utf8');
		expect(models).toBe('{"first":"fox"}');
	});

	it('keeps the names and lines of code, as strict code', () => {
		const { folder } = finishBuild();

		const code = readFileSync(join(folder, 'dist/bundle.js'), 'utf8').split('\n');
		expect(code[0]).toMatch(/^.use strict.;$/);
		expect(code).toContain('var Demo = class {');
		expect(code).toContain('var animalOf = (name) => import_models.default[name];');
	});

	it.each([
		[
			'an entry of package.json that has no source',
			{
				'package.json': JSON.stringify({
					n8n: { nodes: [], credentials: ['dist/credentials/OtherApi.credentials.js'] },
				}),
			},
			/Could not resolve "\.\/credentials\/OtherApi\.credentials"/,
		],
		[
			'an icon that is not there',
			{
				'credentials/DemoApi.credentials.ts':
					"export class DemoApi { icon = 'file:../nodes/none.svg'; }",
			},
			/^credentials\/DemoApi\.credentials\.js names the icon nodes\/none\.svg, which is missing$/m,
		],
		[
			'a node without a codex',
			{
				'package.json': JSON.stringify({
					n8n: { nodes: ['dist/nodes/Other/Other.node.js'], credentials: [] },
				}),
				'nodes/Other/Other.node.ts': "export { Demo as Other } from '../Demo/Demo.node';",
			},
			/^nodes\/Other\/Other\.node\.json is missing$/m,
		],
		[
			'a codex that n8n would drop',
			{ 'nodes/Demo/Demo.node.json': '{}' },
			/^nodes\/Demo\/Demo\.node\.json has no "resources", so n8n would drop it$/m,
		],
		[
			'a class that is not named after its file',
			{ 'credentials/DemoApi.credentials.ts': 'export class OtherApi {}' },
			/No matching export .* for import "DemoApi"/,
		],
		[
			'code that throws when it is loaded',
			{
				'credentials/DemoApi.credentials.ts':
					"throw new Error('not today'); export class DemoApi {}",
			},
			/Error: not today/,
		],
		[
			'code that esbuild warns of',
			{ 'credentials/DemoApi.credentials.ts': 'export class DemoApi { url = import.meta.url; }' },
			/"import\.meta" is not available with the "cjs" output format/,
		],
		[
			'data that no code imports',
			{ 'nodes/Demo/unused.json': '{}' },
			/^nodes\/Demo\/unused\.json is imported by no code$/m,
		],
		[
			'an import of a file that is not to be shipped',
			{
				'nodes/shared/models.ts':
					"import { n8n } from '../../package.json'; export const animalOf = () => n8n;",
			},
			/^package\.json is imported, but isn't below credentials or nodes$/m,
		],
		[
			'an import of a development dependency',
			{
				'nodes/shared/models.ts': "import { fetch } from 'undici'; export const animalOf = fetch;",
			},
			/^The package imports undici, which n8n does not bring$/m,
		],
		[
			'a dynamic import',
			{ 'nodes/shared/models.ts': "export const animalOf = () => import('undici');" },
			/^The package imports undici, which n8n does not bring$/m,
		],
		[
			'an import of a built-in module that n8n forbids',
			{
				'nodes/shared/models.ts':
					"import { readFileSync } from 'node:fs'; export const animalOf = readFileSync;",
			},
			/^The package imports node:fs, which n8n does not bring$/m,
		],
	])('refuses %s', (_, changes, problem) => {
		const { status, stdout, stderr } = finishBuild(changes);

		expect(status).toBe(1);
		expect(stdout + stderr).toMatch(problem);
	});
});
