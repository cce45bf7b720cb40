/**
 * Runs `work` for the indexes 0 … count-1, at most `limit` at once, in order of their start.
 * Waits for all of them; then rejects with the first rejection, if there was one.
 */
export async function forEachIndex(
	count: number,
	limit: number,
	work: (index: number) => Promise<void>,
): Promise<void> {
	let next = 0;
	const worker = async () => {
		while (next < count) await work(next++);
	};
	const settled = await Promise.allSettled(
		Array.from({ length: Math.min(limit, count) }, async () => await worker()),
	);
	for (const result of settled) {
		if (result.status === 'rejected') await Promise.reject(result.reason);
	}
}

/** Runs what it is given, at most `limit` at once over all its calls, in order of the calls. */
export function createSlots(limit: number): <T>(work: () => Promise<T>) => Promise<T> {
	const waiting: Array<() => void> = [];
	let free = limit;
	return async (work) => {
		if (free > 0) free--;
		else await new Promise<void>((resolve) => waiting.push(resolve));
		try {
			return await work();
		} finally {
			const next = waiting.shift();
			if (next) next();
			else free++;
		}
	};
}
