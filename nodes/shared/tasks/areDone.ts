import type { ApixoClient } from '../api/client';
import { isTerminal } from '../api/schemas';
import type { Timing } from '../api/transport';
import type { Task } from './outcome';

/**
 * Polls each task once, all at the same time.
 * @param withinMs resolves by then, whether all have been answered or not
 * @returns for each task that was answered, by its ID, whether it is done
 */
export async function areDone(
	client: ApixoClient,
	timing: Timing,
	tasks: Array<Pick<Task, 'taskId' | 'model'>>,
	withinMs: number,
): Promise<Map<string, boolean>> {
	const answered = new Map<string, boolean>();
	const latestMs = timing.now() + withinMs;
	const polls = tasks.map(async ({ taskId, model }) => {
		const answer = await client.getStatus(model, taskId, latestMs);
		if (answer.ok) answered.set(taskId, isTerminal(answer.value.state));
	});
	await Promise.race([Promise.all(polls), timing.sleep(withinMs)]);
	return new Map(answered);
}
