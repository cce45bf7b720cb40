import { randomUUID } from 'node:crypto';
import { request } from 'undici';
import { eventually } from '../../support/eventually.cts';
import { type Stage, jsons, openStage, runOf } from '../action/support.cts';
import { nodeOutput } from '../harness/executions.cts';
import {
	editFields,
	loopWorkflow,
	manualTrigger,
	node,
	noOp,
	splitOut,
	waitNode,
	webhookTrigger,
	workflow,
} from '../harness/workflows.cts';
import {
	finish,
	finishAll,
	isPaused,
	numbered,
	pairs,
	pairsOf,
	pause,
	pausedAt,
	pauseWorkflow,
	pausing,
	untilPaused,
	UNTIL_TOLD,
} from './support.cts';

const next = noOp({ name: 'Next' });

describe('a node that pauses until the callback', () => {
	it.concurrent('pauses in each round of a loop', async () => {
		const stage = await openStage(UNTIL_TOLD);
		const definition = loopWorkflow({
			trigger: manualTrigger({ name: 'Prompts', items: numbered(3) }),
			batchSize: 1,
			body: stage.node({ parameters: pausing() }),
			done: pairs,
		});
		const run = await pauseWorkflow(stage, definition);
		for (const round of [0, 1, 2]) {
			await untilPaused(stage, run.executionId, round + 1);
			if (round > 0) {
				// A late duplicate of the round before must not end this one.
				const { taskId } = stage.taskOf(`prompt ${round - 1}`);
				const [late] = await stage.simulator.sendCallback(taskId);
				expect(late.status).toBe(404);
				expect(await isPaused(stage, run)).toBe(true);
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

	it.concurrent('lets the parent of a sub-workflow wait for its result', async () => {
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
		await untilPaused(stage, executionId, 2);
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

	it.concurrent('neither resumes a Wait node beside it nor is resumed by its URL', async () => {
		const stage = await openStage(UNTIL_TOLD);
		const wait = (name: string) =>
			waitNode({ resume: 'webhook', httpMethod: 'POST', options: {} }, { name });
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
		const paused = async (name: string) => await pausedAt(stage, executionId, name);
		const before = await paused('Wait Before');
		const resumeUrl = String(nodeOutput(before, 'URL')[0].json.url);
		const resume = async () => (await request(resumeUrl, { method: 'POST' })).statusCode;
		const callBack = async () => {
			const [{ status }] = await stage.simulator.sendCallback(stage.taskOf('a red fox').taskId);
			return status;
		};
		expect(await resume()).toBe(200);
		await paused('APIXO');
		expect(await resume()).toBe(404);

		finishAll(stage);
		const after = await paused('Wait After');
		expect(runOf(after).output[0].json).toMatchObject({ state: 'success' });
		expect(await callBack()).toBe(404);
		expect((await paused('Wait After')).status).toBe('waiting');
		expect(await resume()).toBe(200);
		expect((await stage.api.waitForExecution(executionId)).status).toBe('success');
		expect(stage.submits).toBe(1);
	});

	it.concurrent(
		'passes its results on in a production execution that n8n does not keep',
		async () => {
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
			await stage.simulator.until(({ counts }) => counts().file === 2);
			await eventually('no execution to be left', async () => {
				return (await stage.api.listExecutions(id)).length === 0 || undefined;
			});
		},
	);

	it.concurrent("runs by 'Execute step'", async () => {
		const stage = await openStage(UNTIL_TOLD);
		const { id } = await stage.api.createWorkflow(
			stage.workflow({ items: numbered(2), parameters: pausing(), then: [next] }),
		);
		const executionId = await stage.api.runManually(id, 'APIXO');
		await untilPaused(stage, executionId, 2);
		finishAll(stage);
		const execution = await stage.api.waitForExecution(executionId);
		expect(execution.status).toBe('success');
		expect(runOf(execution).output.map(({ json }) => json.taskId)).toEqual(
			numbered(2).map(({ prompt }) => stage.taskOf(prompt).taskId),
		);
		expect(execution.runData.Next).toBeUndefined();
	});

	it.concurrent('may have a name that looks like an expression', async () => {
		const stage = await openStage(UNTIL_TOLD);
		const name = `{{ $json.x }} "it's" \\ ]`;
		const run = await pause(stage, { name });
		finishAll(stage);
		const execution = await stage.api.waitForExecution(run.executionId);
		expect(nodeOutput(execution, name)[0].json).toMatchObject({ deliveredBy: 'callback' });
	});
});

describe('Max Concurrency', () => {
	const parameters = { options: { maxConcurrency: 2 } };

	it.concurrent(
		'submits the next item at the first callback, in no more than its places',
		async () => {
			const stage = await openStage({ ...UNTIL_TOLD, rateLimit: { concurrentTasks: 2 } });
			const run = await pause(stage, { items: numbered(5), parameters, then: [pairs] });
			await untilPaused(stage, run.executionId, 2);
			for (const [finished, submitted] of [
				[1, 3],
				[0, 4],
				[3, 5],
			]) {
				finish(stage, `prompt ${finished}`);
				await untilPaused(stage, run.executionId, submitted);
			}
			expect(stage.simulator.tasks().map(({ prompt }) => prompt)).toEqual(
				expect.arrayContaining(numbered(5).map(({ prompt }) => prompt)),
			);
			finishAll(stage);
			const execution = await stage.api.waitForExecution(run.executionId);
			expect(pairsOf(execution)).toEqual([0, 1, 2, 3, 4]);
			expect(execution.runData.APIXO).toHaveLength(1);
			expect(stage.submits).toBe(5);
		},
	);

	it.concurrent.each([
		['cancelled', async ({ api }: Stage, id: string) => await api.stopExecution(id)],
		[
			'deleted',
			async ({ api }: Stage, id: string) =>
				await api.call('POST', '/rest/executions/delete', { ids: [id] }),
		],
	])('submits nothing more once the paused execution is %s', async (_how, end) => {
		const stage = await openStage(UNTIL_TOLD);
		const run = await pause(stage, { items: numbered(5), parameters, then: [next] });
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
