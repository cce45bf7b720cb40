import type { INode } from 'n8n-workflow';
import { sharedN8n } from '../e2e/harness/shared.cts';
import { apixoNode, manualTrigger, workflow } from '../e2e/harness/workflows.cts';
import { type Simulator, startSimulator } from '../simulator/simulator.cts';
import { eventually } from './browser.cts';
import { openEditor } from './editor.cts';

const QUICK = { initialWait: 1, pollInterval: 1 };
const FOX = 'https://example.com/fox.png';
const SNOW = 'https://example.com/snow.png';

const opened = openEditor();
const { api } = sharedN8n();
let simulator: Simulator;
let credential: { id: string; name: string };

beforeAll(async () => {
	simulator = await startSimulator({ defaults: { seconds: 0.1 } });
	const { apiKey, baseUrl } = simulator;
	credential = await api.createCredential('APIXO account', 'apixoApi', { apiKey, baseUrl });
});
afterAll(async () => await simulator.stop());

/** Opens the panel of an APIXO node that has nothing set but this; returns the workflow's id. */
async function openApixo(parameters: INode['parameters'] = {}): Promise<string> {
	const { id } = await api.createWorkflow(
		workflow({
			name: 'Form',
			nodes: [
				manualTrigger({ items: [{}] }),
				apixoNode({ credential, parameters: { options: QUICK, ...parameters } }),
			],
		}),
	);
	await opened.editor.openWorkflow(id);
	await opened.editor.openNode('APIXO');
	return id;
}

/** What the form has stored in the node; n8n saves a moment after each change. */
async function storedInput(workflowId: string): Promise<unknown> {
	const { nodes } = await api.getWorkflow(workflowId);
	const { input } = nodes.find(({ name }) => name === 'APIXO')?.parameters ?? {};
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
	await openApixo();
	await eventually(async () => expect(await editor.chosen('mode')).toBe('Choose a Model First'));
	expect(await editor.formNotice()).toBe('Choose a model to see its inputs');
	expect(await editor.parameter('mode').locator('.has-issues').count()).toBe(0);
	await editor.screenshot('form-without-model');
});

it('has the modes and fields of the chosen model, and leaves nothing of the model before', async () => {
	const { editor } = opened;
	const workflowId = await openApixo();

	await editor.chooseModel('BANANA', 'Nano Banana');
	await eventually(async () =>
		expect(await editor.optionsOf('mode')).toEqual(['Text to Image', 'Image to Image']),
	);
	await editor.choose('mode', 'Text to Image');
	await eventually(async () =>
		expect(await editor.formLabels()).toEqual(['Aspect Ratio', 'Output Format (default jpeg)']),
	);
	await editor.choose('mode', 'Image to Image');
	await eventually(async () =>
		expect(await editor.formLabels()).toEqual([
			'Image URLs * (1–5)',
			'Aspect Ratio',
			'Output Format (default jpeg)',
		]),
	);
	await editor.fill('image_urls', FOX);
	await editor.choose('output_format', 'PNG');
	await eventually(async () =>
		expect(await storedInput(workflowId)).toEqual({
			aspect_ratio: '1:1',
			image_urls: FOX,
			output_format: 'png',
		}),
	);
	await editor.screenshot('form-image-to-image');

	await editor.chooseModel('flux', 'Flux 2');
	await eventually(async () =>
		expect(await editor.optionsOf('mode')).toEqual([
			'Default (Pro Text to Image)',
			'Pro Text to Image',
			'Pro Image to Image',
			'Flex Text to Image',
			'Flex Image to Image',
		]),
	);
	await editor.choose('mode', 'Default (Pro Text to Image)');
	await eventually(async () => {
		expect(await editor.formLabels()).toEqual(['Aspect Ratio', 'Resolution']);
		const stored = (await storedInput(workflowId)) as object;
		expect(Object.keys(stored).sort()).toEqual(['aspect_ratio', 'resolution']);
	});
	await editor.screenshot('form-other-model');
});

it('sends exactly what was set, and shows the result', async () => {
	const { editor } = opened;
	const workflowId = await openApixo();
	await editor.chooseModel('seedream', 'Seedream 5.0');
	await editor.choose('mode', 'Image to Image');
	await editor.fill('prompt', 'the fox, in the snow');
	await eventually(async () => expect(await editor.formLabels()).toContain('Image URLs * (1–14)'));
	await editor.fill('image_urls', `${FOX}, ${SNOW}`);
	expect(await editor.optionsOf('web_search')).toEqual(['True', 'False']);
	await editor.choose('web_search', 'False');
	await eventually(async () =>
		expect(await storedInput(workflowId)).toEqual({
			max_images: 1,
			image_urls: `${FOX}, ${SNOW}`,
			web_search: false,
		}),
	);

	await editor.executeStep();
	const output = await editor.outputWith('resultUrls');
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
	const workflowId = await openApixo();
	await editor.chooseModel('qwen', 'Qwen Image');
	await eventually(async () => expect(await editor.formNotice()).toMatch(/'Using JSON'/));
	expect(await editor.optionsOf('mode')).toEqual(['None', 'Text to Image', 'Image to Image']);
	await editor.screenshot('form-name-only');
	await editor.choose('mode', 'Text to Image');
	await editor.choose('specifyInput', 'Using JSON');
	await editor.fillJson('inputJson', '{ "prompt": "a fox", "size": "2048x2048" }');
	await eventually(async () => {
		const { nodes } = await api.getWorkflow(workflowId);
		expect(nodes.at(-1)?.parameters.inputJson).toContain('2048x2048');
	});
	await editor.executeStep();
	await editor.outputWith('resultUrls');
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
	await openApixo({ resource: 'video' });
	await editor.enterModelId('kling-3-0-std');
	await eventually(async () =>
		expect(await editor.optionsOf('mode')).toEqual([
			'Text to Video',
			'Image to Video',
			'Motion Control',
		]),
	);
	await editor.choose('mode', 'Text to Video');
	await eventually(async () =>
		expect(await editor.formLabels()).toEqual([
			'Duration (3–15 s, default 5)',
			'Sound',
			'Aspect Ratio',
		]),
	);
	await editor.enterModelId('brand-new-video');
	await eventually(async () => expect(await editor.formNotice()).toMatch(/not in the catalogue/));
	expect(await editor.optionsOf('mode')).toEqual(['None', 'Text to Video', 'Image to Video']);
	await editor.screenshot('form-unknown-id');
});

it('says what is missing before anything is submitted', async () => {
	const { editor } = opened;
	await openApixo();
	await editor.chooseModel('nano banana 2', 'Nano Banana 2');
	await editor.choose('mode', 'Image to Image');
	await eventually(async () => expect(await editor.formLabels()).toContain('Resolution *'));
	await editor.executeStep();
	await editor.toasts.getByText('Input "resolution" is required').waitFor();
	await editor.screenshot('form-required');

	await editor.choose('aspect_ratio', '16:9');
	await editor.choose('resolution', '2k');
	await editor.executeStep();
	const message = editor.output.getByTestId('node-error-message');
	await message.waitFor();
	expect(await message.innerText()).toMatch(/^'image_urls' is required in the mode/);
	await editor.screenshot('form-refused');
	expect(submitted('nano-banana-2')).toEqual([]);
});
