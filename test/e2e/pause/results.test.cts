import type { IBinaryData } from 'n8n-workflow';
import { jsons, openStage, runOf } from '../action/support.cts';
import { nodeOutput } from '../harness/executions.cts';
import { editFields, manualTrigger, noOp, workflow } from '../harness/workflows.cts';
import {
	finish,
	finishAll,
	isPaused,
	numbered,
	pairs,
	pairsOf,
	pause,
	pauseWorkflow,
	pausing,
	taskIdsOf,
	UNTIL_TOLD,
} from './support.cts';

it('one image: its callback resumes it within 2 s, with one submission and one status request', async () => {
	const stage = await openStage(UNTIL_TOLD);
	const { executionId, workflowId } = await pause(stage, { then: [noOp({ name: 'Next' })] });
	expect(stage.simulator.counts()).toMatchObject({ generateTask: 1, statusTask: 0 });

	finish(stage, 'a red fox');
	const execution = await stage.api.waitForExecution(executionId);
	const { taskId, callbackAttempts } = stage.taskOf('a red fox');
	expect(jsons(runOf(execution).output)).toEqual([
		expect.objectContaining({ taskId, state: 'success', deliveredBy: 'callback' }),
	]);
	expect(stage.simulator.counts()).toMatchObject({ generateTask: 1, statusTask: 1 });
	expect(callbackAttempts).toEqual([expect.objectContaining({ status: 200 })]);
	expect(execution.runData.Next[0].startTime - callbackAttempts[0].atMs).toBeLessThan(2_000);
	// The user sees one execution, and one run of the node.
	expect(execution.runData.APIXO).toHaveLength(1);
	expect((await stage.api.listExecutions(workflowId)).map(({ id }) => id)).toEqual([executionId]);
});

it('a paused node has the submitted tasks as its output', async () => {
	const stage = await openStage(UNTIL_TOLD);
	const { executionId } = await pause(stage, { items: numbered(2) });
	const { output } = runOf(await stage.api.getExecution(executionId));
	expect(output).toEqual(
		taskIdsOf(stage, numbered(2)).map((taskId, item) => ({
			json: {
				taskId,
				model: 'nano-banana',
				state: 'pending',
				resultUrls: [],
				deliveredBy: 'submit',
			},
			pairedItem: { item },
		})),
	);
});

it('five items that finish in any order: one output of five, in order and paired', async () => {
	const stage = await openStage(UNTIL_TOLD);
	const run = await pause(stage, { items: numbered(5), then: [pairs] });
	for (const number of [2, 0, 4, 1]) {
		finish(stage, `prompt ${number}`);
		await stage.simulator.until(() => {
			return stage.taskOf(`prompt ${number}`).callbackAttempts.length === 1;
		});
		expect(await isPaused(stage, run)).toBe(true);
	}
	finish(stage, 'prompt 3');

	const execution = await stage.api.waitForExecution(run.executionId);
	const { output } = runOf(execution);
	expect(output.map(({ json, pairedItem }) => [json.taskId, pairedItem])).toEqual(
		numbered(5).map(({ prompt, number }) => [stage.taskOf(prompt).taskId, { item: number }]),
	);
	expect(execution.runData.Pairs).toHaveLength(1);
	expect(pairsOf(execution)).toEqual([0, 1, 2, 3, 4]);
	expect(stage.submits).toBe(5);
	expect(stage.statusCalls).toBe(5);
	const answers = stage.simulator.tasks().flatMap(({ callbackAttempts }) => callbackAttempts);
	expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
});

it('five items that finish at the same moment: one output of five', async () => {
	const stage = await openStage(UNTIL_TOLD);
	const run = await pause(stage, { items: numbered(5), then: [pairs] });
	finishAll(stage);
	const execution = await stage.api.waitForExecution(run.executionId);
	await stage.simulator.until(({ tasks }) =>
		tasks().every(({ callbackAttempts }) => callbackAttempts.length === 1),
	);
	expect(pairsOf(execution)).toEqual([0, 1, 2, 3, 4]);
	expect(execution.runData.Pairs).toHaveLength(1);
	expect(await stage.api.listExecutions(run.workflowId)).toHaveLength(1);
});

