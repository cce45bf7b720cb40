import type { INode, IWorkflowSettings } from 'n8n-workflow';
import { type ShownError, openStage, runOf } from '../action/support.cts';
import { numbered, pausing } from './support.cts';

interface Case {
	parameters?: INode['parameters'];
	settings?: IWorkflowSettings;
	/** Default: the simulator's, on loopback. */
	baseUrl?: string;
}

/** The error of three items that are to pause; nothing must have reached the simulator. */
async function refusalOf({ parameters, settings, baseUrl }: Case): Promise<ShownError> {
	const stage = await openStage();
	const credential = await stage.api.createCredential('Elsewhere', 'apixoApi', {
		apiKey: stage.simulator.apiKey,
		baseUrl: baseUrl ?? stage.simulator.baseUrl,
	});
	const definition = stage
		.withCredential(credential)
		.workflow({ items: numbered(3), parameters: pausing(parameters) });
	Object.assign(definition.settings, settings);
	const execution = await stage.api.runOnce(definition);
	expect(execution.status).toBe('error');
	expect(stage.simulator.requests()).toEqual([]);
	const { error } = runOf(execution);
	expect(error.description).toContain('Nothing was submitted, and nothing was charged');
	return error;
}

describe("'Pause Until Callback' refuses before anything is submitted", () => {
	it.concurrent('a resume URL on this machine, if APIXO is not on it', async () => {
		const { message, description } = await refusalOf({ baseUrl: 'https://api.example.com/v1' });
		expect(message).toContain("points to '127.0.0.1', which is this machine itself");
		expect(message).toContain('N8N_WEBHOOK_URL (formerly WEBHOOK_URL)');
		expect(description).toContain("'Poll Until Done'");
	});

	it.concurrent('a workflow that may end before the wait does', async () => {
		const { message, description } = await refusalOf({
			parameters: { options: { timeout: 300 } },
			settings: { executionTimeout: 360 },
		});
		expect(message).toBe(
			'The workflow is set to time out after 360 seconds, but waiting may take 420',
		);
		expect(description).toContain("'Timeout Workflow'");
	});

	it.concurrent('a workflow that may end before the last wave of tasks does', async () => {
		const { message } = await refusalOf({
			parameters: { options: { timeout: 300, maxConcurrency: 1 } },
			settings: { executionTimeout: 1_000 },
		});
		expect(message).toContain('but waiting may take 1020');
	});

	it.concurrent('items of which some are to pause and some not', async () => {
		const { message, description } = await refusalOf({
			parameters: { completion: "={{ $json.number === 1 ? 'none' : 'callback' }}" },
		});
		expect(message).toBe(
			"'Wait for Result' must be the same for all items when one of them uses 'Pause Until Callback'",
		);
		expect(description).toContain('Split the items before this node');
	});
});
