import type { INode } from 'n8n-workflow';

import { toErrorItem, toNodeError } from '../../../../nodes/Apixo/items/errors';

const explanation = {
	message: 'APIXO task t1 failed',
	description: 'Change the prompt',
	task: { taskId: 't1', model: 'any', state: 'failed' },
};
const facts = {
	taskId: 't1',
	model: 'any',
	state: 'failed',
	description: 'Change the prompt',
};

function itemOf(onError: INode['onError']) {
	const node: INode = {
		id: 'apixo',
		name: 'APIXO',
		type: 'n8n-nodes-apixo.apixo',
		typeVersion: 1,
		position: [0, 0],
		parameters: {},
		onError,
	};
	const error = toNodeError(node, explanation, 3);
	return { error, item: toErrorItem(node, error, 3) };
}

describe('the item of a failed input', () => {
	it('has the facts of its task beside the error where the workflow continues', () => {
		const { item } = itemOf('continueRegularOutput');

		expect(item).toEqual({
			json: { error: 'APIXO task t1 failed', ...facts },
			pairedItem: { item: 3 },
		});
	});

	it('carries its error for the error output, by which every n8n 2.x moves it there', () => {
		const { item, error } = itemOf('continueErrorOutput');

		expect(item.error).toBe(error);
		expect(item.json).toEqual({ error: 'APIXO task t1 failed', details: facts });
		expect(item.pairedItem).toEqual({ item: 3 });
	});
});
