import type { TaskAnswer } from '../../../nodes/shared/api/schemas';
import {
	createLearnedLengths,
	learnLength,
	learnedLengths,
	lengthSeconds,
} from '../../../nodes/shared/tasks/learnedLengths';
import { outcomeOf } from '../../../nodes/shared/tasks/outcome';

const KIND = { baseUrl: 'https://api.example.com', model: 'nano-banana', mode: 'text-to-image' };

describe('what is learned', () => {
	it.each([
		['base URL', { ...KIND, baseUrl: 'https://proxy.example.com' }],
		['model', { ...KIND, model: 'flux-2' }],
		['mode', { ...KIND, mode: 'image-to-image' }],
	])('is not told of another %s', (_, other) => {
		const lengths = createLearnedLengths();
		lengths.record(KIND, 'task-1', 12);
		expect(lengths.of(other)).toEqual([]);
		expect(lengths.of({ ...KIND })).toEqual([12]);
	});

	it('is told of all modes where none is named', () => {
		const lengths = createLearnedLengths();
		lengths.record(KIND, 'task-1', 12);
		lengths.record({ ...KIND, mode: 'image-to-image' }, 'task-2', 20);
		lengths.record({ ...KIND, model: 'flux-2' }, 'task-3', 30);
		lengths.record({ ...KIND, mode: undefined }, 'task-4', 40);
		expect(lengths.of({ ...KIND, mode: undefined })).toEqual([12, 20, 40]);
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

const HOUR_MS = 3_600_000;
const NOW_MS = Date.UTC(2026, 10, 24);
const task = { taskId: 'task-1', model: 'nano-banana', submittedAtMs: NOW_MS - 100_000 };

const answer = (times: Partial<TaskAnswer>): TaskAnswer => ({
	taskId: 'task-1',
	state: 'success',
	resultJson: undefined,
	...times,
});

/** That began so many seconds ago, and took so many. */
const times = (beganSeconds: number, seconds: number) => {
	const createTime = NOW_MS - beganSeconds * 1000;
	return { createTime, completeTime: createTime + seconds * 1000 };
};

describe('the length of a task that was submitted 100 s ago', () => {
	it.each<[string, Partial<TaskAnswer>, number | undefined]>([
		['by both times', times(100, 40), 40],
		["by APIXO's clock, which is an hour fast", times(-3_600, 40), 40],
		['without its creation', { completeTime: NOW_MS }, undefined],
		['without its completion', { createTime: NOW_MS }, undefined],
		['completed before it was created', times(50, -10), undefined],
		['of no time', times(50, 0), undefined],
		['that had begun 2 s before its ID came', times(102, 102), 102],
		['longer than it can have taken', times(111, 111), undefined],
		['created in 1970', { createTime: 0, completeTime: NOW_MS }, undefined],
		[
			'in seconds instead of ms',
			{ createTime: NOW_MS / 1000 - 240, completeTime: NOW_MS / 1000 },
			undefined,
		],
	])('%s', (_, given, expected) => {
		expect(lengthSeconds({ task, isOwn: true }, answer(given), NOW_MS)).toBe(expected);
	});
});

describe("the length of another execution's task, for which this one has waited for 100 s", () => {
	it.each<[string, Partial<TaskAnswer>, number | undefined]>([
		['that was submitted an hour ago', times(3_600, 200), 200],
		["by APIXO's clock, which is fast", times(25, 140), 140],
		['of more than a day', times(100_000, 90_000), undefined],
	])('%s', (_, given, expected) => {
		expect(lengthSeconds({ task, isOwn: false }, answer(given), NOW_MS)).toBe(expected);
	});
});

describe('a task that has ended', () => {
	it.each<[string, TaskAnswer, boolean]>([
		['teaches by its success', answer(times(100, 40)), true],
		['teaches nothing by its failure', { ...answer(times(100, 40)), state: 'failed' }, false],
		['teaches nothing without its times', answer({}), false],
	])('%s', (name, given, isLearned) => {
		const kind = { baseUrl: `https://${name.replaceAll(' ', '-')}.example.com`, mode: 'a mode' };
		learnLength(kind, { task, isOwn: true, outcome: outcomeOf(given) }, NOW_MS);
		expect(learnedLengths.of({ ...kind, model: task.model })).toEqual(isLearned ? [40] : []);
	});

	it('teaches nothing where it was not waited for to its end', () => {
		const baseUrl = 'https://timed-out.example.com';
		const outcome = { kind: 'timedOut', cause: { limit: 'task', seconds: 100 } } as const;
		learnLength({ baseUrl }, { task, isOwn: true, outcome }, NOW_MS);
		learnLength({ baseUrl }, { task, isOwn: true }, NOW_MS + HOUR_MS);
		expect(learnedLengths.of({ baseUrl, model: task.model })).toEqual([]);
	});
});
