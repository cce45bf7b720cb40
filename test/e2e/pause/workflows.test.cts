import { randomUUID } from 'node:crypto';
import { request } from 'undici';
import { type Stage, jsons, openStage, runOf } from '../action/support.cts';
import { nodeOutput } from '../harness/executions.cts';
import {
	chain,
	editFields,
	manualTrigger,
	node,
	noOp,
	splitOut,
	webhookTrigger,
	workflow,
} from '../harness/workflows.cts';
import {
	eventually,
	finish,
	finishAll,
	isParked,
	numbered,
	pairs,
	pairsOf,
	park,
	parkedAt,
	parkWorkflow,
	pausing,
	untilParked,
	UNTIL_TOLD,
} from './support.cts';

const next = noOp({ name: 'Next' });

describe('a node that pauses until the callback', () => {
	it.concurrent('in a loop over items parks in each round', async () => {
		const stage = await openStage(UNTIL_TOLD);
		const loop = node({
			type: 'n8n-nodes-base.splitInBatches',
			typeVersion: 3,
			name: 'Loop',
			parameters: { batchSize: 1, options: {} },
		});
		const trigger = manualTrigger({ name: 'Prompts', items: numbered(3) });
		const apixo = stage.node({ parameters: pausing() });
		const definition = workflow({
			name: 'Loop',
			nodes: [trigger, loop, apixo, pairs],
			connections: [
				...chain(trigger, loop),
				{ from: loop.name, output: 1, to: apixo.name },
				{ from: apixo.name, to: loop.name },
				{ from: loop.name, output: 0, to: pairs.name },
			],
		});
		const run = await parkWorkflow(stage, definition);
		for (const round of [0, 1, 2]) {
			await untilParked(stage, run.executionId, round + 1);
			if (round > 0) {
				// A late duplicate of the round before must not end this one.
				const { taskId } = stage.taskOf(`prompt ${round - 1}`);
				const [late] = await stage.simulator.sendCallback(taskId);
				expect(late.status).toBe(404);
				expect(await isParked(stage, run)).toBe(true);
			}
			finish(stage, `prompt ${round}`);
		}
		const execution = await stage.api.waitForExecution(run.executionId);
		expect(execution.runData.APIXO).toHaveLength(3);
		expect(jsons(nodeOutput(execution, 'Loop')).map(({ taskId }) => taskId)).toEqual(
			numbered(3).map(({ prompt }) => stage.taskOf(prompt).taskId),
		);
		expect(pairsOf(execution)).toEqual([0, 1, 2]);
		expect(stage.submits).toBe(3);
	});

	it.concurrent('in a sub-workflow lets the parent wait for its result', async () => {
		const stage = await openStage({ defaults: { seconds: 3_600, files: 2 } });
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
					stage.node({ parameters: pausing({ options: { outputMode: 'file' } }) }),
				],
			}),
		);
		const parent = workflow({
			name: 'Parent',
			nodes: [
				manualTrigger({ name: 'Prompts', items: numbered(2) }),
				node({
					type: 'n8n-nodes-base.executeWorkflow',
					typeVersion: 1.2,
					name: 'Child',
					parameters: {
						workflowId: { __rl: true, mode: 'id', value: child.id },
						options: { waitForSubWorkflow: true },
					},
				}),
				next,
			],
		});
		const { id } = await stage.api.createWorkflow(parent);
		const executionId = await stage.api.runManually(id);
		await untilParked(stage, executionId, 2);
		await stage.api.waitForExecution({ workflowId: child.id }, { status: 'waiting' });
		finishAll(stage);
		const execution = await stage.api.waitForExecution(executionId);
		const [first, second] = numbered(2).map(({ prompt }) => stage.taskOf(prompt).taskId);
		expect(jsons(nodeOutput(execution, 'Next')).map(({ taskId }) => taskId)).toEqual([
			first,
			first,
			second,
			second,
		]);
		expect(stage.submits).toBe(2);
	});

	it.concurrent('between Wait nodes wakes and is woken by nothing else', async () => {
		const stage = await openStage(UNTIL_TOLD);
		const wait = (name: string) =>
			node({
				type: 'n8n-nodes-base.wait',
				typeVersion: 1.1,
				name,
				webhookId: randomUUID(),
				parameters: { resume: 'webhook', httpMethod: 'POST', options: {} },
			});
		const definition = workflow({
			name: 'Between Wait nodes',
			nodes: [
				manualTrigger({ items: [{}] }),
				editFields({ url: '={{ $execution.resumeUrl }}' }, { name: 'URL' }),
				wait('Wait Before'),
				stage.node({ parameters: pausing({ prompt: 'a red fox' }) }),
				wait('Wait After'),
			],
		});
		const { id } = await stage.api.createWorkflow(definition);
		const executionId = await stage.api.runManually(id);
		const parked = async (name: string) => await parkedAt(stage, executionId, name);
		const before = await parked('Wait Before');
		const resumeUrl = String(nodeOutput(before, 'URL')[0].json.url);
		const resume = async () => (await request(resumeUrl, { method: 'POST' })).statusCode;
		const callBack = async () => {
			const [{ status }] = await stage.simulator.sendCallback(stage.taskOf('a red fox').taskId);
			return status;
		};
		expect(await resume()).toBe(200);
		await parked('APIXO');
		expect(await resume()).toBe(404);

		finishAll(stage);
		const after = await parked('Wait After');
		expect(runOf(after).output[0].json).toMatchObject({ state: 'success' });
		expect(await callBack()).toBe(404);
		expect((await parked('Wait After')).status).toBe('waiting');
		expect(await resume()).toBe(200);
		expect((await stage.api.waitForExecution(executionId)).status).toBe('success');
		expect(stage.submits).toBe(1);
	});

	it.concurrent('hands on in a production execution that leaves nothing behind', async () => {
		const stage = await openStage(UNTIL_TOLD);
		const path = randomUUID();
		const definition = workflow({
			name: 'Production',
			nodes: [
				webhookTrigger({ path }),
				splitOut('body.items'),
				stage.node({ parameters: pausing() }),
				node({
					type: 'n8n-nodes-base.httpRequest',
					typeVersion: 4.2,
					name: 'Fetch',
					parameters: { url: '={{ $json.resultUrls[0] }}', options: {} },
				}),
			],
			settings: { saveDataSuccessExecution: 'none' },
		});
		const { id } = await stage.api.createWorkflow(definition);
		await stage.api.activate(id);
		await stage.api.callWebhook(path, { body: { items: numbered(2) } });
		await stage.simulator.until(({ tasks }) => tasks().length === 2);
		await stage.api.waitForExecution({ workflowId: id }, { status: 'waiting' });
		finishAll(stage);
		await stage.simulator.until(({ counts }) => counts().file === 2, 20_000);
		await eventually('no execution to be left', async () => {
			return (await stage.api.listExecutions(id)).length === 0 || undefined;
		});
	});

	it.concurrent("runs by 'Execute step'", async () => {
		const stage = await openStage(UNTIL_TOLD);
		const { id } = await stage.api.createWorkflow(
			stage.workflow({ items: numbered(2), parameters: pausing(), then: [next] }),
		);
		const executionId = await stage.api.runManually(id, 'APIXO');
		await untilParked(stage, executionId, 2);
		finishAll(stage);
		const execution = await stage.api.waitForExecution(executionId);
		expect(execution.status).toBe('success');
		expect(runOf(execution).output.map(({ json }) => json.taskId)).toEqual(
			numbered(2).map(({ prompt }) => stage.taskOf(prompt).taskId),
		);
		expect(execution.runData.Next).toBeUndefined();
	});

	it.concurrent('with a name that looks like an expression, and as the last node', async () => {
		const stage = await openStage(UNTIL_TOLD);
		const name = `{{ $json.x }} "it's" \\ ]`;
		const run = await park(stage, { name });
		finishAll(stage);
		const execution = await stage.api.waitForExecution(run.executionId);
		expect(nodeOutput(execution, name)[0].json).toMatchObject({ deliveredBy: 'callback' });
	});
});

