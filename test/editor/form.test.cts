import type { INode } from 'n8n-workflow';
import { sharedN8n } from '../e2e/harness/shared.cts';
import { apixoNode, manualTrigger, workflow } from '../e2e/harness/workflows.cts';
import type { Simulator } from '../simulator/simulator.cts';
import { eventuallyHolds } from '../support/eventually.cts';
import { openEditor, startSimulatorWithCredential } from './editor.cts';

const QUICK = { initialWait: 1, pollInterval: 1 };
const FOX = 'https://example.com/fox.png';
const SNOW = 'https://example.com/snow.png';

const opened = openEditor();
const { api } = sharedN8n();
let simulator: Simulator;

/** A node for each test, with nothing set but this. */
const NODES: Record<string, INode['parameters']> = {
	'Without Model': { model: { __rl: true, mode: 'list', value: '' } },
	'Other Model': {},
	Filled: { options: QUICK },
	'By Name': { options: QUICK },
	'By ID': { resource: 'video' },
	Incomplete: { resource: 'video' },
};

let workflowId: string;

beforeAll(async () => {
	const started = await startSimulatorWithCredential();
	simulator = started.simulator;
	const { credential } = started;
	const trigger = manualTrigger({ items: [{}] });
	const nodes = Object.entries(NODES).map(([name, parameters]) =>
		apixoNode({ name, parameters, credential }),
	);
	const { id } = await api.createWorkflow(
		workflow({
			name: 'Form',
			nodes: [trigger, ...nodes],
			connections: nodes.map(({ name }) => ({ from: trigger.name, to: name })),
		}),
	);
	workflowId = id;
	await opened.editor.openWorkflow(workflowId);
});
afterEach(async () => await opened.editor.closeNode());
afterAll(async () => await simulator.stop());

/** What a node has stored; n8n saves a moment after each change. */
async function stored(nodeName: string): Promise<INode['parameters']> {
	const { nodes } = await api.getWorkflow(workflowId);
	return nodes.find(({ name }) => name === nodeName)?.parameters ?? {};
}

/** What a node's form has stored. */
async function storedInput(nodeName: string): Promise<unknown> {
	const { input } = await stored(nodeName);
	return (input as { value: unknown } | undefined)?.value;
}

/** The bodies of the requests for tasks of this model. */
const submitted = (model: string) =>
	simulator
		.tasks()
		.filter((task) => task.model === model)
		.map(({ requestBody }) => requestBody);

it('asks for a model first, and marks nothing else as wrong', async () => {
	const { editor } = opened;
	await editor.openNode('Without Model');
	await eventuallyHolds(async () => expect(await editor.chosen('mode')).toBe('Automatic'));
	expect(await editor.formNotice()).toBe('Choose a model to see its inputs');
	expect(await editor.isMarkedWrong('mode')).toBe(false);
	await editor.screenshot('form-without-model');
});

it('has the modes and fields of the chosen model, and leaves nothing of the model before', async () => {
	const { editor } = opened;
	await editor.openNode('Other Model');

	await eventuallyHolds(async () => expect(await editor.model()).toBe('Nano Banana'));
	await eventuallyHolds(async () =>
		expect(await editor.optionsOf('mode')).toEqual([
			'Automatic',
			'Text to Image',
			'Image to Image',
		]),
	);
	await editor.choose('mode', 'Text to Image');
	await eventuallyHolds(async () =>
		expect(await editor.formLabels()).toEqual(['Aspect Ratio', 'Output Format (default JPEG)']),
	);
	await editor.choose('mode', 'Image to Image');
	await eventuallyHolds(async () =>
		expect(await editor.formLabels()).toEqual([
			'Image URLs * (1–5)',
			'Aspect Ratio',
			'Output Format (default JPEG)',
		]),
	);
	await editor.fill('image_urls', FOX);
	await editor.choose('output_format', 'PNG');
	await eventuallyHolds(async () =>
		expect(await storedInput('Other Model')).toEqual({
			aspect_ratio: '1:1',
			image_urls: FOX,
			output_format: 'png',
		}),
	);
	await editor.screenshot('form-image-to-image');

	await editor.chooseModel('flux', 'Flux 2');
	await eventuallyHolds(async () =>
		expect(await editor.optionsOf('mode')).toEqual([
			'Default (Pro Text to Image)',
			'Pro Text to Image',
			'Pro Image to Image',
			'Flex Text to Image',
			'Flex Image to Image',
		]),
	);
	await eventuallyHolds(async () => expect(await editor.isMarkedWrong('mode')).toBe(true));
	await editor.choose('mode', 'Default (Pro Text to Image)');
	await eventuallyHolds(async () => {
		expect(await editor.formLabels()).toEqual(['Aspect Ratio', 'Resolution']);
		const input = (await storedInput('Other Model')) as object;
		expect(Object.keys(input).sort()).toEqual(['aspect_ratio', 'resolution']);
	});
	await editor.screenshot('form-other-model');
});

