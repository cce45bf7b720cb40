import { sleep, type IExecuteFunctions } from 'n8n-workflow';

/** n8n keeps the keys of a node in one row: about 270 kB, read and written at each claim. */
const MAX_KEYS = 10_000;
const MAX_ATTEMPTS = 4;
const MAX_PAUSE_MS = 250;

let lastTurn: Promise<unknown> = Promise.resolve();

/** Runs one piece of work after the other, in this process. */
async function inTurn<T>(work: () => Promise<T>): Promise<T> {
	const turn = lastTurn.then(work);
	lastTurn = turn.catch(() => {});
	return await turn;
}

/**
 * Claims a key for this node in n8n's database: true for the first caller, also across processes
 * and restarts. Not atomic there: n8n reads the row, changes it and writes it, so that two processes
 * that claim at the same moment may both get true, and one may overwrite the other's key. Within
 * this process claims take turns.
 *
 * True also where the database does not answer, after some attempts: the first row of a node can
 * fail with a duplicate key when two processes insert it at once.
 */
export async function claimOnce(context: IExecuteFunctions, key: string): Promise<boolean> {
	for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
		try {
			const { processed } = await inTurn(
				async () =>
					await context.helpers.checkProcessedAndRecord([key], 'node', {
						mode: 'entries',
						maxEntries: MAX_KEYS,
					}),
			);
			return processed.length === 0;
		} catch (error) {
			const reason = error instanceof Error ? error.message : String(error);
			context.logger.warn(`APIXO could not claim '${key}' in n8n's database: ${reason}`);
			await sleep(Math.random() * MAX_PAUSE_MS);
		}
	}
	return true;
}
