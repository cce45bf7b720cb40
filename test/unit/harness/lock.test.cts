import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withLock } from '../../e2e/harness/lock.cts';

const CHECK_EVERY_MS = 5;

describe('withLock', () => {
	const folder = mkdtempSync(join(tmpdir(), 'lock-test-'));
	const lockFile = join(folder, 'lock');
	afterAll(() => rmSync(folder, { recursive: true }));

	it('lets one in at a time, and tells the others who is in', async () => {
		let inside = 0;
		let mostInside = 0;
		const holders = new Set<number>();
		const work = async () => {
			inside += 1;
			mostInside = Math.max(mostInside, inside);
			await new Promise((resolve) => setTimeout(resolve, 4 * CHECK_EVERY_MS));
			inside -= 1;
		};
		const onWait = (pid: number) => holders.add(pid);
		await Promise.all([1, 2, 3].map(() => withLock(lockFile, work, onWait, CHECK_EVERY_MS)));
		expect(mostInside).toBe(1);
		expect([...holders]).toEqual([process.pid]);
		expect(existsSync(lockFile)).toBe(false);
	});

	it('takes over from a process that is gone', async () => {
		const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
		await once(child, 'exit');
		writeFileSync(lockFile, String(child.pid));
		const onWait = jest.fn();
		await expect(withLock(lockFile, async () => 'done', onWait, CHECK_EVERY_MS)).resolves.toBe(
			'done',
		);
		expect(onWait).not.toHaveBeenCalled();
	});

	it('is free again after a failure', async () => {
		const fail = async () => await Promise.reject(new Error('no space left'));
		await expect(withLock(lockFile, fail, jest.fn())).rejects.toThrow('no space left');
		expect(existsSync(lockFile)).toBe(false);
	});
});
