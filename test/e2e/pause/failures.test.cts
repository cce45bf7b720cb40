import { type Run, type Stage, jsons, openStage, runOf } from '../action/support.cts';
import { nodeOutput } from '../harness/executions.cts';
import { type TestNode, noOp, workflow } from '../harness/workflows.cts';
import {
	type PausedRun,
	finish,
	finishAll,
	numbered,
	pairs,
	pairsOf,
	pause,
	pauseWorkflow,
	pausing,
	taskIdsOf,
	untilPaused,
	UNTIL_TOLD,
} from './support.cts';

const retrying = { retryOnFail: true, maxTries: 3, waitBetweenTries: 100 };

/** Of three tasks the middle one fails. */
async function failOne(stage: Stage, { executionId }: PausedRun): Promise<Run> {
	finish(stage, 'prompt 0');
	finish(stage, 'prompt 1', 'failed');
	finish(stage, 'prompt 2');
	return runOf(await stage.api.waitForExecution(executionId));
}

const taskIds = (stage: Stage) => taskIdsOf(stage, numbered(3));

/** States of all tasks that were made of a prompt, oldest first. */
const statesOf = ({ simulator }: Stage, ofPrompt: string) =>
	simulator
		.tasks()
		.filter(({ prompt }) => prompt === ofPrompt)
		.map(({ state }) => state);

describe('one of three tasks that fails', () => {
	it.concurrent(
		'stops the workflow with an error that names it, and the results of the others',
		async () => {
			const stage = await openStage(UNTIL_TOLD);
			const run = await pause(stage, { items: numbered(3) });
			const { execution, error } = await failOne(stage, run);
			const [first, failed, last] = taskIds(stage);
			expect(execution.status).toBe('error');
			expect(error.message).toBe(
				`Task failed: The generation failed. [GENERATION_FAILED] (task ${failed})`,
			);
			expect(error.context).toMatchObject({ itemIndex: 1, taskId: failed, state: 'failed' });
			for (const taskId of [first, last]) {
				expect(error.description).toContain(`task ${taskId} of 'nano-banana': success`);
				const [url] = stage.simulator.task(taskId).resultUrls;
				expect(error.description).toContain(url);
			}
		},
	);

	it.concurrent('becomes an item with its error, where the workflow goes on', async () => {
		const stage = await openStage(UNTIL_TOLD);
		const run = await pause(stage, {
			items: numbered(3),
			onError: 'continueRegularOutput',
			then: [pairs],
		});
		const { execution, output } = await failOne(stage, run);
		expect(execution.status).toBe('success');
		expect(jsons(output).map(({ taskId, state }) => [taskId, state])).toEqual(
			taskIds(stage).map((taskId, index) => [taskId, index === 1 ? 'failed' : 'success']),
		);
		expect(output[1].json.error).toContain(taskIds(stage)[1]);
		expect(pairsOf(execution)).toEqual([0, 1, 2]);
	});

	it.concurrent('leaves by the error output, where there is one', async () => {
		const stage = await openStage(UNTIL_TOLD);
		const apixo = stage.node({ parameters: pausing(), onError: 'continueErrorOutput' });
		const [trigger] = stage.workflow({ items: numbered(3) }).nodes as TestNode[];
		const failed: TestNode = { ...pairs, id: 'failed', name: 'Failed' };
		const definition = workflow({
			name: 'Error output',
			nodes: [{ ...trigger, pinnedItems: numbered(3) }, apixo, pairs, failed],
			connections: [
				{ from: trigger.name, to: apixo.name },
				{ from: apixo.name, to: pairs.name },
				{ from: apixo.name, to: failed.name, output: 1 },
			],
		});
		const run = await pauseWorkflow(stage, definition);
		const { execution } = await failOne(stage, run);
		expect(pairsOf(execution)).toEqual([0, 2]);
		expect(jsons(nodeOutput(execution, 'Failed')).map(({ number }) => number)).toEqual(['1']);
		const [error] = nodeOutput(execution, 'APIXO', { output: 1 });
		expect(error.json).toMatchObject({
			error: expect.stringContaining(taskIds(stage)[1]) as string,
			details: { taskId: taskIds(stage)[1], failCode: 'GENERATION_FAILED' },
		});
	});

	it.concurrent("is an item like the others with 'Return the Failed Task'", async () => {
		const stage = await openStage(UNTIL_TOLD);
		const run = await pause(stage, {
			items: numbered(3),
			parameters: { options: { onTaskFailure: 'output' } },
			then: [noOp({ name: 'Next' })],
		});
		const { execution } = await failOne(stage, run);
		expect(
			jsons(nodeOutput(execution, 'Next')).map(({ taskId, state }) => [taskId, state]),
		).toEqual(taskIds(stage).map((taskId, index) => [taskId, index === 1 ? 'failed' : 'success']));
	});
});

