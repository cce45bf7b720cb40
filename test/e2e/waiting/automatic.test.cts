import { randomUUID } from 'node:crypto';
import { request } from 'undici';
import { type Stage, jsons, openStage, runOf } from '../action/support.cts';
import { nodeOutput } from '../harness/executions.cts';
import {
	type TestNode,
	chain,
	manualTrigger,
	node,
	webhookTrigger,
	workflow,
} from '../harness/workflows.cts';
import { callbackUrls, finishAll, prompts, UNTIL_TOLD, untilPaused, video } from './scenes.cts';

describe('Automatic', () => {
	it.concurrent('polls an image of 3 s and never pauses', async () => {
		const stage = await openStage({ defaults: { seconds: 3 } });
		const { executionId } = await stage.start({ parameters: { options: {} } });
		const statuses = new Set<string>();
		let execution = await stage.api.getExecution(executionId);
		while (execution.status === 'new' || execution.status === 'running') {
			statuses.add(execution.status);
			execution = await stage.api.getExecution(executionId);
		}
		statuses.add(execution.status);
		expect(statuses).not.toContain('waiting');
		expect(jsons(runOf(execution).output)).toEqual([
			expect.objectContaining({ state: 'success', deliveredBy: 'poll' }),
		]);
		expect(callbackUrls(stage)).toEqual([undefined]);
	});

	it.concurrent('pauses for a video, and its callback resumes the execution', async () => {
		const stage = await openStage(UNTIL_TOLD);
		const { executionId } = await stage.start({ parameters: video() });
		const paused = await untilPaused(stage, executionId);
		const { taskId } = stage.taskOf('a red fox');
		expect(jsons(runOf(paused).output)).toEqual([
			expect.objectContaining({ taskId, state: 'pending', deliveredBy: 'submit' }),
		]);
		finishAll(stage);
		const { output } = runOf(await stage.api.waitForExecution(executionId));
		expect(jsons(output)).toEqual([
			expect.objectContaining({ taskId, state: 'success', deliveredBy: 'callback' }),
		]);
		expect(stage.simulator.counts()).toMatchObject({ generateTask: 1, statusTask: 1 });
	});

	it.concurrent('keeps running in a sub-workflow that is called once for each item', async () => {
		const stage = await openStage({ timeScale: 10, defaults: { seconds: 20 } });
		const child = await stage.api.createWorkflow(
			workflow({
				name: 'Child',
				nodes: [
					node({
						type: 'n8n-nodes-base.executeWorkflowTrigger',
						typeVersion: 1.1,
						name: 'Start',
						parameters: { inputSource: 'passthrough' },
					}),
					stage.node({ parameters: video({ options: { initialWait: 1, pollInterval: 1 } }) }),
				],
			}),
		);
		await stage.api.activate(child.id).catch(() => {});
		const parent = workflow({
			name: 'Parent',
			nodes: [
				manualTrigger({ name: 'Prompts', items: prompts(3) }),
				node({
					type: 'n8n-nodes-base.executeWorkflow',
					typeVersion: 1.2,
					name: 'Call',
					parameters: {
						workflowId: { __rl: true, mode: 'id', value: child.id },
						workflowInputs: { mappingMode: 'defineBelow', value: {} },
						mode: 'each',
						options: {},
					},
				}),
			],
		});
		const execution = await stage.api.runOnce(parent, { timeoutMs: 50_000 });
		expect(execution.status).toBe('success');
		const results = jsons(nodeOutput(execution, 'Call'));
		expect(results.map(({ state }) => state)).toEqual(['success', 'success', 'success']);
		expect(new Set(results.map(({ taskId }) => taskId)).size).toBe(3);
	});

	it.concurrent.each([
		['When Last Node Finishes', 'lastNode'],
		['Using Respond to Webhook Node', 'responseNode'],
	] as const)('keeps running behind a webhook that responds %s', async (_, responseMode) => {
		const stage = await openStage({ timeScale: 10, defaults: { seconds: 20 } });
		const { answer, taskId } = await callWorkflow(stage, responseMode, 'auto');
		expect(answer.statusCode).toBe(200);
		expect(answer.text).toContain('"state":"success"');
		expect(answer.text).toContain(taskId);
	});

	it.concurrent('pauses behind a webhook that responds immediately', async () => {
		const stage = await openStage(UNTIL_TOLD);
		const path = randomUUID();
		const apixo = stage.node({ parameters: video({ prompt: 'a red fox' }) });
		const { id } = await stage.api.createWorkflow(
			workflow({ name: 'Immediately', nodes: [webhookTrigger({ path }), apixo] }),
		);
		await stage.api.activate(id);
		await stage.api.callWebhook(path, { body: {} });
		const { id: executionId } = await stage.api.waitForExecution(
			{ workflowId: id },
			{ status: 'waiting' },
		);
		finishAll(stage);
		const { output } = runOf(await stage.api.waitForExecution(executionId));
		expect(jsons(output)).toEqual([expect.objectContaining({ state: 'success' })]);
	});
});

describe('Pause Until Callback behind a webhook that responds When Last Node Finishes', () => {
	it('answers the caller 200 with the task ids', async () => {
		const stage = await openStage(UNTIL_TOLD);
		const { answer, taskId } = await callWorkflow(stage, 'lastNode', 'callback');
		expect(answer.statusCode).toBe(200);
		expect(answer.text).toContain(taskId);
		expect(answer.text).toContain('"state":"pending"');
	});
});

/** Calls a workflow of a webhook and an APIXO node, as somebody who waits for the answer. */
async function callWorkflow(
	stage: Stage,
	responseMode: 'lastNode' | 'responseNode',
	completion: 'auto' | 'callback',
) {
	const path = randomUUID();
	const options = { initialWait: 1, pollInterval: 1 };
	const apixo = stage.node({ parameters: video({ prompt: 'a red fox', completion, options }) });
	const respond: TestNode = node({
		type: 'n8n-nodes-base.respondToWebhook',
		typeVersion: 1.1,
		name: 'Respond',
		parameters: { respondWith: 'firstIncomingItem', options: {} },
	});
	const nodes = [
		webhookTrigger({ path, responseMode }),
		apixo,
		...(responseMode === 'responseNode' ? [respond] : []),
	];
	const { id } = await stage.api.createWorkflow(
		workflow({ name: 'Answer', nodes, connections: chain(...nodes) }),
	);
	await stage.api.activate(id);
	const answer = await request(`${stage.api.url}/webhook/${path}`, { method: 'POST' });
	const text = await answer.body.text();
	const { taskId } = stage.taskOf('a red fox');
	return { answer: { statusCode: answer.statusCode, text }, taskId };
}
