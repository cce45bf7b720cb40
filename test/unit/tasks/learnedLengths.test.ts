import type { TaskAnswer } from '../../../nodes/shared/api/schemas';
import { createLearnedLengths, lengthSeconds } from '../../../nodes/shared/tasks/learnedLengths';

const KIND = { baseUrl: 'https://api.example.com', model: 'nano-banana', mode: 'text-to-image' };

describe('what is learned', () => {
	it.each([
		['base URL', { ...KIND, baseUrl: 'https://proxy.example.com' }],
		['model', { ...KIND, model: 'flux-2' }],
		['mode', { ...KIND, mode: 'image-to-image' }],
		['mode that is not known', { ...KIND, mode: undefined }],
	])('is not told of another %s', (_, other) => {
		const lengths = createLearnedLengths();
		lengths.record(KIND, 'task-1', 12);
		expect(lengths.of(other)).toEqual([]);
		expect(lengths.of({ ...KIND })).toEqual([12]);
	});

	it('counts a task once, though it is delivered again', () => {
		const lengths = createLearnedLengths();
		lengths.record(KIND, 'task-1', 12);
		lengths.record(KIND, 'task-1', 12);
		expect(lengths.of(KIND)).toEqual([12]);
	});

	it('keeps the latest 50 tasks of a kind', () => {
		const lengths = createLearnedLengths();
		for (let index = 1; index <= 60; index++) lengths.record(KIND, `task-${index}`, index);
		expect(lengths.of(KIND)).toEqual(Array.from({ length: 50 }, (_, index) => index + 11));
	});

	it('keeps the 500 kinds that tasks were last recorded of', () => {
		const lengths = createLearnedLengths();
		const kind = (index: number) => ({ ...KIND, model: `model-${index}` });
		for (let index = 0; index < 500; index++) lengths.record(kind(index), 'task', 1);
		lengths.record(kind(0), 'task-2', 2);
		lengths.record(kind(500), 'task', 1);
		expect(lengths.of(kind(0))).toEqual([1, 2]);
		expect(lengths.of(kind(1))).toEqual([]);
		expect(lengths.of(kind(500))).toEqual([1]);
	});
});

describe('the length of a task that was submitted 100 s ago', () => {
	const HOUR_MS = 3_600_000;
	const NOW_MS = 100_000_000;
	const task = { taskId: 'task-1', model: 'nano-banana', submittedAtMs: NOW_MS - 100_000 };

	it.each<[string, Partial<TaskAnswer>, number | undefined]>([
		['by both times', { createTime: NOW_MS - 100_000, completeTime: NOW_MS - 60_000 }, 40],
		[
			"by APIXO's clock, which is an hour fast",
			{ createTime: NOW_MS + HOUR_MS, completeTime: NOW_MS + HOUR_MS + 40_000 },
			40,
		],
		['without its creation', { completeTime: NOW_MS }, undefined],
		['without its completion', { createTime: NOW_MS }, undefined],
		['completed before it was created', { createTime: 50_000, completeTime: 40_000 }, undefined],
		['of no time', { createTime: 50_000, completeTime: 50_000 }, undefined],
		['that had begun 2 s before its ID came', { createTime: 0, completeTime: 102_000 }, 102],
		['longer than it can have taken', { createTime: 0, completeTime: 111_000 }, undefined],
		['created in 1970', { createTime: 0, completeTime: NOW_MS }, undefined],
	])('%s', (_, times, expected) => {
		const answer = { taskId: 'task-1', state: 'success', resultJson: undefined, ...times };
		expect(lengthSeconds(task, answer, NOW_MS)).toBe(expected);
	});
});
