import type { INode } from 'n8n-workflow';
import type { Locator } from 'playwright-core';
import { exampleFiles, importExample } from '../e2e/harness/examples.cts';
import { sharedN8n } from '../e2e/harness/shared.cts';
import type { Simulator } from '../simulator/simulator.cts';
import { eventually } from '../support/eventually.cts';
import { openEditor, startSimulatorWithCredential } from './editor.cts';

const opened = openEditor();
const { api } = sharedN8n();
let simulator: Simulator;
let credential: { id: string; name: string };

beforeAll(async () => {
	({ simulator, credential } = await startSimulatorWithCredential());
});
afterAll(async () => await simulator.stop());

const isApixo = ({ type }: INode) => type.startsWith('n8n-nodes-apixo.');

describe.each(exampleFiles())('%s', (file) => {
	let workflowId: string;

	it('opens as a tidy workflow', async () => {
		const { editor } = opened;
		({ id: workflowId } = await importExample(api, file, credential));
		await editor.openWorkflow(workflowId);
		const notes = editor.page.getByTestId('sticky');
		await notes.first().waitFor();
		await editor.screenshot(`example-${file.replace('.json', '')}`);
		await expectTidy(notes);
	});

	// n8n runs a node that was changed again, which costs money.
	it('has APIXO nodes that are the same after they were opened and closed', async () => {
		const { editor } = opened;
		const before = await api.getWorkflow(workflowId);
		for (const node of before.nodes.filter(isApixo)) {
			await editor.openNode(node.name);
			if (node.parameters.input) {
				const form = editor.page.getByTestId('mapping-fields-container');
				await form.locator('.parameter-item').first().waitFor();
			}
			await editor.closeNode();
		}
		// The first change to be stored takes with it whatever the panels have changed.
		await editor.page.getByTestId('add-sticky-button').click();
		const after = await eventually('the added note to be stored', async () => {
			const { nodes } = await api.getWorkflow(workflowId);
			return nodes.length > before.nodes.length ? nodes : undefined;
		});
		for (const { id, name, parameters } of before.nodes.filter(isApixo)) {
			const stored = after.find((node) => node.id === id)?.parameters ?? {};
			expect({ name, input: stored.input }).toEqual({ name, input: parameters.input });
			// n8n does not store what is a default.
			expect(parameters).toMatchObject(stored);
		}
	});
});

it('a node is not run, and not paid for, again after a look at its result', async () => {
	const { editor } = opened;
	const { id } = await importExample(api, 'image-to-next-node.json', credential);
	const paidBefore = simulator.counts().generateTask;
	await editor.openWorkflow(id);
	await editor.executeWorkflow();
	await editor.node('Use the Image').getByTestId('canvas-node-status-success').waitFor();
	await editor.screenshot('done-image-to-next-node');

	await editor.openNode('Generate Image');
	await editor.page.getByTestId('mapping-fields-container').waitFor();
	await editor.screenshot('opened-image-to-next-node');
	await editor.closeNode();
	const marks = editor.node('Generate Image').getByTestId('canvas-node-status-warning');
	expect(await marks.count()).toBe(0);

	await editor.openNode('Use the Image');
	await editor.executeStep();
	await editor.toasts.getByText('Node executed successfully').first().waitFor();
	await editor.closeNode();
	expect(simulator.counts().generateTask).toBe(paidBefore + 1);
});

/** No note covers a node, and the text of the first one fits into it. */
async function expectTidy(notes: Locator): Promise<void> {
	const { page } = opened.editor;
	const boxes = async (locator: Locator) =>
		await Promise.all(
			(await locator.all()).map(async (each) => {
				const box = await each.boundingBox();
				if (!box) throw new Error('A node of the example is not to be seen');
				return box;
			}),
		);
	const noteBoxes = await boxes(notes);
	const nodeBoxes = await boxes(
		page.getByTestId(/^canvas-(default|trigger|configurable|configuration)-node$/),
	);
	expect(nodeBoxes.length).toBeGreaterThan(1);
	const covered = nodeBoxes.filter((node) =>
		noteBoxes.some(
			(note) =>
				note.x < node.x + node.width &&
				node.x < note.x + note.width &&
				note.y < node.y + node.height &&
				node.y < note.y + note.height,
		),
	);
	expect(covered).toEqual([]);
	const textEnds = await notes.first().evaluate((note) => {
		const text = note.querySelector('h2')?.parentElement;
		return text?.lastElementChild?.getBoundingClientRect().bottom;
	});
	expect(textEnds).toBeLessThan(noteBoxes[0].y + noteBoxes[0].height);
}
