import { sleep, type IExecuteFunctions } from 'n8n-workflow';

type Context = Pick<IExecuteFunctions, 'helpers' | 'logger'>;

/**
 * n8n keeps the keys of a node in one row, 27 bytes each, which every claim reads and writes. A
 * trigger claims three keys for a signed callback, so these last for 1.3 callbacks a second until
 * APIXO's last retry, 12.5 minutes after the first callback.
 */
const MAX_KEYS = 3_000;
const MAX_ATTEMPTS = 4;
/** At most; each further one may be four times as long. */
const FIRST_RETRY_DELAY_MS = 250;
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
 * Claims a key for this node in n8n's database, where nothing may happen twice: true for the first
 * caller, also across processes and restarts; false where the database left that unclear. See
 * `claim` for what this does not guarantee.
 */
export async function claimOnce(context: IExecuteFunctions, key: string): Promise<boolean> {
	const { claimed } = await claim(context, [key]);
	// The answer is clear; what is read back only serves those that claim the key later.
	void keepRecorded(context, claimed);
	return claimed.length > 0;
}

/**
 * Claims keys for this node in n8n's database, where a duplicate is better than a loss: those that
 * nobody had claimed before, and those of which the database left that unclear.
 * @param isVoid whether a claim of these keys alone is of no use; it is then undone, before another
 * caller of this process could take it for a valid one
 */
export async function claimKeys(
	context: Context,
	keys: string[],
	isVoid: (claimed: string[]) => boolean = () => false,
): Promise<string[]> {
	const { claimed, unclear } = await claim(context, keys, isVoid);
	// Before the caller goes on: what another process has overwritten would start a second run.
	if (!isVoid(claimed)) await keepRecorded(context, claimed);
	return [...claimed, ...unclear];
}

/**
 * What the database said when nothing was written: a key or row is there already, as when two
 * processes insert the first row of a node at once, or SQLite was busy.
 */
const NOTHING_WRITTEN = /duplicate key|UNIQUE constraint|SQLITE_BUSY|database is locked/i;

/**
 * Within this process claims take turns. Across processes they are not atomic: n8n reads the node's
 * row, changes it and writes it. So two processes that claim a key at the same moment may both get
 * it. One may also overwrite what the other has just written; therefore new keys are read back
 * after a moment, and written again where they are missing.
 *
 * Unclear are keys whose claim never got an answer, and those that are found after an error that may
 * have come behind the writing: an earlier attempt of this call may have put them there.
 */
async function claim(
	context: Context,
	keys: string[],
	isVoid?: (claimed: string[]) => boolean,
): Promise<{ claimed: string[]; unclear: string[] }> {
	let mayBeOurs = false;
	for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
		try {
			const claimed = await record(context, keys, isVoid);
			const found = keys.filter((key) => !claimed.includes(key));
			return { claimed, unclear: mayBeOurs ? found : [] };
		} catch (error) {
			const reason = error instanceof Error ? error.message : String(error);
			mayBeOurs ||= !NOTHING_WRITTEN.test(reason);
			context.logger.warn(`n8n's database couldn't be checked for earlier executions: ${reason}`);
			if (attempt < MAX_ATTEMPTS) await sleep(retryDelayMs(attempt));
		}
	}
	return { claimed: [], unclear: keys };
}

/** Short at first, for processes that got in each other's way; then long enough for a reconnect. */
function retryDelayMs(attempt: number): number {
	return Math.random() * FIRST_RETRY_DELAY_MS * 4 ** (attempt - 1);
}

/** Returns those of the keys that were new; they are forgotten again where that is void. */
async function record(
	context: Context,
	keys: string[],
	isVoid: (claimed: string[]) => boolean = () => false,
): Promise<string[]> {
	return await inTurn(async () => {
		const { new: added } = await context.helpers.checkProcessedAndRecord(keys, 'node', HOW);
		const claimed = added.map(String);
		if (isVoid(claimed)) await forget(context, claimed);
		return claimed;
	});
}

/** Never rejects. */
async function forget(context: Context, keys: string[]): Promise<void> {
	try {
		await context.helpers.removeProcessed(keys, 'node', HOW);
	} catch (error) {
		const reason = error instanceof Error ? error.message : String(error);
		context.logger.warn(`n8n's database couldn't be changed: ${reason}`);
	}
}

/** Never rejects. */
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
