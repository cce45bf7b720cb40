import { failRun } from '../../../../nodes/Apixo/items/failRun';
import type { Task } from '../../../../nodes/shared/tasks/outcome';
import { FakeExecution, type FakeExecutionOptions } from '../fakeExecution';

const TASKS = new Map<number, Task>([
	[1, { taskId: 'task-1', model: 'nano-banana', submittedAtMs: 0 }],
]);
const THREE_ITEMS: FakeExecutionOptions = { input: [{}, {}, {}] };

/** What a run whose credential was deleted throws, and what it puts out. */
function fail(options: FakeExecutionOptions, error: unknown = new Error('No credential')) {
	const { context } = new FakeExecution({ ...THREE_ITEMS, ...options });
	try {
		return { items: failRun(context, error, TASKS) };
	} catch (thrown) {
		return { thrown };
	}
}

describe('an error of the whole run', () => {
	it.each<[string, FakeExecutionOptions]>([
		['Continue On Fail', { continueOnFail: true }],
		['a call of an agent', { isToolExecution: true }],
	])('becomes that of every item, with its task: %s', (_, options) => {
		expect(fail(options).items).toMatchObject([
			{ json: { error: 'No credential' }, pairedItem: { item: 0 } },
			{
				json: { error: 'No credential', taskId: 'task-1', model: 'nano-banana' },
				pairedItem: { item: 1 },
			},
			{ json: { error: 'No credential' }, pairedItem: { item: 2 } },
		]);
	});

	it('is thrown with the tasks that are known where the workflow stops', () => {
		const error = Object.assign(new Error('No credential'), { description: 'Choose one' });
		const { thrown } = fail({}, error);
		expect(thrown).toBe(error);
		expect(error.description).toBe(
			"Choose one.\nTasks of this run:\n[Item 1] task task-1 of 'nano-banana'",
		);
	});

	it.each([
		{ message: 'No credential for task-1', description: 'Choose one' },
		{ message: 'No credential', description: 'Choose one for task-1' },
	])('is thrown as it is where it names the tasks: %j', (texts) => {
		const error = Object.assign(new Error(texts.message), { description: texts.description });
		expect(fail({}, error).thrown).toBe(error);
		expect(error).toMatchObject(texts);
	});

	it.each<[string, unknown]>([
		['text', 'odd'],
		['null', null],
		['nothing', undefined],
	])('is thrown as it is: %s', (_, error) => {
		const { context } = new FakeExecution(THREE_ITEMS);
		let thrown: unknown = 'nothing was thrown';
		try {
			failRun(context, error, TASKS);
		} catch (caught) {
			thrown = caught;
		}
		expect(thrown).toBe(error);
	});
});

describe('a cancelled run', () => {
	const error = new Error('The execution was cancelled');
	const cancelled = (continueOnFail: boolean) => {
		const execution = new FakeExecution({ ...THREE_ITEMS, continueOnFail });
		execution.cancel();
		return execution.context;
	};

	it('ends as n8n ends it', () => {
		expect(() => failRun(cancelled(false), error, TASKS)).toThrow(error);
		expect(error).not.toHaveProperty('description');
	});

	it('hands on no input as the result where the workflow goes on, also when n8n retries it', () => {
		expect(failRun(cancelled(true), error, TASKS)).toMatchObject([
			{ json: { error: error.message } },
			{ json: { error: error.message, taskId: 'task-1' } },
			{ json: { error: error.message } },
		]);
	});
});
