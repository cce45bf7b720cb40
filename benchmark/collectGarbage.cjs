/**
 * Loaded into n8n: collects its garbage on SIGUSR2, twice, since V8 frees some of it only at the second
 * time. Then writes how many bytes are still in use into the folder that BENCHMARK_MEMORY_FOLDER names,
 * as a file with the process's ID for a name.
 */
const { renameSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

const AGAIN_AFTER_MS = 3_000;

process.on('SIGUSR2', () => {
	globalThis.gc();
	setTimeout(() => {
		globalThis.gc();
		const { heapUsed, external } = process.memoryUsage();
		const file = join(process.env.BENCHMARK_MEMORY_FOLDER, String(process.pid));
		writeFileSync(`${file}.new`, String(heapUsed + external));
		// Whoever waits for the file finds it complete.
		renameSync(`${file}.new`, file);
	}, AGAIN_AFTER_MS);
});
