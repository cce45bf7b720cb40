import { startChatModel, type ChatModel } from '../action/chatModel.cts';
import { type RunOptions, jsons, openStage, runOf } from '../action/support.cts';
import { nodeOutput } from '../harness/executions.cts';
import { manualTrigger, node, noOp, workflow } from '../harness/workflows.cts';
import { UNTIL_TOLD, finishAll, numbered, taskIdsOf, untilPaused } from '../pause/support.cts';
import { pause, quickVideo, statusesUntilEnd, submissions, video } from './support.cts';

const models: ChatModel[] = [];
afterAll(async () => {
	await Promise.all(models.map(async (model) => await model.stop()));
});

describe('Automatic', () => {
	it.concurrent('polls a short task in process: the execution is never paused', async () => {
		const stage = await openStage({ defaults: { seconds: 3 } });
		const { executionId } = await stage.start({ parameters: { options: {} } });
		expect([...(await statusesUntilEnd(stage, executionId))]).toEqual(['running', 'success']);
		const [task] = stage.simulator.tasks();
		expect(task.callbackUrl).toBeUndefined();
		const { output } = runOf(await stage.api.getExecution(executionId));
		expect(output[0].json).toMatchObject({ taskId: task.taskId, deliveredBy: 'poll' });
	});

	it.concurrent(
		'pauses a long task within seconds, and its callback continues the run',
		async () => {
			const stage = await openStage({ defaults: { seconds: 90 } });
			const { executionId } = await pause(stage, {
				parameters: video(),
				then: [noOp({ name: 'Next' })],
			});
			const [{ taskId, submittedAtMs, callbackUrl }] = stage.simulator.tasks();
			expect(Date.now() - submittedAtMs).toBeLessThan(10_000);
			expect(callbackUrl).toContain('/webhook-waiting/');

			finishAll(stage);
			const execution = await stage.api.waitForExecution(executionId);
			expect(runOf(execution).output[0].json).toMatchObject({
				taskId,
				state: 'success',
				deliveredBy: 'callback',
			});
			expect(execution.runData.Next).toHaveLength(1);
			expect(stage.simulator.counts()).toMatchObject({ generateTask: 1, statusTask: 1 });
		},
	);

	it.concurrent('shows the tasks in the output of the node while it is paused', async () => {
		const stage = await openStage(UNTIL_TOLD);
		const items = numbered(2);
		const { executionId } = await pause(stage, { items, parameters: video() });
		const { output } = runOf(await stage.api.getExecution(executionId));
		expect(jsons(output)).toEqual(
			taskIdsOf(stage, items).map((taskId) =>
				expect.objectContaining({ taskId, state: 'pending', deliveredBy: 'submit' }),
			),
		);
		finishAll(stage);
		await stage.api.waitForExecution(executionId);
	});

	it.concurrent('gives a parent that calls it once for each item every result', async () => {
		const stage = await openStage({ defaults: { seconds: 1 } });
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
					stage.node({ parameters: quickVideo() }),
				],
			}),
		);
		const items = numbered(3);
		const execution = await stage.api.runOnce(
			workflow({
				name: 'Parent',
				nodes: [
					manualTrigger({ items }),
					node({
						type: 'n8n-nodes-base.executeWorkflow',
						typeVersion: 1.2,
						name: 'Child',
						parameters: {
							mode: 'each',
							workflowId: { __rl: true, mode: 'id', value: child.id },
							options: { waitForSubWorkflow: true },
						},
					}),
				],
			}),
		);
		expect(execution.status).toBe('success');
		expect(jsons(nodeOutput(execution, 'Child'))).toEqual(
			taskIdsOf(stage, items).map((taskId) =>
				expect.objectContaining({ taskId, state: 'success' }),
			),
		);
		expect(stage.simulator.tasks().map(({ callbackUrl }) => callbackUrl)).toEqual([
			undefined,
			undefined,
			undefined,
		]);
	});

	it.concurrent.each([2.2, 3.1])('polls as a tool of an agent %f', async (typeVersion) => {
		const stage = await openStage({ defaults: { seconds: 1 } });
		const model = await startChatModel();
		models.push(model);
		const openAiApi = await model.credential(stage.api);
		const trigger = manualTrigger({ items: [{ wish: 'a fox runs' }] });
		const agent = node({
			type: '@n8n/n8n-nodes-langchain.agent',
			typeVersion,
			name: 'AI Agent',
			parameters: { promptType: 'define', text: '={{ $json.wish }}', options: {} },
		});
		const chatModel = node({
			type: '@n8n/n8n-nodes-langchain.lmChatOpenAi',
			typeVersion: 1.2,
			name: 'Chat Model',
			parameters: { model: { __rl: true, mode: 'id', value: 'stand-in' }, options: {} },
			credentials: { openAiApi },
		});
		const prompt = "={{ $fromAI('Prompt', 'what to show', 'string') }}";
		const toolParameters = { descriptionType: 'manual', toolDescription: 'Makes a video' };
		const tool = stage.node({ parameters: { ...quickVideo({ prompt }), ...toolParameters } });
		const { id } = await stage.api.createWorkflow(
			workflow({
				name: `Agent ${typeVersion} with a video`,
				nodes: [trigger, agent, chatModel, { ...tool, type: 'n8n-nodes-apixo.apixoTool' }],
				connections: [
					{ from: trigger.name, to: agent.name },
					{ from: chatModel.name, to: agent.name, type: 'ai_languageModel' },
					{ from: tool.name, to: agent.name, type: 'ai_tool' },
				],
			}),
		);
		const executionId = await stage.api.runManually(id);
		// From Agent 3 on n8n itself pauses for a moment between the agent and its tool.
		await stage.api.waitForExecution(executionId);
		const { taskId, callbackUrl, statusCalls } = stage.taskOf('a fox runs');
		expect(callbackUrl).toBeUndefined();
		expect(statusCalls).toBe(1);
		const execution = await stage.api.getExecution(executionId);
		expect(nodeOutput(execution, 'AI Agent')[0].json.output).toContain(taskId);
	});

	it.concurrent('polls and ends with its own error before the workflow times out', async () => {
		const stage = await openStage({ defaults: { outcome: 'never' } });
		const items = numbered(2);
		const { executionId } = await startWithTimeout(stage, 20, { items, parameters: quickVideo() });
		const execution = await stage.api.waitForExecution(executionId);
		const { error } = runOf(execution);
		const [first, second] = taskIdsOf(stage, items);
		expect(execution.status).toBe('error');
		expect(error.message).toMatch(/^Task not done after .* seconds, when n8n's timeout/);
		expect(error.message).toContain(first);
		expect(error.description).toContain("'Timeout Workflow'");
		expect(error.description).toContain(second);
		expect(stage.simulator.tasks()[0].callbackUrl).toBeUndefined();
	});

	it.concurrent('pauses where the workflow times out later than the wait', async () => {
		const stage = await openStage(UNTIL_TOLD);
		const { executionId } = await startWithTimeout(stage, 3_000, { parameters: video() });
		await untilPaused(stage, executionId);
		finishAll(stage);
		const { output } = runOf(await stage.api.waitForExecution(executionId));
		expect(output[0].json).toMatchObject({ state: 'success', deliveredBy: 'callback' });
		expect(submissions(stage)).toEqual({ prompts: 1, most: 1 });
	});
});

async function startWithTimeout(
	stage: Awaited<ReturnType<typeof openStage>>,
	executionTimeout: number,
	options: RunOptions,
) {
	const definition = stage.workflow(options);
	definition.settings = { ...definition.settings, executionTimeout };
	const { id: workflowId } = await stage.api.createWorkflow(definition);
	return { workflowId, executionId: await stage.api.runManually(workflowId) };
}
