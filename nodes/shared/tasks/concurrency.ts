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
