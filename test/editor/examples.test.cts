import type { INode } from 'n8n-workflow';
import type { Locator } from 'playwright-core';
import { type ChatModel, startChatModel } from '../e2e/action/chatModel.cts';
import { type Storage, startStorage } from '../e2e/action/storage.cts';
import { type SavedWorkflow } from '../e2e/harness/api.cts';
import {
	CHAT_MESSAGE,
	chooseCredential,
	exampleFiles,
	fillInTriggerUrl,
	importExample,
	quickenSafetyNet,
	triggerUrl,
} from '../e2e/harness/examples.cts';
import { sharedN8n } from '../e2e/harness/shared.cts';
import { signed, submitTask } from '../e2e/trigger/fixture.cts';
import { content } from '../simulator/files.cts';
import type { Simulator } from '../simulator/simulator.cts';
import { eventually } from '../support/eventually.cts';
import { openEditor, startSimulatorWithCredential } from './editor.cts';

const opened = openEditor();
const n8n = sharedN8n();
const { api } = n8n;
let simulator: Simulator;
let model: ChatModel;
let storage: Storage;
let credential: { id: string; name: string };

beforeAll(async () => {
	({ simulator, credential } = await startSimulatorWithCredential());
	model = await startChatModel();
	storage = await startStorage();
	simulator.plan({ promptIncludes: 'blood' }, { outcome: 'failed', failCode: 'NSFW' });
});
afterAll(
	async () => await Promise.all([simulator, model, storage].map(async (each) => await each.stop())),
);

/** What a user fills in before a run. */
const fillIn: Record<string, (workflow: SavedWorkflow) => Promise<void>> = {
	'action-trigger-next.json': async (workflow) => await fillInTriggerUrl(n8n, workflow),
	'hybrid-callback-and-polling.json': async (workflow) => {
		await fillInTriggerUrl(n8n, workflow);
		await quickenSafetyNet(api, workflow);
	},
	'agent-makes-images.json': async (workflow) => {
		await chooseCredential(api, workflow, 'openAiApi', await model.credential(api));
		await api.updateWorkflow(workflow.id, { pinData: CHAT_MESSAGE });
	},
	'image-file-to-storage.json': async (workflow) =>
		await chooseCredential(api, workflow, 's3', await storage.credential()),
};

const clickExecute = async () => await opened.editor.executeWorkflow();

const clickExecuteFrom = async (trigger: string) => {
	const { editor } = opened;
	// The button is there while the mouse is over the trigger.
	await editor.node(trigger).hover();
	await editor.page.getByTestId(`execute-workflow-button-${trigger}`).click();
};

/** How a user starts a run, where that is more than a click. */
const start: Record<string, (workflow: SavedWorkflow) => Promise<void>> = {
	'action-trigger-next.json': async () => await clickExecuteFrom('Manual Trigger'),
	'hybrid-callback-and-polling.json': async () => await clickExecuteFrom('Manual Trigger'),
	'trigger-to-notification.json': async (workflow) => {
		await clickExecute();
		await opened.editor.page.getByText('Waiting for trigger event').waitFor();
		const testUrl = triggerUrl(n8n, workflow, 'webhook-test');
		await submitTask(simulator, { callbackUrl: signed(testUrl, simulator) });
	},
	'photo-to-video.json': async () => {
		const [form] = await Promise.all([opened.editor.page.waitForEvent('popup'), clickExecute()]);
		const photo = Buffer.concat([...content('jpeg', 'beach').pieces(65_536)]);
		await form
			.locator('input[type=file]')
			.setInputFiles({ name: 'beach.jpg', mimeType: 'image/jpeg', buffer: photo });
		await form.locator('input[type=text]').fill('The waves begin to move');
		await form.locator('button[type=submit], #submit-btn').click();
		await form.close();
	},
};

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
	it('has APIXO nodes that are the same after they ran, and were opened and closed', async () => {
		const { editor } = opened;
		await fillIn[file]?.(await api.getWorkflow(workflowId));
		const before = await api.getWorkflow(workflowId);
		const nodes = before.nodes.filter(isApixo);
		await editor.openWorkflow(workflowId);
		await (start[file] ?? clickExecute)(before);
		const { status, runData } = await api.waitForExecution({ workflowId });
		expect(status).toBe('success');
		const ran = nodes.filter(({ name }) => runData[name]);
		expect(ran).not.toEqual([]);
		const marks = (mark: string) =>
			ran.map(({ name }) => editor.node(name).getByTestId(`canvas-node-status-${mark}`));
		for (const mark of marks('success')) await mark.waitFor();

		for (const node of nodes) {
			await editor.openNode(node.name);
			if (node.parameters.input) {
				const form = editor.page.getByTestId('mapping-fields-container');
				await form.locator('.parameter-item').first().waitFor();
			}
			await editor.closeNode();
		}
		for (const mark of marks('warning')) expect(await mark.count()).toBe(0);
		for (const mark of marks('success')) expect(await mark.count()).toBe(1);
		// The first change to be stored takes with it whatever the panels have changed.
		await editor.page.getByTestId('add-sticky-button').click();
		const after = await eventually('the added note to be stored', async () => {
			const { nodes } = await api.getWorkflow(workflowId);
			return nodes.length > before.nodes.length ? nodes : undefined;
		});
		for (const { id, name, parameters } of nodes) {
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
