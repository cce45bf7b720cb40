import { randomUUID } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** Whether a process with this id exists. */
function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === 'EPERM';
	}
}

/** The lock appears with the holder's id in it, or not at all. */
async function tryToTake(lockFile: string): Promise<boolean> {
	const draft = `${lockFile}.${randomUUID()}`;
	await writeFile(draft, String(process.pid));
	try {
		await link(draft, lockFile);
		return true;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
		return false;
	} finally {
		await rm(draft);
	}
}

/**
 * Runs `work` while holding a lock file, so that two processes do not do it at once. The lock of a
 * process that no longer exists is taken over. `onWait` is called every `waitMs` milliseconds while
 * another process, whose id it gets, holds the lock.
 */
export async function withLock<T>(
	lockFile: string,
	work: () => Promise<T>,
	onWait: (holderPid: number) => void,
	waitMs = 1000,
): Promise<T> {
	while (!(await tryToTake(lockFile))) {
		const holder = await readFile(lockFile, 'utf8').catch(() => 'released');
		if (holder === 'released') continue;
		const holderPid = Number(holder);
		if (!isAlive(holderPid)) {
			await rm(lockFile, { force: true });
			continue;
		}
		onWait(holderPid);
		await delay(waitMs);
	}
	try {
		return await work();
	} finally {
		await rm(lockFile, { force: true });
	}
}
