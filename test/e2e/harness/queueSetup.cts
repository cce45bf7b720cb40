import { setTimeout as delay } from 'node:timers/promises';
import { logProgress } from './progress.cts';
import { type QueueMode, startQueueMode } from './queueMode.cts';
import { shareN8n } from './shared.cts';

declare global {
	/** For queueTeardown, which jest runs in the same process. */
	var queueModeOfThisRun: QueueMode | undefined;
}

/**
 * For so long after its start, a process answers 503 to callbacks for pauses that another process has
 * made: see mayBePutBack in nodes/Apixo/memory/pauseMemory.ts.
 */
const CALLBACKS_REFUSED_MS = 30_000;

/**
 * Starts n8n in queue mode, and shares its main process with test files that otherwise share an n8n
 * of one process: what they assert must hold there, too.
 */
export default async function queueSetup(): Promise<void> {
	for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
	const queueMode = await startQueueMode({
		workers: 2,
		// A file that one worker downloads is read by main and by the other worker.
		env: { N8N_DEFAULT_BINARY_DATA_MODE: 'database' },
		log: logProgress,
	});
	globalThis.queueModeOfThisRun = queueMode;
	await delay(CALLBACKS_REFUSED_MS);
	const { main, workers, webhookProcesses } = queueMode;
	shareN8n(main, [...workers, ...webhookProcesses]);
}