describe('Max Concurrency', () => {
	const parameters = { options: { maxConcurrency: 2 } };
	const tasksOf = ({ simulator }: Stage) =>
		simulator.tasks().map(({ input }) => (input as { prompt: string }).prompt);

	it.concurrent('submits in waves, each when the one before is done', async () => {
		const stage = await openStage(UNTIL_TOLD);
		const run = await park(stage, { items: numbered(5), parameters, then: [pairs] });
		expect(tasksOf(stage).sort()).toEqual(['prompt 0', 'prompt 1']);
		finishAll(stage);
		await untilParked(stage, run.executionId, 4);
		expect(tasksOf(stage).slice(2).sort()).toEqual(['prompt 2', 'prompt 3']);
		finishAll(stage);
		await untilParked(stage, run.executionId, 5);
		finishAll(stage);
		const execution = await stage.api.waitForExecution(run.executionId);
		expect(pairsOf(execution)).toEqual([0, 1, 2, 3, 4]);
		expect(execution.runData.APIXO).toHaveLength(1);
		expect(stage.submits).toBe(5);
	});

	it.concurrent.each([
		['cancelled', async ({ api }: Stage, id: string) => await api.stopExecution(id)],
		[
			'deleted',
			async ({ api }: Stage, id: string) =>
				await api.call('POST', '/rest/executions/delete', { ids: [id] }),
		],
	])('submits nothing more once the parked execution is %s', async (_how, end) => {
		const stage = await openStage(UNTIL_TOLD);
		const run = await park(stage, { items: numbered(5), parameters, then: [next] });
		await end(stage, run.executionId);
		finishAll(stage);
		await stage.simulator.until(({ tasks }) =>
			tasks().every(({ callbackAttempts }) => callbackAttempts.length > 0),
		);
		for (const { callbackAttempts } of stage.simulator.tasks()) {
			expect([404, 409]).toContain(callbackAttempts[0].status);
		}
		expect(stage.simulator.counts()).toMatchObject({ generateTask: 2, statusTask: 0 });
		const executions = await stage.api.listExecutions(run.workflowId);
		expect(executions.filter(({ status }) => status !== 'canceled')).toEqual([]);
	});
});