it('sends exactly what was set, and shows the result', async () => {
	const { editor } = opened;
	await editor.openNode('Filled');
	await editor.chooseModel('seedream', 'Seedream 5.0');
	await editor.choose('mode', 'Image to Image');
	await editor.fill('prompt', 'the fox, in the snow');
	await eventuallyHolds(async () =>
		expect(await editor.formLabels()).toContain('Image URLs * (1–14)'),
	);
	await editor.fill('image_urls', `${FOX}, ${SNOW}`);
	expect(await editor.optionsOf('web_search')).toEqual(['Yes', 'No']);
	await editor.choose('web_search', 'No');
	await eventuallyHolds(async () =>
		expect(await storedInput('Filled')).toEqual({
			max_images: 1,
			image_urls: `${FOX}, ${SNOW}`,
			web_search: false,
		}),
	);

	await editor.executeStep();
	const output = await editor.outputWith('deliveredBy');
	const [task] = simulator.tasks().filter(({ model }) => model === 'seedream-5-0');
	expect(output).toContain(task.taskId);
	expect(submitted('seedream-5-0')).toEqual([
		{
			request_type: 'async',
			input: {
				mode: 'image-to-image',
				prompt: 'the fox, in the snow',
				max_images: 1,
				image_urls: [FOX, SNOW],
				web_search: false,
			},
		},
	]);
	await editor.screenshot('form-result');
});

it('takes JSON for a model that is known by its name only', async () => {
	const { editor } = opened;
	await editor.openNode('By Name');
	await editor.chooseModel('qwen', 'Qwen Image (inputs as JSON)');
	await eventuallyHolds(async () => expect(await editor.formNotice()).toMatch(/'Using JSON'/));
	expect(await editor.optionsOf('mode')).toEqual(['None', 'Text to Image', 'Image to Image']);
	await editor.screenshot('form-name-only');
	await editor.choose('mode', 'Text to Image');
	await editor.choose('specifyInput', 'Using JSON');
	await editor.fillJson('inputJson', '{ "prompt": "a fox", "size": "2048x2048" }');
	await eventuallyHolds(async () =>
		expect((await stored('By Name')).inputJson).toContain('2048x2048'),
	);
	await editor.executeStep();
	await editor.outputWith('deliveredBy');
	expect(submitted('qwen-image')).toEqual([
		{
			request_type: 'async',
			input: { mode: 'text-to-image', prompt: 'a fox', size: '2048x2048' },
		},
	]);
	await editor.screenshot('form-json');
});

it('has the form of a model that was entered by its ID, and a notice for an unknown one', async () => {
	const { editor } = opened;
	await editor.openNode('By ID');
	await editor.enterModelId('kling-3-0-std');
	await eventuallyHolds(async () =>
		expect(await editor.optionsOf('mode')).toEqual([
			'Automatic',
			'Text to Video',
			'Image to Video',
			'Motion Control',
		]),
	);
	await editor.choose('mode', 'Text to Video');
	await eventuallyHolds(async () =>
		expect(await editor.formLabels()).toEqual([
			'Duration (3–15 s, default 5)',
			'Sound',
			'Aspect Ratio',
		]),
	);
	await editor.enterModelId('brand-new-video');
	await eventuallyHolds(async () =>
		expect(await editor.formNotice()).toMatch(/doesn't know this model's inputs/),
	);
	expect(await editor.optionsOf('mode')).toEqual(['None', 'Text to Video', 'Image to Video']);
	await editor.screenshot('form-unknown-id');
	await editor.enterModelId('nano-banana');
	await eventuallyHolds(async () =>
		expect(await editor.formNotice()).toMatch(
			/^Nano Banana generates images, but 'Resource' is 'Video'/,
		),
	);
});

it('says what is missing before anything is submitted', async () => {
	const { editor } = opened;
	await editor.openNode('Incomplete');
	await editor.chooseModel('hailuo 2.3', 'Hailuo 2.3');
	await editor.choose('mode', 'Standard Image to Video');
	await eventuallyHolds(async () =>
		expect(await editor.formLabels()).toContain('Duration * (seconds)'),
	);
	await editor.executeStep();
	await editor.toasts.getByText('Input "duration" is required').waitFor();
	await editor.screenshot('form-required');

	await editor.choose('duration', '6');
	await editor.executeStep();
	const message = editor.output.getByTestId('node-error-message');
	await message.waitFor();
	expect(await message.innerText()).toMatch(
		/^'Image URL' is required for 'Standard Image to Video'/,
	);
	await editor.screenshot('form-refused');
	expect(submitted('hailuo-2-3')).toEqual([]);
});
