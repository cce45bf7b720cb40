import type { Log } from './npm.cts';

const startedAt = Date.now();

/** For the start of what all tests of a run share: says what is under way, and since when. */
export const logProgress: Log = (line) => {
	const elapsedSeconds = Math.round((Date.now() - startedAt) / 1000);
	process.stderr.write(`[n8n ${elapsedSeconds} s] ${line}\n`);
};
