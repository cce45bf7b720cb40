import { delimiter } from 'node:path';
import { cleanNpmEnvironment, runNpm } from '../../e2e/harness/npm.cts';

describe('cleanNpmEnvironment', () => {
	it.each([
		['npm_config_registry', true],
		['npm_config_@scope:registry', true],
		['npm_config_cafile', true],
		['npm_config_https_proxy', true],
		['npm_config_userconfig', true],
		['NPM_CONFIG_CACHE', true],
		['HTTPS_PROXY', true],
		['HOME', true],
		['npm_config_nodedir', false],
		['npm_config_prefix', false],
		['npm_config_local_prefix', false],
		['npm_config_user_agent', false],
		['npm_package_json', false],
		['npm_lifecycle_event', false],
		['npm_execpath', false],
		['NODE_OPTIONS', false],
		['NODE_ENV', false],
		['NODE_EXTRA_CA_CERTS', true],
	])('%s is kept: %s', (name, kept) => {
		expect(Object.keys(cleanNpmEnvironment({ [name]: 'value' })).includes(name)).toBe(kept);
	});

	it("takes the folders that a parent's npm run has put before PATH away", () => {
		const folders = ['/repo/node_modules/.bin', '/lib/npm/node-gyp-bin', '/usr/bin', '/bin'];
		expect(cleanNpmEnvironment({ PATH: folders.join(delimiter) }).PATH).toBe(
			['/usr/bin', '/bin'].join(delimiter),
		);
	});
});

describe('runNpm', () => {
	it('returns what npm wrote', async () => {
		await expect(runNpm(['--version'], { cwd: __dirname })).resolves.toMatch(/^\d+\.\d+\.\d+\n$/);
	});

	it("says which command failed, how it ended, and npm's own words", async () => {
		await expect(runNpm(['run', 'no-such-script'], { cwd: __dirname })).rejects.toThrow(
			/^npm run no-such-script ended with code 1:\n.*Missing script: "no-such-script"/s,
		);
	});
});
