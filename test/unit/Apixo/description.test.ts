import {
	NodeHelpers,
	type INode,
	type INodeParameters,
	type INodeProperties,
	type INodePropertyCollection,
} from 'n8n-workflow';

import { Apixo } from '../../../nodes/Apixo/Apixo.node';
import codex from '../../../nodes/Apixo/Apixo.node.json';

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

/** Of each level the parameters, with where they are. */
function levels(properties: INodeProperties[], where = 'node'): Array<[string, INodeProperties[]]> {
	const below = properties.flatMap(({ name, type, options = [] }) => {
		if (type === 'collection') return levels(options as INodeProperties[], name);
		if (type !== 'fixedCollection') return [];
		const groups = options as INodePropertyCollection[];
		return groups.flatMap((group) => levels(group.values, `${name}.${group.name}`));
	});
	return [[where, properties], ...below];
}

// Of any other name n8n before 2.41 waits in vain, and refuses to run the node at all.
it.each(levels(description.properties))(
	'shows parameters of %s by their neighbours, or by paths from the root',
	(_, properties) => {
		const neighbours = properties.map(({ name }) => name);
		const conditions = properties.flatMap(({ displayOptions: { show, hide } = {} }) => [
			...Object.keys(show ?? {}),
			...Object.keys(hide ?? {}),
		]);
		const isKnown = (name: string) => /^[/@]/.test(name) || neighbours.includes(name);
		expect(conditions.filter((name) => !isKnown(name))).toEqual([]);
	},
);

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
		simplify: true,
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

it.each([
	['qwen-image', /^Known by name only: .*For its price and duration, see .*APIXO's docs/],
	['only-in-the-index', /^Known by name only: .*For its price and duration, see .*APIXO's docs/],
])('says of a model without a form where to read about it: %s', (model, text) => {
	const parameters = { resource: 'image', operation: 'generate', model: list(model) };
	expect(notices(parameters)).toEqual([expect.stringMatching(text)]);
});

it.each([
	['nano-banana', true],
	['qwen-image', false],
	['only-in-the-index', false],
])('offers to explain the inputs only where they are known: %s: %s', (model, isOffered) => {
	const parameters = { resource: 'image', operation: 'generate', model: list(model) };
	const property = description.properties.find(({ name }) => name === 'explainInputs');
	expect(property).toBeDefined();
	const isShown = NodeHelpers.displayParameter(
		parameters,
		property as INodeProperties,
		null,
		description,
	);
	expect(isShown).toBe(isOffered);
});

it('explains the inputs of the chosen model when asked to', () => {
	const parameters = { resource: 'image', operation: 'generate', model: list('nano-banana') };
	expect(notices({ ...parameters, explainInputs: false })).toHaveLength(1);
	const shown = notices({ ...parameters, explainInputs: true });
	expect(shown).toHaveLength(2);
	expect(shown[1]).toContain(
		'<li>Aspect Ratio (aspect_ratio): Aspect ratio of the image (default 1:1)</li>',
	);
	expect(shown[1]).toContain('Separate multiple URLs with commas');
});

describe('as a tool of an agent', () => {
	/** The parameter of this name as it is shown with these parameters. */
	const shown = (name: string, parameters: INodeParameters) =>
		description.properties.filter(
			(property) =>
				property.name === name &&
				NodeHelpers.displayParameter(parameters, property, null, description),
		);

	it('has no Pause Until Callback', () => {
		const generate = { resource: 'image', operation: 'generate' };
		const [{ options = [] }] = shown('completion', generate);
		const callback = options.find((option) => 'value' in option && option.value === 'callback');
		expect(callback).toMatchObject({ displayOptions: { hide: { '@tool': [true] } } });
	});

	it('has a notice with a description to start from', () => {
		const [notice] = description.properties.filter(({ name }) => name === 'toolNotice');
		expect(notice.displayOptions?.show).toMatchObject({ '@tool': [true] });
		expect(notice.displayName).toMatch(/costs money.*returns the URL in resultUrls/s);
	});
});

// n8n searches a node's name and its aliases for the letters that were typed, in their order.
it.each([
	...['apixo', 'nano banana', 'kling', 'suno', 'flux', 'midjourney', 'generate', 'text to image'],
	...['image', 'seedance', 'gpt image', 'ai image', 'callback', 'tts', 'text to speech'],
	...['image to video', 'generate image', 'music generation'],
])('is found by the search word %s', (word) => {
	const words = [description.displayName, ...codex.alias].map((text) => text.toLowerCase());
	expect(words).toContain(word);
});

it('has titles for the models and modes below the node, whether chosen or there at first', () => {
	expect(description.subtitle).toContain('"ltx-2-19b":"LTX-2 19B"');
	expect(description.waitingNodeTooltip).toContain('It usually takes about 2 minutes.');
});
