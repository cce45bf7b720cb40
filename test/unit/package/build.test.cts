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
	'credentials/DemoApi.credentials.ts': '',
	'nodes/Demo/Demo.node.ts': '',
	'nodes/Demo/Demo.node.json': CODEX,
	'nodes/Demo/demo.svg': '<svg/>',
	'nodes/Demo/helper.ts': '',
	'nodes/Demo/models.json': '{}',
};

const BUILT_BY_N8N = {
	'dist/credentials/DemoApi.credentials.js': '',
	'dist/nodes/Demo/Demo.node.js':
		'const helper = require("./helper"); exports.icon = "file:demo.svg";',
	'dist/nodes/Demo/helper.js':
		'require("n8n-workflow"); require("zod/v4"); require("node:crypto"); require("./models.json");',
	'dist/nodes/Demo/models.json': '{\n    "id": "fox"\n}\n',
	'dist/nodes/Demo/demo.svg': '<svg/>',
	'dist/nodes/Demo/screenshot.png': '',
	'dist/docs/images/workflow.png': '',
	'dist/test-results/failed.png': '',
};

/** Runs gulp as `npm run build` does after n8n's own build. */
function finishBuild(changes: Record<string, string> = {}) {
	const folder = folderWith({ ...SOURCES, ...BUILT_BY_N8N, ...changes });
	const gulpfile = join(REPOSITORY, 'gulpfile.js');
	const args = ['--gulpfile', gulpfile, '--cwd', folder];
	return { folder, ...runScript('node_modules/gulp/bin/gulp.js', args, folder) };
}

describe('gulp, after n8n-node build', () => {
	it('leaves in dist the compiled nodes and credentials, their icons and codex files', () => {
		const { folder, status } = finishBuild();

		expect(status).toBe(0);
		expect(filesBelow(folder, 'dist')).toEqual([
			'dist/credentials/DemoApi.credentials.js',
			'dist/nodes/Demo/Demo.node.js',
			'dist/nodes/Demo/Demo.node.json',
			'dist/nodes/Demo/demo.svg',
			'dist/nodes/Demo/helper.js',
			'dist/nodes/Demo/models.json',
		]);
	});

	it('writes JSON without blanks', () => {
		const { folder } = finishBuild();

		const models = readFileSync(join(folder, 'dist/nodes/Demo/models.json'), 'utf8');
		expect(models).toBe('{"id":"fox"}');
	});

	it('indents code by tabs, and has files load each other when they are used, unless one is named for nothing else', () => {
		const { folder } = finishBuild({
			'dist/nodes/Demo/Demo.node.js': `
const n8n_workflow_1 = require("n8n-workflow");
require("./helper");
const helper_1 = require("./helper");
const models_json_1 = __importDefault(require("./models.json"));
function load() {
    if (helper_1.isReady)
        return (0, helper_1.load)(models_json_1.default, n8n_workflow_1.sleep);
    return new helper_1.Loader(helper_1.options.first);
}`,
		});

		const code = readFileSync(join(folder, 'dist/nodes/Demo/Demo.node.js'), 'utf8');
		expect(code).toBe(`
const n8n_workflow_1 = require("n8n-workflow");
require("./helper");
const helper_1 = () => (helper_1.module ??= require("./helper"));
const models_json_1 = () => (models_json_1.module ??= __importDefault(require("./models.json")));
function load() {
	if (helper_1().isReady)
		return (0, helper_1().load)(models_json_1().default, n8n_workflow_1.sleep);
	return new (helper_1().Loader)(helper_1().options.first);
}`);
	});

	it.each([
		[
			'a file without a source',
			{ 'dist/nodes/Demo/old.js': '' },
			'nodes/Demo/old.js has no source',
		],
		[
			'a source map',
			{ 'dist/nodes/Demo/helper.js.map': '' },
			'nodes/Demo/helper.js.map has no source',
		],
		['a source that was not compiled', { 'nodes/Demo/new.ts': '' }, 'nodes/Demo/new.js is missing'],
		[
			'data that no code imports',
			{ 'nodes/Demo/unused.json': '' },
			'nodes/Demo/unused.json is missing',
		],
		[
			'an entry of package.json that is not there',
			{
				'package.json': JSON.stringify({
					n8n: { nodes: [], credentials: ['dist/credentials/OtherApi.credentials.js'] },
				}),
			},
			'dist/credentials/OtherApi.credentials.js is named in package.json and missing',
		],
		[
			'an icon that is not there',
			{ 'dist/credentials/DemoApi.credentials.js': "exports.icon = 'file:../nodes/none.svg'" },
			'credentials/DemoApi.credentials.js names the icon nodes/none.svg, which is missing',
		],
		[
			'a node without a codex',
			{
				'package.json': JSON.stringify({
					n8n: { nodes: ['dist/nodes/Demo/helper.js'], credentials: [] },
				}),
			},
			'nodes/Demo/helper.json is missing',
		],
		[
			'a codex that n8n would drop',
			{ 'nodes/Demo/Demo.node.json': '{}' },
			'nodes/Demo/Demo.node.json has no "resources", so n8n would drop it',
		],
		[
			'an import of a development dependency',
			{ 'dist/nodes/Demo/helper.js': 'require("undici")' },
			'nodes/Demo/helper.js imports undici, which n8n does not bring',
		],
		[
			'a dynamic import',
			{ 'dist/nodes/Demo/helper.js': 'import("undici")' },
			'nodes/Demo/helper.js imports undici, which n8n does not bring',
		],
		[
			'an import of a built-in module that n8n forbids',
			{ 'dist/nodes/Demo/helper.js': "require('node:fs')" },
			'nodes/Demo/helper.js imports node:fs, which n8n does not bring',
		],
		[
			'an import of a file outside of dist',
			{ 'dist/nodes/Demo/helper.js': 'require("../../../package.json")' },
			'nodes/Demo/helper.js imports ../../../package.json, which n8n does not bring',
		],
	])('refuses %s', (_, changes, problem) => {
		const { status, stdout, stderr } = finishBuild(changes);

		expect(status).toBe(1);
		expect((stdout + stderr).split('\n')).toContain(problem);
	});
});
