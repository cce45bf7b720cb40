import { sharedN8n } from '../e2e/harness/shared.cts';
import { apixoNode, manualTrigger, workflow } from '../e2e/harness/workflows.cts';
import type { Simulator } from '../simulator/simulator.cts';
import { eventuallyHolds } from '../support/eventually.cts';
import { openEditor, startSimulatorWithCredential } from './editor.cts';

const QUICK = { initialWait: 1, pollInterval: 1 };

const opened = openEditor();
const { api } = sharedN8n();
let simulator: Simulator;
let credential: { id: string; name: string };

beforeAll(async () => {
	({ simulator, credential } = await startSimulatorWithCredential());
});
afterAll(async () => await simulator.stop());

async function openNodeWith(parameters: Parameters<typeof apixoNode>[0]['parameters']) {
	const nodes = [manualTrigger({ items: [{}] }), apixoNode({ credential, parameters })];
	const { id } = await api.createWorkflow(workflow({ name: 'First result', nodes }));
	await opened.editor.openWorkflow(id);
	await opened.editor.openNode('APIXO');
	return id;
}

/** The thumbnails above the data, by the width of the picture that has loaded. */
async function loadedWidths(): Promise<number[]> {
	return await opened.editor.output
		.locator('a[target=_blank] > img')
		.evaluateAll((images: HTMLImageElement[]) => images.map((image) => image.naturalWidth));
}

it('takes two acts to a picture that is seen: a prompt, and Execute', async () => {
	const { editor } = opened;
	await openNodeWith({ resource: 'image', options: QUICK });
	await eventuallyHolds(async () => {
		expect(await editor.model()).toBe('Nano Banana');
		expect(await editor.chosen('mode')).toBe('Automatic');
		expect(await editor.formLabels()).toContain('Aspect Ratio');
	});
	expect(await editor.isMarkedWrong('mode')).toBe(false);
	await editor.screenshot('first-result-form');

	await editor.fill('prompt', 'a red fox');
	await editor.executeStep();
	await editor.outputWith('Links expire after 24 hours');
	await eventuallyHolds(async () => {
		const widths = await loadedWidths();
		expect(widths).toHaveLength(1);
		expect(widths[0]).toBeGreaterThan(0);
	});
	await editor.screenshot('first-result-thumbnail');
	expect(simulator.tasks().map(({ requestBody }) => requestBody)).toEqual([
		{
			request_type: 'async',
			input: { mode: 'text-to-image', prompt: 'a red fox', aspect_ratio: '1:1' },
		},
	]);
});

it('shows the mode that holds after a model was chosen, without the list being opened', async () => {
	const { editor } = opened;
	await openNodeWith({ resource: 'video' });
	await eventuallyHolds(async () => {
		expect(await editor.model()).toBe('LTX-2 19B');
		expect(await editor.chosen('mode')).toBe('Default (Text to Video)');
	});
	await editor.chooseModel('hailuo 2.3', 'Hailuo 2.3');
	await eventuallyHolds(async () => expect(await editor.chosen('mode')).toBe('Automatic'));
	expect(await editor.isMarkedWrong('mode')).toBe(false);
	await editor.chooseModel('veo', 'Veo 3.1');
	await eventuallyHolds(async () => expect(await editor.chosen('mode')).toBe('Default (Quality)'));
	await editor.page.getByText('USD 0.20 (fast) or 1.50 (quality) per video').waitFor();
	await editor.screenshot('first-result-price');
});

it('fills in the task of the item before, and shows its result', async () => {
	const { editor } = opened;
	const nodes = [
		manualTrigger({ items: [{}] }),
		apixoNode({
			name: 'Submit',
			credential,
			parameters: { resource: 'image', prompt: 'a hare', completion: 'none' },
		}),
		apixoNode({
			credential,
			parameters: { resource: 'task', operation: 'wait', options: QUICK },
		}),
	];
	const { id } = await api.createWorkflow(workflow({ name: 'Task of before', nodes }));
	await editor.openWorkflow(id);
	await editor.executeWorkflow();
	await editor.node('APIXO').getByTestId('canvas-node-status-success').waitFor();
	await editor.openNode('APIXO');
	await eventuallyHolds(async () => expect(await loadedWidths()).toEqual([256]));
	await editor.screenshot('first-result-task');
});

it('shows one row of thumbnails for many items', async () => {
	const { editor } = opened;
	const items = ['a fox', 'a hare', 'an owl', 'a bat', 'a mole'].map((prompt) => ({ prompt }));
	const parameters = { resource: 'image', prompt: '={{ $json.prompt }}', options: QUICK };
	const nodes = [manualTrigger({ items }), apixoNode({ credential, parameters })];
	const { id } = await api.createWorkflow(workflow({ name: 'Many results', nodes }));
	await editor.openWorkflow(id);
	await editor.executeWorkflow();
	await editor.node('APIXO').getByTestId('canvas-node-status-success').waitFor();
	await editor.openNode('APIXO');
	expect(await editor.outputWith('and 1 more')).not.toContain('is required');
	await eventuallyHolds(async () => expect(await loadedWidths()).toEqual([256, 256, 256, 256]));
	await editor.screenshot('first-result-many');
});

it('shows one thumbnail after a pause', async () => {
	const { editor } = opened;
	const parameters = { resource: 'image', prompt: 'a paused fox', completion: 'callback' };
	const workflowId = await openNodeWith(parameters);
	simulator.plan({ promptIncludes: 'a paused fox' }, { outcome: 'never' });
	await editor.executeStep();
	await editor.outputWith('It usually takes 10 to 15 seconds');
	// The editor is told before n8n has stored the pause, and an earlier callback would come again late.
	await api.waitForExecution({ workflowId }, { status: 'waiting' });
	const [task] = simulator.tasks().filter(({ state }) => state !== 'success');
	simulator.finish(task.taskId, 'success');
	await eventuallyHolds(async () => {
		const widths = await loadedWidths();
		expect(widths).toHaveLength(1);
		expect(widths[0]).toBeGreaterThan(0);
	});
	await editor.screenshot('first-result-after-pause');
});