describe('the output', () => {
	it.concurrent('of tasks that give several items each is paired with their inputs', async () => {
		const stage = await openStage({ defaults: { seconds: 3_600, files: 2 } });
		const parameters = { options: { outputMode: 'file' } };
		const run = await pause(stage, { items: numbered(3), parameters, then: [pairs] });
		finishAll(stage);
		const execution = await stage.api.waitForExecution(run.executionId);
		expect(pairsOf(execution)).toEqual([0, 0, 1, 1, 2, 2]);
	});

	it.concurrent('comes once, also with Always Output Data and in the legacy order', async () => {
		const stage = await openStage(UNTIL_TOLD);
		const definition = stage.workflow({
			items: numbered(2),
			parameters: pausing(),
			alwaysOutputData: true,
			then: [pairs],
		});
		definition.settings.executionOrder = 'v0';
		const run = await pauseWorkflow(stage, definition);
		finishAll(stage);
		const execution = await stage.api.waitForExecution(run.executionId);
		expect(execution.runData.Pairs).toHaveLength(1);
		expect(pairsOf(execution)).toEqual([0, 1]);
	});

	it.concurrent(
		'of parameters with expressions on earlier nodes is that of each item',
		async () => {
			const stage = await openStage({ defaults: { seconds: 3_600, files: 2 } });
			const orders = [
				{ subject: 'a fox', model: 'nano-banana', mode: 'file' },
				{ subject: 'a boat', model: 'flux-kontext', mode: 'task' },
				{ subject: 'a hill', model: 'my-own-model', mode: 'file' },
			];
			const other = (field: string) => `={{ $('Other').item.json.${field} }}`;
			const definition = workflow({
				name: 'Expressions',
				nodes: [
					manualTrigger({ name: 'Prompts', items: orders }),
					editFields(
						{
							subject: '={{ $json.subject }}',
							model: '={{ $json.model }}',
							mode: '={{ $json.mode }}',
						},
						{ name: 'Other' },
					),
					editFields({ nothing: 'of use' }, { name: 'Between' }),
					stage.node({
						parameters: pausing({
							model: { __rl: true, mode: 'id', value: other('model') },
							prompt: "={{ $('Other').item.json.subject + ' by ' + $now.toMillis() }}",
							options: { outputMode: other('mode'), validateInput: false },
						}),
					}),
					editFields({ subject: other('subject') }, { name: 'After' }),
				],
			});
			const run = await pauseWorkflow(stage, definition);
			finishAll(stage);
			const execution = await stage.api.waitForExecution(run.executionId);
			expect(jsons(runOf(execution).output).map(({ model }) => model)).toEqual([
				'nano-banana',
				'nano-banana',
				'flux-kontext',
				'my-own-model',
				'my-own-model',
			]);
			expect(jsons(nodeOutput(execution, 'After')).map(({ subject }) => subject)).toEqual([
				'a fox',
				'a fox',
				'a boat',
				'a hill',
				'a hill',
			]);
			expect(stage.submits).toBe(3);
		},
	);

	it.concurrent('keeps its files for the nodes that follow', async () => {
		const stage = await openStage({ defaults: { seconds: 3_600, files: 2, fileBytes: 5_000 } });
		const definition = stage.workflow({
			items: numbered(2),
			parameters: pausing({ options: { downloadResults: true } }),
			then: [noOp({ name: 'Next' })],
		});
		Object.assign(definition.settings, {
			saveDataSuccessExecution: 'none',
			saveManualExecutions: true,
		});
		const run = await pauseWorkflow(stage, definition);
		finishAll(stage);
		const execution = await stage.api.waitForExecution(run.executionId);
		const files = nodeOutput(execution, 'Next').map(({ binary }) => binary ?? {});
		expect(files.map((binary) => Object.keys(binary))).toEqual([
			['data', 'data_1'],
			['data', 'data_1'],
		]);
		for (const file of files.flatMap((binary) => Object.values<IBinaryData>(binary))) {
			expect(await stage.api.readBinary(file)).toHaveLength(5_000);
		}
	});
});
