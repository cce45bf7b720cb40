/** Ends all that queueSetup started. */
export default async function queueTeardown(): Promise<void> {
	await globalThis.queueModeOfThisRun?.dispose();
	globalThis.queueModeOfThisRun = undefined;
}
