import type { IExecuteFunctions } from 'n8n-workflow';

import { readTaskParameters } from '../../../../nodes/Apixo/actions/task/taskParameters';

/** The task that an item means, of an n8n whose expressions give these parameters. */
function taskOf(parameters: Record<string, unknown>) {
	const context = {
		getNodeParameter: (name: string, _: number, fallback: unknown) => parameters[name] ?? fallback,
	} as unknown as IExecuteFunctions;
	return readTaskParameters(context, 0);
}

it('takes the IDs without blanks around them, numbers as text', () => {
	expect(taskOf({ model: ' nano-banana\n', taskId: ' b6c1 ' })).toEqual({
		model: 'nano-banana',
		taskId: 'b6c1',
	});
	expect(taskOf({ model: 'suno', taskId: 17 })).toEqual({ model: 'suno', taskId: '17' });
});

it.each<[string, Record<string, unknown>, string]>([
	['no task', { model: 'suno' }, "'Task ID' must be the ID of a task"],
	['a blank task', { model: 'suno', taskId: ' ' }, "'Task ID' must be the ID of a task"],
	['a long task', { model: 'suno', taskId: 'x'.repeat(501) }, "'Task ID' must be the ID of a task"],
	['no model', { taskId: 'b6c1' }, "'Model' must be the ID of a model"],
	[
		'an object',
		{ model: 'suno', taskId: { id: 'b6c1' } },
		"'Task ID' must be text, but the expression gave an object",
	],
	[
		'webhook data in the form of a primitive',
		{ model: 'suno', taskId: { toString: 1, valueOf: 1 } },
		"'Task ID' must be text, but the expression gave an object",
	],
	['a list', { model: ['suno'], taskId: 'b6c1' }, "'Model' must be text, but"],
])('refuses %s', (_, parameters, message) => {
	expect(() => taskOf(parameters)).toThrow(message);
});
