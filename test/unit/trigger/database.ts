import type { IExecuteFunctions } from 'n8n-workflow';

import { allIsQuiet } from '../support/allIsQuiet.cts';

/** n8n's row of a node: read, changed and written, not in one step. */
export function createDatabase() {
	let row: string[] = [];
	let calls = 0;
	const failures: Error[] = [];
	const lostReplies: Error[] = [];
	const warnings: string[] = [];
	const helpers = {
		async checkProcessedAndRecord(keys: string[]) {
			calls++;
			const failure = failures.shift();
			if (failure) throw failure;
			const read = [...row];
			await allIsQuiet();
			const added = keys.filter((key) => !read.includes(key));
			row = [...read, ...added];
			const lostReply = lostReplies.shift();
			if (lostReply) throw lostReply;
			return { new: added, processed: keys.filter((key) => read.includes(key)) };
		},
		async removeProcessed(keys: string[]) {
			row = row.filter((key) => !keys.includes(key));
		},
	};
	const context = { helpers, logger: { warn: (text: string) => warnings.push(text) } };
	return {
		context: context as unknown as IExecuteFunctions,
		warnings,
		calls: () => calls,
		row: () => row,
		/** The next calls fail before they write anything. */
		fail: (...errors: Error[]) => failures.push(...errors),
		/** The next calls write, and then fail. */
		loseReplies: (...errors: Error[]) => lostReplies.push(...errors),
		/** As another process does that had read the row before. */
		overwrite: (keys: string[]) => {
			row = keys;
		},
	};
}
