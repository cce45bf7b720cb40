import { NodeApiError, NodeOperationError, type INode } from 'n8n-workflow';

import {
	setDescription,
	toErrorItem,
	toExplanation,
	toNodeError,
} from '../../../../nodes/Apixo/items/errors';

const node: INode = {
	id: 'apixo',
	name: 'APIXO',
	type: 'n8n-nodes-apixo.apixo',
	typeVersion: 1,
	position: [0, 0],
	parameters: {},
};
const TASK = { taskId: 'task-1', model: 'any' };

describe('an error of any class', () => {
	const circular: Record<string, unknown> = {};
	circular.self = circular;

	it.each<[string, unknown, string]>([
		['an Error', new Error('broken'), 'broken'],
		['an Error without a message', new TypeError(''), '[object Error]'],
		['an object with a message', { message: 'broken' }, 'broken'],
		['text', 'broken', 'broken'],
		['nothing', undefined, 'undefined'],
		['null', null, 'null'],
		['a symbol', Symbol('odd'), 'Symbol(odd)'],
		['an object that cannot be text', Object.create(null), '[object Object]'],
		['an object whose text is no function', { toString: 1 }, '[object Object]'],
		['a circular object', circular, '[object Object]'],
	])('is explained, and names the task: %s', (_, error, message) => {
		expect(toExplanation(error, TASK)).toMatchObject({
			message,
			description: expect.stringContaining("The item's task is task-1 of model 'any'"),
			task: TASK,
		});
		expect(toExplanation(error).message).toBe(message);
	});

	it('keeps description and HTTP code', () => {
		const error = Object.assign(new Error('broken'), { description: 'Why', httpCode: '503' });
		expect(toExplanation(error, TASK)).toEqual({
			message: 'broken',
			description: "Why. The item's task is task-1 of model 'any'",
			httpCode: '503',
			task: TASK,
		});
	});
});

describe('the error that n8n shows', () => {
	const explanation = {
		message: 'read ECONNRESET for task-1',
		description: 'Try again',
		task: { ...TASK, state: 'failed' },
		failCode: 'NSFW',
	};

	it('has message, description, item and task', () => {
		const error = toNodeError(node, explanation, 3);
		expect(error).toBeInstanceOf(NodeOperationError);
		expect(error).toMatchObject({
			message: 'read ECONNRESET for task-1',
			description: 'Try again',
			context: { itemIndex: 3, taskId: 'task-1', model: 'any', state: 'failed', failCode: 'NSFW' },
		});
	});

	it('has the HTTP code where there is one, and the same message', () => {
		const error = toNodeError(node, { ...explanation, httpCode: '500' }, 3);
		expect(error).toBeInstanceOf(NodeApiError);
		expect(error).toMatchObject({
			message: 'read ECONNRESET for task-1',
			httpCode: '500',
			context: { itemIndex: 3, taskId: 'task-1' },
		});
	});
});

describe('a description', () => {
	const shownFor = (description: string) => {
		const error = toNodeError(node, { message: 'M', description });
		expect(error.description).toBe(description);
		return error.context.descriptionTemplate;
	};

	it.each([
		['plain text', undefined],
		[
			'Top up (https://apixo.ai/dashboard), then run again',
			'Top up (<a href="https://apixo.ai/dashboard" target="_blank">https://apixo.ai/dashboard</a>), then run again',
		],
		[
			'Files:\nhttps://a.example.com/1.png?a=1&b=2',
			'Files:<br><a href="https://a.example.com/1.png?a=1&amp;b=2" target="_blank">https://a.example.com/1.png?a=1&amp;b=2</a>',
		],
		[
			'See https://apixo.ai/docs.',
			'See <a href="https://apixo.ai/docs" target="_blank">https://apixo.ai/docs</a>.',
		],
		['<img src=x onerror=alert(1)>', '&lt;img src=x onerror=alert(1)&gt;'],
		['https://a.example.com/"onclick="alert(1)', expect.not.stringMatching(/<a [^>]*onclick/)],
		['javascript:alert(1) http://a.example.com', undefined],
	])('is plain text, and HTML for the editor: %j', (description, html) => {
		expect(shownFor(description)).toEqual(html);
	});

	it.each([
		['One sentence', 'One sentence'],
		['One. Two', 'One. Two.'],
		['One. Two?', 'One. Two?'],
		['One. Two (https://apixo.ai/docs)', 'One. Two (https://apixo.ai/docs).'],
		['URLs. These:\nhttps://a.example.com/1', 'URLs. These:\nhttps://a.example.com/1'],
	])('ends with a period after several sentences: %j', (description, ended) => {
		expect(toNodeError(node, { message: 'M', description }).description).toBe(ended);
	});

	it('that is changed later is the one that the editor shows', () => {
		const error = toNodeError(node, {
			message: 'M',
			description: 'https://apixo.ai/docs',
			task: TASK,
		});
		Object.assign(error.context, { descriptionKey: 'pairedItemPinned' });
		setDescription(error, 'task-1 is running');
		expect(error).toMatchObject({
			description: 'task-1 is running',
			context: { taskId: 'task-1', descriptionTemplate: undefined, descriptionKey: undefined },
		});
	});

	it('may be given to an error that has no context', () => {
		const error = new Error('M') as Error & { description?: string };
		setDescription(error, 'a\nb');
		expect(error).toMatchObject({
			description: 'a\nb',
			context: { descriptionTemplate: 'a<br>b' },
		});
	});
});

describe('the item that stands for an error', () => {
	const error = toNodeError(node, { message: 'M', description: 'D', task: TASK }, 2);

	it('says all that is known of the task', () => {
		expect(toErrorItem(node, error, 2)).toEqual({
			json: { error: 'M', taskId: 'task-1', model: 'any', description: 'D' },
			pairedItem: { item: 2 },
		});
	});

	it('keeps to the keys that n8n moves to the error output', () => {
		expect(toErrorItem({ ...node, onError: 'continueErrorOutput' }, error, 2)).toEqual({
			json: { error: 'M', details: { taskId: 'task-1', model: 'any', description: 'D' } },
			pairedItem: { item: 2 },
		});
	});

	it('has the error for n8n up to 2.30, which does not know those keys, and for nobody else', () => {
		const item = toErrorItem({ ...node, onError: 'continueErrorOutput' }, error, 2);
		expect(item.error).toBe(error);
		expect({ ...item }).not.toHaveProperty('error');
		expect(toErrorItem(node, error, 2).error).toBeUndefined();
	});
});
