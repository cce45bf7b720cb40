/** Stops the n8n that globalSetup started. */
export default async function globalTeardown(): Promise<void> {
	await globalThis.sharedN8nOfThisRun?.dispose();
	globalThis.sharedN8nOfThisRun = undefined;
}
