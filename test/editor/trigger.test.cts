import { sharedN8n } from '../e2e/harness/shared.cts';
import {
	type Listener,
	createCredential,
	createListener,
	signed,
	submitTask,
} from '../e2e/trigger/fixture.cts';
import { type Simulator, startSimulator } from '../simulator/simulator.cts';
import { eventuallyHolds } from '../support/eventually.cts';
import { openEditor } from './editor.cts';

const opened = openEditor();
const n8n = sharedN8n();
let simulator: Simulator;
let listener: Listener;

beforeAll(async () => {
	simulator = await startSimulator();
	const credential = await createCredential(n8n, simulator);
	listener = await createListener(n8n, { credential, inactive: true });
});
afterAll(async () => await simulator.stop());

it('explains the test URL and the production URL where the user looks', async () => {
	const { editor } = opened;
	const { page } = editor;
	await editor.openWorkflow(listener.workflowId);
	await editor.openNode('APIXO Trigger');
	await page.getByText('Listen for a callback from APIXO').waitFor();
	await page.getByText('Copy the production URL').waitFor();

	await page.getByText('Webhook URLs', { exact: true }).click();
	await page.getByText(listener.testUrl).waitFor();
	await page.getByText('When will this node trigger my flow?').click();
	await page.getByText('in another browser tab').waitFor();
	await editor.screenshot('trigger-panel');
	await page.getByText('Production URL', { exact: true }).click();
	await page.getByText(listener.url).waitFor();
});

it('takes a callback at the test URL while it listens', async () => {
	const { editor } = opened;
	await editor.executeStep();
	await editor.page.getByText('Listening for test event').waitFor();
	await editor.screenshot('trigger-listening');
	const taskId = await submitTask(simulator, {
		callbackUrl: signed(listener.testUrl, { apiKey: simulator.apiKey }),
		plan: { outcome: 'failed', failCode: 'NSFW', failMsg: 'Not this one' },
	});
	await editor.output.getByText('Failed Branch').click();
	expect(await editor.outputWith('failCode')).toContain(taskId);
	await editor.screenshot('trigger-output');
	await editor.closeNode();
});

it('says what to do with the production URL when the workflow is published', async () => {
	const { editor } = opened;
	await editor.page.getByTestId('workflow-open-publish-modal-button').click();
	await editor.page.getByTestId('workflow-publish-button').click();
	await editor.page.getByText('APIXO can now call the production URL').waitFor();
	await editor.screenshot('trigger-published');
	await eventuallyHolds(async () =>
		expect((await n8n.api.getWorkflow(listener.workflowId)).active).toBe(true),
	);
});
