import { createClient, type ApixoClient } from '../../../nodes/shared/api/client';
import type { FakeTiming } from './fakeTiming';
import { fakeTransport, http, success } from './fakeTransport';

export interface FakeApi {
	client: ApixoClient;
	/** How many tasks were submitted. */
	submits(): number;
	/** Seconds after its submission at which each poll of the task came. */
	polls(taskId: string): number[];
}

/**
 * An API on the fake clock that never fails.
 * @param taskSeconds how long the first, second … task takes; their ids are `task-0`, `task-1` …
 */
export function fakeApi(timing: FakeTiming, taskSeconds: number[]): FakeApi {
	const tasks = new Map<string, { submittedAtMs: number; seconds: number; polls: number[] }>();
	const transport = fakeTransport(({ method, url }) => {
		if (method === 'POST') {
			const taskId = `task-${tasks.size}`;
			const seconds = taskSeconds[tasks.size];
			tasks.set(taskId, { submittedAtMs: timing.now(), seconds, polls: [] });
			return success({ taskId });
		}
		const taskId = new URL(url).searchParams.get('taskId') ?? '';
		const task = tasks.get(taskId);
		if (!task) return http(404, { code: 404, message: 'Task not found' });
		const sinceSeconds = (timing.now() - task.submittedAtMs) / 1000;
		task.polls.push(sinceSeconds);
		const isDone = sinceSeconds >= task.seconds;
		return success({ taskId, state: isDone ? 'success' : 'processing' });
	});
	return {
		client: createClient(transport, 'https://api.example.com/api/v1', timing),
		submits: () => tasks.size,
		polls: (taskId) => tasks.get(taskId)?.polls ?? [],
	};
}
