import type { ApixoClient } from '../api/client';
import { isTerminal } from '../api/schemas';
import type { Timing } from '../api/transport';
import type { Task } from './outcome';

/**
 * Polls each task once, all at the same time.
 * @param untilMs Unix ms at which the answers that are missing are no longer waited for
 * @param onDone gets the ID of each task that is done, also when its answer comes later
 * @returns whether all are done; undefined where answers are missing, and none says that a task is not
 */
export async function areDone(
	client: ApixoClient,
	timing: Timing,
	tasks: Array<Pick<Task, 'taskId' | 'model'>>,
	untilMs: number,
	onDone: (taskId: string) => void,
): Promise<boolean | undefined> {
	let done = 0;
	let isAnyOpen = false;
	const polls = tasks.map(async ({ taskId, model }) => {
		const answer = await client.getStatus(model, taskId, untilMs);
		if (!answer.ok) return;
		if (!isTerminal(answer.value.state)) return void (isAnyOpen = true);
		done++;
		onDone(taskId);
	});
	const timer = new AbortController();
	const tooLate = timing.sleep(Math.max(0, untilMs - timing.now()), timer.signal);
	await Promise.race([Promise.all(polls), tooLate]).finally(() => timer.abort());
	if (isAnyOpen) return false;
	return done === tasks.length || undefined;
}
