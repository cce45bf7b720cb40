import { NodeOperationError, type IExecuteFunctions } from 'n8n-workflow';

/** n8n keeps them in one row: about 270 kB, read and written once a run. */
const MAX_ENTRIES = 10_000;

let lastTurn: Promise<unknown> = Promise.resolve();

/** Runs one piece of work after the other, in this process. */
async function inTurn<T>(work: () => Promise<T>): Promise<T> {
	const turn = lastTurn.then(work);
	lastTurn = turn.catch(() => {});
	return await turn;
}

/**
 * Whether this is the first run for a task's final state, by n8n's data base: the second layer
 * against duplicates, for what another process, or this one before its restart, has taken.
 *
 * The row is read and then written, so that two at a time would overlook or overwrite each other:
 * hence the turns. They end where the process ends. Two workers of queue mode that take deliveries
 * at the same moment may both find their task new, and one may lose the other's entry.
 */
export async function isFirstRun(context: IExecuteFunctions, key: string): Promise<boolean> {
	try {
		const { processed } = await inTurn(
			async () =>
				await context.helpers.checkProcessedAndRecord([key], 'node', {
					mode: 'entries',
					maxEntries: MAX_ENTRIES,
				}),
		);
		return processed.length === 0;
	} catch (error) {
		throw new NodeOperationError(
			context.getNode(),
			`n8n's data base does not tell whether a workflow has run for this before: ${key}`,
			{ description: error instanceof Error ? error.message : String(error) },
		);
	}
}
