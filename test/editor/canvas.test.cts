import type { Locator } from 'playwright-core';
import { sharedN8n } from '../e2e/harness/shared.cts';
import {
	apixoNode,
	apixoTriggerNode,
	manualTrigger,
	node,
	noOp,
	workflow,
} from '../e2e/harness/workflows.cts';
import type { Simulator } from '../simulator/simulator.cts';
import { eventuallyHolds } from '../support/eventually.cts';
import { openEditor, startSimulatorWithCredential } from './editor.cts';

const opened = openEditor();
const { api } = sharedN8n();
let simulator: Simulator;
let credential: { id: string; name: string };

beforeAll(async () => {
	({ simulator, credential } = await startSimulatorWithCredential());
});
afterAll(async () => await simulator.stop());

const nanoBanana = {
	model: { __rl: true, mode: 'list', value: 'nano-banana', cachedResultName: 'Nano Banana' },
	mode: 'text-to-image',
	prompt: 'a red fox',
	input: { mappingMode: 'defineBelow', value: { aspect_ratio: '1:1' } },
};

/** Whether the picture of this file is there, and drawn. */
async function isDrawn(icon: Locator, file: string): Promise<boolean> {
	return await icon.evaluate(
		(image: HTMLImageElement, name) => image.src.endsWith(name) && image.naturalWidth > 0,
		file,
	);
}

async function openNodesPanel(): Promise<void> {
	const { editor } = opened;
	const { id } = await api.createWorkflow(workflow({ name: 'Empty', nodes: [] }));
	await editor.openWorkflow(id);
	await editor.page.getByTestId('canvas-plus-button').click();
}

it('finds both nodes in the nodes panel, with their actions', async () => {
	const { editor } = opened;
	await openNodesPanel();
	const panel = editor.page.getByTestId('node-creator');
	await panel.getByTestId('node-creator-search-bar').fill('apixo');
	const entry = panel.getByTestId('item-iterator-item');
	await eventuallyHolds(async () => {
		expect(await entry.count()).toBe(1);
		expect(await entry.innerText()).toMatch(/^APIXO\s+Generate images, videos and audio/);
		expect(await isDrawn(entry.locator('img').first(), 'apixo.svg')).toBe(true);
	});
	await editor.screenshot('nodes-panel');

	await entry.click();
	await panel.getByText('Actions (8)').click();
	const actions = panel.getByTestId('node-creator-item-name');
	await eventuallyHolds(async () =>
		expect((await actions.allInnerTexts()).map((text) => text.trim())).toEqual([
			'On task success',
			'On task failure',
			'Get account balance',
			'Generate audio',
			'Generate an image',
			'Get many models',
			'Get a task',
			'Wait for a task',
			'Download task files',
			'Generate a video',
		]),
	);
	await editor.screenshot('nodes-panel-actions');
});

describe('the nodes panel, searched as users do', () => {
	const searchBar = () => opened.editor.page.getByTestId('node-creator-search-bar');
	const found = () =>
		opened.editor.page.getByTestId('item-iterator-item').getByText(/^APIXO( Tool)?$/);

	beforeAll(openNodesPanel);

	it.each([
		'apixo',
		'nano banana',
		'kling',
		'suno',
		'flux',
		'midjourney',
		'seedance',
		'gpt image',
		'generate',
		'text to image',
		'image to video',
		'ai image',
		'image',
		'tts',
		'callback',
	])('finds the node by "%s"', async (search) => {
		await searchBar().fill('no such node');
		await found().first().waitFor({ state: 'hidden' });
		await searchBar().fill(search);
		await found().first().waitFor();
	});

	it('finds the tool of an agent by "generate image"', async () => {
		const { editor } = opened;
		const agent = node({ type: '@n8n/n8n-nodes-langchain.agent', typeVersion: 3.1, name: 'Agent' });
		const { id } = await api.createWorkflow(workflow({ name: 'Agent', nodes: [agent] }));
		await editor.openWorkflow(id);
		await editor.node('Agent').getByTestId('canvas-handle-plus').last().click();
		await searchBar().fill('no such tool');
		await found().first().waitFor({ state: 'hidden' });
		await searchBar().fill('generate image');
		await found().first().waitFor();
		await editor.screenshot('tools-panel');
	});
});

it('names model and mode under the node, and has icons for both themes', async () => {
	const { editor } = opened;
	const { id } = await api.createWorkflow(
		workflow({
			name: 'Themes',
			nodes: [
				apixoTriggerNode({ credential, parameters: {} }),
				apixoNode({ credential, parameters: nanoBanana }),
				apixoNode({ name: 'No Model', credential, parameters: { resource: 'video' } }),
				apixoNode({
					name: 'Task',
					credential,
					parameters: { resource: 'task', operation: 'wait' },
				}),
			],
			connections: [{ from: 'APIXO Trigger', to: 'APIXO' }],
		}),
	);
	await editor.openWorkflow(id);
	await eventuallyHolds(async () => {
		expect(await editor.node('APIXO').innerText()).toContain('Nano Banana: Text to Image');
		expect(await editor.node('No Model').innerText()).toContain('LTX-2 19B');
		expect(await editor.node('Task').innerText()).toContain('Wait: Task');
		expect(await editor.node('APIXO Trigger').innerText()).toContain('Success + Failed');
	});
	const outputs = editor.node('APIXO Trigger').getByTestId('canvas-node-output-handle');
	await eventuallyHolds(async () =>
		expect((await outputs.allInnerTexts()).map((text) => text.trim())).toEqual([
			'Success',
			'Failed',
		]),
	);
	await editor.screenshot('canvas-light');

	const icons = async (suffix: string) => [
		await isDrawn(editor.node('APIXO').locator('img'), `/apixo${suffix}`),
		await isDrawn(editor.node('APIXO Trigger').locator('img'), `/apixoTrigger${suffix}`),
	];
	await eventuallyHolds(async () => expect(await icons('.svg')).toEqual([true, true]));
	await editor.page.emulateMedia({ colorScheme: 'dark' });
	await eventuallyHolds(async () => expect(await icons('.dark.svg')).toEqual([true, true]));
	await editor.screenshot('canvas-dark');
	await editor.page.emulateMedia({ colorScheme: 'light' });
});

it('shows a paused node as waiting, and its result after the callback', async () => {
	const { editor } = opened;
	const { id } = await api.createWorkflow(
		workflow({
			name: 'Paused',
			nodes: [
				manualTrigger({ items: [{}] }),
				apixoNode({
					credential,
					parameters: { ...nanoBanana, prompt: 'a paused fox', completion: 'callback' },
				}),
				noOp({ name: 'Use It' }),
			],
		}),
	);
	simulator.plan({ promptIncludes: 'a paused fox' }, { outcome: 'never' });
	await editor.openWorkflow(id);
	await editor.executeWorkflow();
	await editor.node('APIXO').locator('.waiting').waitFor();
	await editor.screenshot('paused-canvas');
	await editor.openNode('APIXO');
	await editor.outputWith('Waiting for APIXO to finish the task');
	await editor.screenshot('paused-panel');
	await editor.closeNode();

	const [task] = simulator.tasks().filter(({ state }) => state !== 'success');
	simulator.finish(task.taskId, 'success');
	await editor.node('Use It').getByTestId('canvas-node-status-success').waitFor();
	await editor.screenshot('paused-done');
	await editor.openNode('APIXO');
	expect(await editor.outputWith('callback')).toContain(task.taskId);
	await editor.closeNode();
});
