import { NodeHelpers, type INode, type INodeParameters } from 'n8n-workflow';

import { Apixo } from '../../../nodes/Apixo/Apixo.node';

const { description } = new Apixo();

/** What n8n makes of stored parameters before it runs a node, with all defaults filled in. */
function asRun(parameters: INodeParameters): INodeParameters {
	const node: INode = {
		id: '1',
		name: 'APIXO',
		type: 'n8n-nodes-apixo.apixo',
		typeVersion: 1,
		position: [0, 0],
		parameters,
	};
	const { properties } = description;
	return (
		NodeHelpers.getNodeParameters(properties, parameters, true, false, node, description) ?? {}
	);
}

/** The names of the notices that are shown with these parameters. */
function notices(parameters: INodeParameters): string[] {
	const shown = description.properties.filter(
		(property) =>
			property.type === 'notice' &&
			NodeHelpers.displayParameter(parameters, property, null, description),
	);
	return shown.map(({ displayName }) => displayName);
}

const list = (value: string) => ({ __rl: true, mode: 'list', value });

it.each([
	['image', 'nano-banana'],
	['video', 'ltx-2-19b'],
	['audio', 'suno'],
])('has a model at first for %s: %s', (resource, model) => {
	const parameters = asRun({ resource, operation: 'generate' });
	expect(parameters.model).toMatchObject({ __rl: true, mode: 'list', value: model });
	expect(parameters).toMatchObject({ mode: '', prompt: '', completion: 'auto' });
});

it.each(['image', 'video', 'audio'])('keeps every option that was set for %s', (resource) => {
	const options = {
		backoffFactor: 2,
		initialWait: 7,
		maxPollInterval: 9,
		pollInterval: 8,
		pollingStrategy: 'backoff',
		timeout: 77,
		maxConcurrency: 3,
		minimumBalance: 5,
		onTaskFailure: 'output',
		onTimeout: 'output',
		provider: 'official',
		validateInput: false,
		downloadResults: true,
		binaryProperty: 'file',
		maxFileSize: 5,
		outputMode: 'file',
	};
	const model = list('any');
	const parameters = asRun({ resource, operation: 'generate', model, prompt: 'a fox', options });
	expect(parameters).toMatchObject({ model, prompt: 'a fox', options });
});

it('does nothing by an option that was not added', () => {
	expect(asRun({ resource: 'image', operation: 'generate', options: {} }).options).toEqual({});
});

it.each(['get', 'wait', 'download'])('takes the task of the item before: %s', (operation) => {
	expect(asRun({ resource: 'task', operation })).toMatchObject({
		model: { mode: 'id', value: '={{ $json.model }}' },
		taskId: '={{ $json.taskId }}',
	});
});

it.each([
	['video', list('veo-3-1'), 1],
	['image', list('veo-3-1'), 0],
	['video', { __rl: true, mode: 'id', value: '={{ $json.model }}' }, 0],
	['video', list(''), 0],
])('has the facts of the chosen model: %s, %j', (resource, model, count) => {
	const shown = notices({ resource, operation: 'generate', model, specifyInput: 'fields' });
	expect(shown).toHaveLength(count);
	if (count > 0) expect(shown[0]).toContain('USD 0.20 (fast) or 1.50 (quality) per video');
});
