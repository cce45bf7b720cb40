import { fetch } from 'undici';
import { content } from '../simulator/files.cts';
import { type Simulator, type TaskPlan, startSimulator } from '../simulator/simulator.cts';
import { startChatModel } from './action/chatModel.cts';
import { startStorage } from './action/storage.cts';
import {
	CHAT_MESSAGE,
	chooseCredential,
	exampleFiles,
	fillInTriggerUrl,
	importExample,
	quickenSafetyNet,
	triggerUrl,
} from './harness/examples.cts';
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
		await fillInTriggerUrl(n8n, workflow);
		await quickenSafetyNet(api, workflow);
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
			const callbackUrl = signed(triggerUrl(n8n, workflow), simulator, { reference: 'order 7' });
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
		await fillInTriggerUrl(n8n, workflow);
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

	'photo-to-video.json': async (workflow) => {
		await api.activate(workflow.id);
		const form = workflow.nodes.find(({ name }) => name === 'Upload a Photo');
		const photo = Buffer.concat([...content('jpeg', 'beach').pieces(65_536)]);
		const part = (head: string, body: Buffer | string) => [
			`--part\r\nContent-Disposition: form-data; name=${head}\r\n\r\n`,
			body,
			'\r\n',
		];
		const filledIn = [
			...part('"field-0"; filename="beach.jpg"\r\nContent-Type: image/jpeg', photo),
			...part('"field-1"', 'The waves begin to move'),
			'--part--\r\n',
		];
		await fetch(`${n8n.url}/form/${form?.webhookId}`, {
			method: 'POST',
			headers: { 'content-type': 'multipart/form-data; boundary=part' },
			body: Buffer.concat(filledIn.map((each) => Buffer.from(each as string))),
		});
		const execution = await api.waitForExecution({ workflowId: workflow.id });
		const [{ json }] = nodeOutput(execution, 'Use the Video');
		expect((await fetch(json.videoUrl as string)).headers.get('content-type')).toMatch(/^video/);
		const [task] = simulator.tasks().filter(({ prompt }) => prompt === 'The waves begin to move');
		const { image_urls: urls, ...rest } = task.input as Record<string, unknown>;
		expect(rest).toEqual({ mode: 'image-to-video', prompt: task.prompt, duration: 5 });
		const sent = await fetch((urls as string[])[0]);
		expect(Buffer.from(await sent.arrayBuffer())).toEqual(photo);
	},

	'image-file-to-storage.json': async (workflow) => {
		const storage = await startStorage();
		await chooseCredential(api, workflow, 's3', await storage.credential());
		const [{ json }] = nodeOutput(await runManually(workflow), 'Generate Image');
		await storage.stop();
		const [url] = json.resultUrls as string[];
		const image = Buffer.from(await (await fetch(url)).arrayBuffer());
		expect([...storage.files]).toEqual([[`/my-images/${json.taskId}.png`, image]]);
	},

	'speech-from-text.json': async (workflow) => {
		const [{ json, binary }] = nodeOutput(await runManually(workflow), 'Use the Speech');
		expect(json.audioUrl).toMatch(/\.mp3$/);
		expect(binary?.data.mimeType).toBe('audio/mpeg');
	},

	'agent-makes-images.json': async (workflow) => {
		const model = await startChatModel();
		await chooseCredential(api, workflow, 'openAiApi', await model.credential(api));
		await api.updateWorkflow(workflow.id, { pinData: CHAT_MESSAGE });
		const execution = await runManually(workflow);
		await model.stop();
		const [{ json }] = nodeOutput(execution, 'AI Agent');
		const [task] = simulator.tasks().filter(({ prompt }) => prompt === 'a red fox');
		expect(json.output).toContain(task.resultUrls[0]);
		const [offered] = model.requests[0].tools ?? [];
		expect(offered.function.description).toMatch(/costs about USD 0.03 per call/);
		expect(Object.keys(offered.function.parameters.properties)).toEqual(['Prompt']);
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
