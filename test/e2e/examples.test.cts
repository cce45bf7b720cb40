import { fetch } from 'undici';
import { type Simulator, type TaskPlan, startSimulator } from '../simulator/simulator.cts';
import { exampleFiles, importExample } from './harness/examples.cts';
import { nodeOutput } from './harness/executions.cts';
import { sharedN8n } from './harness/shared.cts';
import type { CredentialReference } from './harness/workflows.cts';
import { type SavedWorkflow } from './harness/api.cts';
import { signed, submitTask } from './trigger/fixture.cts';

const n8n = sharedN8n();
const { api } = n8n;

let simulator: Simulator;
let credential: CredentialReference;

beforeAll(async () => {
	simulator = await startSimulator({ timeScale: 50, minAcknowledgeMs: 10_000 });
	credential = await api.createCredential('APIXO account', 'apixoApi', {
		apiKey: simulator.apiKey,
		baseUrl: simulator.baseUrl,
		callbackSecret: '',
	});
});
afterAll(async () => await simulator.stop());

async function runManually({ id }: SavedWorkflow) {
	const execution = await api.waitForExecution(await api.runManually(id));
	expect(execution.status).toBe('success');
	return execution;
}

/** The production URL that the editor shows for the workflow's APIXO Trigger. */
function triggerUrl({ nodes }: SavedWorkflow): string {
	const trigger = nodes.find(({ type }) => type === 'n8n-nodes-apixo.apixoTrigger');
	return `${n8n.url}/webhook/${trigger?.webhookId}/apixo`;
}

/** Changes a text that the nodes must contain. */
async function change({ id }: SavedWorkflow, from: RegExp, to: string): Promise<void> {
	const before = JSON.stringify((await api.getWorkflow(id)).nodes);
	const after = before.replace(from, to);
	expect(after).not.toBe(before);
	await api.updateWorkflow(id, { nodes: JSON.parse(after) as SavedWorkflow['nodes'] });
}

