import type { INode } from 'n8n-workflow';
import { importExample } from '../e2e/harness/examples.cts';
import { sharedN8n } from '../e2e/harness/shared.cts';
import type { Simulator } from '../simulator/simulator.cts';
import { openEditor, startSimulatorWithCredential } from './editor.cts';

const opened = openEditor();
const { api } = sharedN8n();
let simulator: Simulator;
let credential: { id: string; name: string };

beforeAll(async () => {
	({ simulator, credential } = await startSimulatorWithCredential());
});
afterAll(async () => await simulator.stop());

/** What is stored of a node, without what n8n fills in on its own. */
async function formOf(workflowId: string, nodeName: string): Promise<unknown> {
	const { nodes } = await api.getWorkflow(workflowId);
	const find = ({ name }: INode) => name === nodeName;
	return nodes.find(find)?.parameters.input;
}

it.each([
	['image-to-next-node.json', 'Generate Image', 'Use the Image'],
	['image-file-to-storage.json', 'Generate Image', 'Your Storage Here'],
])('%s is not run, and not paid for, again after a look at its result', async (...example) => {
	const [file, generator, next] = example;
	const { editor } = opened;
	const { id } = await importExample(api, file, credential);
	const form = await formOf(id, generator);
	const paidBefore = simulator.counts().generateTask;
	await editor.openWorkflow(id);
	await editor.executeWorkflow();
	await editor.node(next).getByTestId('canvas-node-status-success').waitFor();
	await editor.screenshot(`done-${file.replace('.json', '')}`);

	await editor.openNode(generator);
	await editor.page.getByTestId('mapping-fields-container').waitFor();
	await editor.screenshot(`opened-${file.replace('.json', '')}`);
	await editor.closeNode();
	expect(await editor.node(generator).getByTestId('canvas-node-status-warning').count()).toBe(0);

	await editor.openNode(next);
	await editor.executeStep();
	await editor.toasts.getByText('Node executed successfully').first().waitFor();
	await editor.closeNode();
	expect(await formOf(id, generator)).toEqual(form);
	expect(simulator.counts().generateTask).toBe(paidBefore + 1);
});
