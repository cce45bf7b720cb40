import { sleep, type IExecuteFunctions } from 'n8n-workflow';

type Context = Pick<IExecuteFunctions, 'helpers' | 'logger'>;

/** n8n keeps the keys of a node in one row, 27 bytes each, which every claim reads and writes. */
const MAX_KEYS = 15_000;
const MAX_ATTEMPTS = 4;
const MAX_RETRY_DELAY_MS = 250;
/** Longer than a process takes from reading the row to writing it. */
const MIN_READ_BACK_DELAY_MS = 50;
const MAX_READ_BACKS = 2;

const HOW = { mode: 'entries', maxEntries: MAX_KEYS } as const;

let lastTurn: Promise<unknown> = Promise.resolve();

/** Runs one piece of work after the other, in this process. */
async function inTurn<T>(work: () => Promise<T>): Promise<T> {
	const turn = lastTurn.then(work);
	lastTurn = turn.catch(() => {});
	return await turn;
}

/**
 * Claims a key for this node in n8n's database: true for the first caller, also across processes
 * and restarts. See `claimKeys` for what this does not guarantee.
 */
export async function claimOnce(context: IExecuteFunctions, key: string): Promise<boolean> {
	return (await claimKeys(context, [key])).length > 0;
}

/**
 * Claims keys for this node in n8n's database and returns those that nobody had claimed before.
 * Within this process claims take turns. Across processes they are not atomic: n8n reads the node's
 * row, changes it and writes it. So two processes that claim a key at the same moment may both get
 * it. One may also overwrite what the other has just written; therefore new keys are read back
 * after a moment, and written again where they are missing.
 *
 * All keys count as new where the database does not answer after some attempts: a duplicate is
 * better than a loss. The first row of a node can fail with a duplicate key when two processes
 * insert it at once.
 */
export async function claimKeys(context: Context, keys: string[]): Promise<string[]> {
	for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
		try {
			const claimed = await record(context, keys);
			await keepRecorded(context, claimed);
			return claimed;
		} catch (error) {
			const reason = error instanceof Error ? error.message : String(error);
			context.logger.warn(`n8n's database couldn't be checked for earlier executions: ${reason}`);
			if (attempt < MAX_ATTEMPTS) await sleep(Math.random() * MAX_RETRY_DELAY_MS);
		}
	}
	return keys;
}

/** Forgets keys, so that they can be claimed again. Never throws. */
export async function releaseKeys(context: Context, keys: string[]): Promise<void> {
	try {
		await inTurn(async () => await context.helpers.removeProcessed(keys, 'node', HOW));
	} catch (error) {
		const reason = error instanceof Error ? error.message : String(error);
		context.logger.warn(`n8n's database couldn't be changed: ${reason}`);
	}
}

/** Returns those of the keys that were new. */
async function record(context: Context, keys: string[]): Promise<string[]> {
	const { new: added } = await inTurn(
		async () => await context.helpers.checkProcessedAndRecord(keys, 'node', HOW),
	);
	return added.map(String);
}

async function keepRecorded(context: Context, keys: string[]): Promise<void> {
	let missing = keys;
	for (let count = 0; count < MAX_READ_BACKS && missing.length > 0; count++) {
		await sleep(MIN_READ_BACK_DELAY_MS * (1 + Math.random()));
		try {
			missing = await record(context, missing);
		} catch {
			// They are claimed; only others may not learn of it.
			return;
		}
	}
}