/** What the example's note asks the user to do. */
async function fillInTriggerUrl(workflow: SavedWorkflow): Promise<void> {
	await change(workflow, /Copy the production URL[^"]*/, triggerUrl(workflow));
}

/** The safety net would wait a minute before its first poll. */
async function quicken(workflow: SavedWorkflow): Promise<void> {
	const quick = '"initialWait":1,"pollInterval":1,"pollingStrategy":"fixed"';
	await change(workflow, /"initialWait":60/, quick);
}

/** How to run each example, imported, and what to expect of it. */
const examples: Record<string, (workflow: SavedWorkflow) => Promise<void>> = {
	'image-to-next-node.json': async (workflow) => {
		const execution = await runManually(workflow);
		const [{ json }] = nodeOutput(execution, 'Use the Image');
		expect((await fetch(json.imageUrl as string)).headers.get('content-type')).toMatch(/^image/);
	},

	'batch-of-prompts.json': async (workflow) => {
		simulator.plan({ promptIncludes: 'cup of tea' }, { outcome: 'failed', failCode: 'NSFW' });
		const execution = await runManually(workflow);
		const used = nodeOutput(execution, 'Use the Images').map(({ json }) => json.prompt);
		expect(used).toEqual([
			'A lighthouse in a storm, oil painting',
			'A paper crane made of autumn leaves',
		]);
		const [{ json }] = nodeOutput(execution, 'Check the Failure');
		expect(json.prompt).toBe('A cup of tea on a wooden table, top view');
		expect(json.reason).toMatch(/^Task failed: .*\[NSFW\] \(task \w+\)$/);
	},

	'hybrid-callback-and-polling.json': async (workflow) => {
		// n8n's own node that drops duplicates cannot tell two that come at the same moment.
		simulator.plan({ promptIncludes: 'kite' }, { callback: { delaySeconds: 300 } });
		await fillInTriggerUrl(workflow);
		await quicken(workflow);
		await api.activate(workflow.id);
		await runManually(workflow);
		await simulator.whenIdle();
		const rows = await api.listExecutions(workflow.id);
		const both = await Promise.all(rows.map(async ({ id }) => await api.waitForExecution(id)));
		expect(both.map(({ mode, status }) => `${mode}: ${status}`).sort()).toEqual([
			'manual: success',
			'webhook: success',
		]);
		const used = both.flatMap(({ runData }) => runData['Use the Video']?.[0].data?.main[0] ?? []);
		expect(used.map(({ json }) => json.videoUrl)).toEqual([expect.stringMatching(/^http/)]);
	},

	'retry-on-policy-failure.json': async (workflow) => {
		simulator.plan({ promptIncludes: 'blood' }, { outcome: 'failed', failCode: 'NSFW' });
		const { runData } = await runManually(workflow);
		expect(runData['First Attempt'][0].data?.main[0]?.[0].json).toMatchObject({
			state: 'failed',
			failCode: 'NSFW',
		});
		expect(runData['Second Attempt'][0].data?.main[0]?.[0].json.state).toBe('success');
		expect(runData['Use the Image']).toHaveLength(1);
		expect(runData['Give Up']).toBeUndefined();
	},

	'trigger-to-notification.json': async (workflow) => {
		await api.activate(workflow.id);
		const submit = async (plan: TaskPlan) => {
			const callbackUrl = signed(triggerUrl(workflow), simulator, { reference: 'order 7' });
			await submitTask(simulator, { callbackUrl, plan });
		};
		await submit({ outcome: 'success', files: 2 });
		const ready = await api.waitForExecution({ workflowId: workflow.id });
		expect(nodeOutput(ready, 'Notification Text')[0].json.text).toMatch(
			/^Ready: order 7 \(nano-banana\), 2 file\(s\), kept for 24 hours: http\S+ http\S+$/,
		);
		await submit({ outcome: 'failed', failMsg: 'Not this' });
		await simulator.whenIdle();
		const failed = await api.waitForExecution({ workflowId: workflow.id });
		expect(nodeOutput(failed, 'Failure Text')[0].json.text).toBe(
			'Failed: order 7 (nano-banana): Not this',
		);
	},

	'action-trigger-next.json': async (workflow) => {
		await fillInTriggerUrl(workflow);
		await api.activate(workflow.id);
		const submission = await runManually(workflow);
		const [{ json: submitted }] = nodeOutput(submission, 'Submit Video');
		expect(submitted).toMatchObject({ deliveredBy: 'submit', reference: `boat ${submission.id}` });

		await simulator.whenIdle();
		const { mode, runData } = await api.waitForExecution({ workflowId: workflow.id });
		expect(mode).toBe('webhook');
		expect(runData['Use the Video'][0].data?.main[0]?.[0].json).toEqual({
			videoUrl: simulator.task(submitted.taskId as string).resultUrls[0],
			reference: `boat ${submission.id}`,
		});
	},

	'video-by-callback.json': async (workflow) => {
		const pollsBefore = simulator.counts().statusTask;
		const execution = await runManually(workflow);
		const [{ json }] = nodeOutput(execution, 'Generate Video');
		expect(json.deliveredBy).toBe('callback');
		expect(simulator.counts().statusTask).toBe(pollsBefore + 1);
		expect(nodeOutput(execution, 'Use the Video')[0].json).toEqual({
			videoUrl: simulator.task(json.taskId as string).resultUrls[0],
			seconds: (json.costTime as number) / 1000,
		});
	},
};

it.each(exampleFiles())('%s can be imported and does what it says', async (file) => {
	expect(Object.keys(examples)).toContain(file);
	await examples[file](await importExample(api, file, credential));
});

it('action-trigger-next.json, before its URL is filled in, costs nothing', async () => {
	const { id } = await importExample(api, 'action-trigger-next.json', credential);
	const submittedBefore = simulator.counts().generateTask;
	const { status, data } = await api.waitForExecution(await api.runManually(id));
	expect(status).toBe('error');
	expect(data.resultData.error?.message).toMatch(/'Copy the production URL.*' is not a URL/);
	expect(simulator.counts().generateTask).toBe(submittedBefore);
});
