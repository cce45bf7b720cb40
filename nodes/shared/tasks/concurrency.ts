/**
 * The results of `work` in the order of the items, at most `limit` at once. Waits for all of them,
 * since each may be paid work; then rejects with the first rejection, if there was one.
 */
export async function mapAll<T, R>(
	items: readonly T[],
	work: (item: T, index: number) => Promise<R>,
	limit = Infinity,
): Promise<R[]> {
	const inSlot = createSlots(limit);
	const settled = await Promise.allSettled(
		items.map(async (item, index) => await inSlot(async () => await work(item, index))),
	);
	return settled.map((result) => {
		if (result.status === 'rejected') throw result.reason;
		return result.value;
	});
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
