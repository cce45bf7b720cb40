import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Service, findProgram, postgresFolders } from '../../e2e/harness/service.cts';

/** A service that is a line of JavaScript; tells its folder too. */
async function startNode(script: string): Promise<{ service: Service; folder: string }> {
	let folder = '';
	const service = await Service.start({
		readyWhen: 'ready',
		endSignal: 'SIGKILL',
		prepare: (given) => {
			folder = given;
			return { binary: process.execPath, args: ['--eval', script] };
		},
	});
	return { service, folder };
}

describe('Service', () => {
	it('runs in a folder of its own until it is ended', async () => {
		const { service, folder } = await startNode(
			"require('fs').writeFileSync('data', ''); console.log('ready'); setInterval(() => {}, 1e6)",
		);
		expect(existsSync(join(folder, 'data'))).toBe(true);
		await service.end();
		expect(existsSync(folder)).toBe(false);
		await service.end();
	});

	it('says why it did not start', async () => {
		await expect(startNode("console.error('no space left'); process.exit(3)")).rejects.toThrow(
			/ended with code 3.*no space left/s,
		);
		const start = Service.start({
			readyWhen: 'ready',
			endSignal: 'SIGKILL',
			prepare: () => ({ binary: '/no/such/program', args: [] }),
		});
		await expect(start).rejects.toThrow(/\/no\/such\/program could not be started.*ENOENT/s);
	});
});

describe('a program', () => {
	it('that is missing is named with its package', () => {
		expect(() => findProgram('no-such-server', 'no-such-package')).toThrow(
			/no-such-server.*apt-get install --no-install-recommends no-such-package/,
		);
	});

	it('of PostgreSQL comes from the newest version that is installed', () => {
		const folder = mkdtempSync(join(tmpdir(), 'postgres-versions-'));
		for (const version of ['9', '15', '14']) mkdirSync(join(folder, version));
		const versions = postgresFolders(folder).map((bin) => bin.split('/').at(-2));
		expect(versions).toEqual(['15', '14', '9']);
		expect(postgresFolders(join(folder, 'none'))).toEqual([]);
		rmSync(folder, { recursive: true });
	});
});
