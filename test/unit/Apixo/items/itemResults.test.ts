import { NodeOperationError, type INode } from 'n8n-workflow';

import type { TaskOutput } from '../../../../nodes/shared/tasks/output';
import { ItemResults } from '../../../../nodes/Apixo/items/itemResults';

const node: INode = {
	id: 'apixo',
	name: 'APIXO',
	type: 'n8n-nodes-apixo.apixo',
	typeVersion: 1,
	position: [0, 0],
	parameters: {},
};

const about = (taskId: string): TaskOutput => ({
	taskId,
	model: 'any',
	state: 'success',
	resultUrls: [`https://file/${taskId}.png`],
	deliveredBy: 'poll',
});
const output = (taskId: string) => ({ json: about(taskId) });

const refused = (taskId?: string) => ({
	message: `APIXO task ${taskId} failed`,
	description: 'Change the prompt',
	...(taskId && { task: { taskId, model: 'any', state: 'failed' } }),
});

function thrownBy(results: ItemResults): NodeOperationError {
	try {
		results.collect();
	} catch (error) {
		return error as NodeOperationError;
	}
	throw new Error('Nothing was thrown');
}

it('has all items in the order of the input, whatever came first, each with its pair', () => {
	const results = new ItemResults(node, 3, false);
	results.succeed(2, [output('third')]);
	results.succeed(0, [output('first, 1'), output('first, 2')]);
	results.succeed(1, [output('second')]);
	expect(results.collect()).toEqual([
		{ ...output('first, 1'), pairedItem: { item: 0 } },
		{ ...output('first, 2'), pairedItem: { item: 0 } },
		{ ...output('second'), pairedItem: { item: 1 } },
		{ ...output('third'), pairedItem: { item: 2 } },
	]);
	expect(results.anyFailed).toBe(false);
});

it('puts an item in the place of each that failed, where the workflow goes on', () => {
	const results = new ItemResults(node, 3, true);
	results.fail(1, refused('b'));
	results.succeed(2, [output('c')]);
	results.succeed(0, [output('a')]);
	const [first, second, third] = results.collect();
	expect([first.json.taskId, third.json.taskId]).toEqual(['a', 'c']);
	expect(second).toEqual({
		json: {
			error: 'APIXO task b failed',
			description: 'Change the prompt',
			taskId: 'b',
			model: 'any',
			state: 'failed',
		},
		pairedItem: { item: 1 },
	});
	expect(results.anyFailed).toBe(true);
});

it('keeps the files that a failed item has nevertheless', () => {
	const results = new ItemResults(node, 1, true);
	const binary = { data: { mimeType: 'image/png', data: 'id' } };
	results.fail(0, refused('a'), binary);
	expect(results.collect()).toMatchObject([{ json: { taskId: 'a' }, binary }]);
});

it('throws the first failure, with what became of the others', () => {
	const results = new ItemResults(node, 4, false);
	results.fail(3, refused('d'));
	results.fail(1, refused('b'));
	results.succeed(0, [output('a')], about('a'));
	results.succeed(2, [output('c')]);
	expect(results.anyFailed).toBe(true);
	const error = thrownBy(results);
	expect(error).toMatchObject({
		message: 'APIXO task b failed',
		context: { itemIndex: 1, taskId: 'b' },
	});
	expect(error.description?.split('\n').slice(2)).toEqual([
		"[Item 0] task a of 'any': success https://file/a.png",
		'[Item 2] done',
		'[Item 3] APIXO task d failed',
	]);
});

it('names the tasks of all others, also of very many', () => {
	const results = new ItemResults(node, 40, false);
	results.fail(0, refused());
	for (let item = 1; item < 40; item++) {
		const taskId = `task-${item}`;
		results.succeed(item, [output(taskId)], about(taskId));
	}
	const { description } = thrownBy(results);
	for (let item = 1; item < 40; item++) expect(description).toMatch(new RegExp(`task-${item}\\b`));
	expect(description).toContain('and 19 more');
});