describe('Retry On Fail', () => {
	it.concurrent('submits only the failed task again, and pauses again', async () => {
		const stage = await openStage(UNTIL_TOLD);
		const run = await pause(stage, { items: numbered(3), ...retrying, then: [pairs] });
		finish(stage, 'prompt 0');
		finish(stage, 'prompt 2');
		finish(stage, 'prompt 1', 'failed');
		await untilPaused(stage, run.executionId, 4);
		finishAll(stage);
		const { execution, output } = runOf(await stage.api.waitForExecution(run.executionId));
		expect(execution.status).toBe('success');
		expect(jsons(output).map(({ state }) => state)).toEqual(['success', 'success', 'success']);
		expect(statesOf(stage, 'prompt 1')).toEqual(['failed', 'success']);
		expect(pairsOf(execution)).toEqual([0, 1, 2]);
		expect(stage.simulator.counts()).toMatchObject({ generateTask: 4, statusTask: 4 });
	});

	it.concurrent(
		'submits a failed first item again, where the workflow goes on after errors',
		async () => {
			const stage = await openStage(UNTIL_TOLD);
			const onError = 'continueRegularOutput';
			const run = await pause(stage, { items: numbered(2), ...retrying, onError });
			finish(stage, 'prompt 1');
			finish(stage, 'prompt 0', 'failed');
			await untilPaused(stage, run.executionId, 3);
			finishAll(stage);
			const { output } = runOf(await stage.api.waitForExecution(run.executionId));
			expect(jsons(output).map(({ state }) => state)).toEqual(['success', 'success']);
			expect(stage.submits).toBe(3);
		},
	);

	it.concurrent(
		'pays for no more attempts than the user set, although n8n counts anew after a pause',
		async () => {
			const stage = await openStage(UNTIL_TOLD);
			const run = await pause(stage, { ...retrying, maxTries: 2 });
			const endNewest = () =>
				stage.simulator.finish(stage.simulator.tasks().at(-1)!.taskId, 'failed');
			endNewest();
			await untilPaused(stage, run.executionId, 2);
			endNewest();
			const { execution, error } = runOf(await stage.api.waitForExecution(run.executionId));
			expect(execution.status).toBe('error');
			expect(error.context.taskId).toBe(stage.simulator.tasks()[1].taskId);
			expect(stage.submits).toBe(2);
		},
	);

	it.concurrent('does not submit again what the policy refused', async () => {
		const stage = await openStage({ defaults: { seconds: 3_600, failCode: 'NSFW' } });
		const run = await pause(stage, retrying);
		finish(stage, 'a red fox', 'failed');
		const { error } = runOf(await stage.api.waitForExecution(run.executionId));
		expect(error.message).toMatch(/^Task failed: .* \[NSFW\]/);
		expect(stage.simulator.counts()).toMatchObject({ generateTask: 1, statusTask: 1 });
	});

	it.concurrent(
		'sends only the request that was refused again, once the others are done',
		async () => {
			const stage = await openStage(UNTIL_TOLD);
			stage.simulator.plan(
				{ promptIncludes: 'prompt 1' },
				{ submitFaults: [{ kind: 'http', status: 400 }] },
			);
			const run = await pause(stage, { items: numbered(3), ...retrying, then: [pairs] });
			await untilPaused(stage, run.executionId, 2);
			expect(stage.submits).toBe(3);
			finishAll(stage);
			await untilPaused(stage, run.executionId, 3);
			finishAll(stage);
			const execution = await stage.api.waitForExecution(run.executionId);
			expect(pairsOf(execution)).toEqual([0, 1, 2]);
			expect(runOf(execution).output.map(({ json }) => json.taskId)).toEqual(taskIds(stage));
			expect(stage.submits).toBe(4);
		},
	);

	it.concurrent('never sends a request again that may have been accepted', async () => {
		const stage = await openStage(UNTIL_TOLD);
		stage.simulator.plan(
			{ promptIncludes: 'prompt 1' },
			{ submitFaults: [{ kind: 'dropAfterAccept' }] },
		);
		const run = await pause(stage, { items: numbered(3), ...retrying });
		finishAll(stage);
		const { error } = runOf(await stage.api.waitForExecution(run.executionId));
		expect(error.message).toBe(
			"It is unclear whether APIXO accepted the request for 'nano-banana'",
		);
		const [first, , last] = taskIds(stage);
		expect(error.description).toContain(first);
		expect(error.description).toContain(last);
		expect(stage.submits).toBe(3);
	});
});

it('a request that is refused costs the others nothing, where the workflow goes on', async () => {
	const stage = await openStage(UNTIL_TOLD);
	stage.simulator.plan(
		{ promptIncludes: 'prompt 1' },
		{ submitFaults: [{ kind: 'http', status: 400 }] },
	);
	const run = await pause(stage, {
		items: numbered(3),
		onError: 'continueRegularOutput',
		then: [pairs],
	});
	finishAll(stage);
	const { execution, output } = runOf(await stage.api.waitForExecution(run.executionId));
	expect(pairsOf(execution)).toEqual([0, 1, 2]);
	expect(jsons(output).map(({ state }) => state)).toEqual(['success', undefined, 'success']);
	expect(output[1].json.error).toMatch(/^APIXO rejected the request/);
	expect(stage.submits).toBe(3);
});

it('the retry of a whole execution keeps its results, and submits only the failed task again', async () => {
	const stage = await openStage(UNTIL_TOLD);
	const run = await pause(stage, { items: numbered(3) });
	await failOne(stage, run);
	const id = await stage.api.retryExecution(run, false);
	await untilPaused(stage, id, 4);
	finishAll(stage);
	const { output, execution } = runOf(await stage.api.waitForExecution(id));
	expect(execution.status).toBe('success');
	expect(output[0].json.taskId).toBe(stage.taskOf('prompt 0').taskId);
	expect(stage.submits).toBe(4);
});
