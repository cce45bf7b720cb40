/** Polls under way, by pause. */
const underWay = new Map<string, Promise<unknown>>();

/**
 * Lets the callbacks of a pause that come at the same moment share their polls.
 * @param poll polls what is not known to be done yet
 */
export async function sharedPoll<T>(pauseKey: string, poll: () => Promise<T>): Promise<T> {
	// It may have begun before the task of this callback was done, and so is none to share.
	await underWay.get(pauseKey);
	const shared =
		(underWay.get(pauseKey) as Promise<T> | undefined) ??
		poll().finally(() => underWay.delete(pauseKey));
	underWay.set(pauseKey, shared);
	return await shared;
}
