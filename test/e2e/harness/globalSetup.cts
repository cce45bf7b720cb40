import { N8N_VERSION } from './install.cts';
import { keepNewDatabase } from './newDatabase.cts';
import { type N8n, startN8n } from './n8n.cts';
import { logProgress } from './progress.cts';
import { shareN8n } from './shared.cts';

declare global {
	/** For globalTeardown, which jest runs in the same process. */
	var sharedN8nOfThisRun: N8n | undefined;
}

/**
 * Starts the n8n that the test files of the projects `e2e` and `editor` share. Where jest calls
 * this for both, the second call finds it running.
 */
export default async function globalSetup(): Promise<void> {
	if (globalThis.sharedN8nOfThisRun) return;
	for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
	const n8n = await startN8n({ withPackage: true, log: logProgress });
	globalThis.sharedN8nOfThisRun = n8n;
	await keepNewDatabase(n8n, N8N_VERSION);
	await n8n.api.setupOwner();
	shareN8n(n8n);
	logProgress(`n8n answers at ${n8n.url}`);
}
