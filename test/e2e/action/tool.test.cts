import { nodeOutput } from '../harness/executions.cts';
import { runAgent } from './agent.cts';
import { QUICK, openStage } from './support.cts';

describe('the node as a tool of an agent', () => {
	it('is offered with a description that the user can change', async () => {
		const { api } = await openStage();
		const tool = (await api.nodeTypes()).find(({ name }) => name === 'n8n-nodes-apixo.apixoTool');
		expect(tool).toMatchObject({ displayName: 'APIXO Tool', outputs: ['ai_tool'] });
		expect(tool?.properties.map(({ name }) => name)).toEqual(
			expect.arrayContaining(['toolDescription', 'resource', 'operation', 'prompt']),
		);
	});

	it.concurrent.each([2.2, 3.1])('generates what an agent %f asks for', async (typeVersion) => {
		const stage = await openStage();
		const { execution, model } = await runAgent(stage, typeVersion, ['a red fox']);
		expect(execution.status).toBe('success');
		const offered = model.requests[0].tools?.[0].function;
		expect(offered?.description).toBe('Draws a picture and answers with its URL');
		expect(Object.keys(offered?.parameters.properties ?? {})).toEqual(['Prompt']);

		const [{ json }] = nodeOutput(execution, 'AI Agent');
		const { taskId, resultUrls } = stage.taskOf('a red fox');
		expect(json.output).toContain(taskId);
		expect(json.output).toContain(resultUrls[0]);
		expect(stage.submits).toBe(1);
	});

	it.concurrent.each([2.2, 3.1])(
		'submits a task for each call of an agent %f, even if two ask for the same',
		async (typeVersion) => {
			const stage = await openStage();
			const { execution } = await runAgent(stage, typeVersion, ['a fox\na fox\na hare']);
			expect(execution.status).toBe('success');
			const [{ json }] = nodeOutput(execution, 'AI Agent');
			for (const { taskId } of stage.simulator.tasks()) expect(json.output).toContain(taskId);
			expect(stage.submits).toBe(3);
		},
	);

	it.concurrent.each([2.2, 3.1])(
		'submits a task for each item of an agent %f that works on them at once',
		async (typeVersion) => {
			const stage = await openStage();
			const { execution } = await runAgent(stage, typeVersion, ['a fox', 'a fox', 'a fox']);
			const outputs = nodeOutput(execution, 'AI Agent').map(({ json }) => String(json.output));
			const taskIds = outputs.map((output) => /"taskId":"(\w+)"/.exec(output)?.[1]);
			expect(taskIds.sort()).toEqual(
				stage.simulator
					.tasks()
					.map(({ taskId }) => taskId)
					.sort(),
			);
			expect(stage.submits).toBe(3);
		},
	);

	it.concurrent.each([2.2, 3.1])(
		'pays once when Retry On Fail is on and a call of an agent %f fails',
		async (typeVersion) => {
			const stage = await openStage({ defaults: { outcome: 'never' } });
			const { execution } = await runAgent(stage, typeVersion, ['a red fox'], {
				retryOnFail: true,
				waitBetweenTries: 100,
				parameters: { options: { ...QUICK, timeout: 2 } },
			});
			const [{ json }] = nodeOutput(execution, 'AI Agent');
			expect(json.output).toContain(stage.taskOf('a red fox').taskId);
			expect(stage.submits).toBe(1);
		},
	);

	it.concurrent.each([2.2, 3.1])('tells an agent %f why a task failed', async (typeVersion) => {
		const stage = await openStage({
			defaults: { seconds: 0.5, outcome: 'failed', failCode: 'NSFW', failMsg: 'Not this' },
		});
		const { model } = await runAgent(stage, typeVersion, ['a red fox']);
		const [{ taskId }] = stage.simulator.tasks();
		const heard = model.requests.flatMap(({ messages }) =>
			messages.filter(({ role }) => role === 'tool'),
		);
		expect(JSON.stringify(heard)).toContain(`Task failed: Not this [NSFW] (task ${taskId})`);
	});
});
