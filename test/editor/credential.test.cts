import { sharedN8n } from '../e2e/harness/shared.cts';
import { manualTrigger, node, workflow } from '../e2e/harness/workflows.cts';
import { type Simulator, startSimulator } from '../simulator/simulator.cts';
import { eventuallyHolds } from '../support/eventually.cts';
import { DEFAULT_TIMEOUT_MS } from '../support/eventually.cts';
import { openEditor } from './editor.cts';

const opened = openEditor();
const { api } = sharedN8n();
let simulator: Simulator;

beforeAll(async () => {
	simulator = await startSimulator();
	// Only where there is one already does the node have a list of credentials.
	await api.createCredential('Another account', 'apixoApi', { apiKey: 'another', baseUrl: '' });
});
afterAll(async () => await simulator.stop());

it('tests the key when a credential is saved', async () => {
	const { editor } = opened;
	const { page } = editor;
	const apixo = node({
		type: 'n8n-nodes-apixo.apixo',
		name: 'APIXO',
		parameters: { resource: 'account', operation: 'getBalance' },
	});
	const { id } = await api.createWorkflow(
		workflow({ name: 'Credential', nodes: [manualTrigger({ items: [{}] }), apixo] }),
	);
	await editor.openWorkflow(id);
	await editor.openNode('APIXO');
	await page.getByTestId('node-credentials-select').click();
	await page.getByText('Create new credential').click();
	const form = page.getByTestId('editCredential-modal');
	await editor.fill('baseUrl', simulator.baseUrl);
	await editor.fill('apiKey', 'not the key');
	// Chromium may lose a click while the form is drawn; saving again does no harm.
	await eventuallyHolds(async () => {
		await form.getByTestId('credential-save-button').click();
		await form.getByText('More details').click({ timeout: DEFAULT_TIMEOUT_MS / 4 });
	}, DEFAULT_TIMEOUT_MS);
	await form.getByText('APIXO rejected this API key').waitFor();
	await editor.screenshot('credential-refused');

	await editor.fill('apiKey', simulator.apiKey);
	await form.getByTestId('credential-save-button').click();
	await form.waitFor({ state: 'hidden' });
	await editor.executeStep();
	expect(await editor.outputWith('balance')).toContain('USD');

	await page.getByTestId('credential-edit-button').click();
	await form.getByText('Connection tested successfully').waitFor();
	await editor.screenshot('credential-accepted');
});
