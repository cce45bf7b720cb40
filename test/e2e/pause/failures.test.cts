import { type Run, type Stage, jsons, openStage, runOf } from '../action/support.cts';
import { nodeOutput } from '../harness/executions.cts';
import { type TestNode, noOp, workflow } from '../harness/workflows.cts';
import {
	type ParkedRun,
	finish,
	finishAll,
	numbered,
	pairs,
	pairsOf,
	park,
	parkWorkflow,
	pausing,
	untilParked,
	UNTIL_TOLD,
} from './support.cts';

const retrying = { retryOnFail: true, maxTries: 3, waitBetweenTries: 100 };

/** Of three tasks the middle one fails. */
async function failOne(stage: Stage, { executionId }: ParkedRun): Promise<Run> {
	finish(stage, 'prompt 0');
	finish(stage, 'prompt 1', 'failed');
	finish(stage, 'prompt 2');
	return runOf(await stage.api.waitForExecution(executionId));
}

const taskIds = (stage: Stage) => numbered(3).map(({ prompt }) => stage.taskOf(prompt).taskId);

/** All tasks that were made of a prompt, oldest first. */
const statesOf = ({ simulator }: Stage, prompt: string) =>
	simulator
		.tasks()
		.filter(({ input }) => (input as { prompt: string }).prompt === prompt)
		.map(({ state }) => state);

describe('one of three tasks fails', () => {
	it.concurrent('Stop With Error names it, and the two others with their results', async () => {
		const stage = await openStage(UNTIL_TOLD);
		const run = await park(stage, { items: numbered(3) });
		const { execution, error } = await failOne(stage, run);
		const [first, failed, last] = taskIds(stage);
		expect(execution.status).toBe('error');
		expect(error.message).toMatch(
			new RegExp(`^APIXO task ${failed} has state 'failed' \\[GENERATION_FAILED`),
		);
		expect(error.context).toMatchObject({ itemIndex: 1, taskId: failed, state: 'failed' });
		for (const taskId of [first, last]) {
			expect(error.description).toContain(`task ${taskId} of 'nano-banana': success`);
			const [url] = stage.simulator.task(taskId).resultUrls;
			expect(error.description).toContain(url);
		}
	});

	it.concurrent('Continue gives an item with the error in its place', async () => {
		const stage = await openStage(UNTIL_TOLD);
		const run = await park(stage, {
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

	it.concurrent('Continue (using error output) parts them', async () => {
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
		const run = await parkWorkflow(stage, definition);
		const { execution } = await failOne(stage, run);
		expect(pairsOf(execution)).toEqual([0, 2]);
		expect(jsons(nodeOutput(execution, 'Failed')).map(({ number }) => number)).toEqual(['1']);
		const [error] = nodeOutput(execution, 'APIXO', { output: 1 });
		expect(error.json).toMatchObject({
			error: expect.stringContaining(taskIds(stage)[1]) as string,
			details: { taskId: taskIds(stage)[1], failCode: 'GENERATION_FAILED' },
		});
	});

	it.concurrent('Output the Failed Task hands it on like the others', async () => {
		const stage = await openStage(UNTIL_TOLD);
		const run = await park(stage, {
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
	it.concurrent('submits only the failed task anew, and parks again', async () => {
		const stage = await openStage(UNTIL_TOLD);
		const run = await park(stage, { items: numbered(3), ...retrying, then: [pairs] });
		finish(stage, 'prompt 0');
		finish(stage, 'prompt 2');
		finish(stage, 'prompt 1', 'failed');
		await untilParked(stage, run.executionId, 4);
		expect(stage.statusCalls).toBeLessThanOrEqual(5);
		finishAll(stage);
		const { execution, output } = runOf(await stage.api.waitForExecution(run.executionId));
		expect(execution.status).toBe('success');
		expect(jsons(output).map(({ state }) => state)).toEqual(['success', 'success', 'success']);
		expect(statesOf(stage, 'prompt 1')).toEqual(['failed', 'success']);
		expect(pairsOf(execution)).toEqual([0, 1, 2]);
		expect(stage.submits).toBe(4);
	});

	it.concurrent('does so, too, where the workflow goes on after errors', async () => {
		const stage = await openStage(UNTIL_TOLD);
		const onError = 'continueRegularOutput';
		const run = await park(stage, { items: numbered(2), ...retrying, onError });
		finish(stage, 'prompt 1');
		finish(stage, 'prompt 0', 'failed');
		await untilParked(stage, run.executionId, 3);
		finishAll(stage);
		const { output } = runOf(await stage.api.waitForExecution(run.executionId));
		expect(jsons(output).map(({ state }) => state)).toEqual(['success', 'success']);
		expect(stage.submits).toBe(3);
	});

	it.concurrent(
		'pays for no more tries than the user set, however often it was parked',
		async () => {
			const stage = await openStage(UNTIL_TOLD);
			const run = await park(stage, { ...retrying, maxTries: 2 });
			const endNewest = () =>
				stage.simulator.finish(stage.simulator.tasks().at(-1)!.taskId, 'failed');
			endNewest();
			await untilParked(stage, run.executionId, 2);
			endNewest();
			const { execution, error } = runOf(await stage.api.waitForExecution(run.executionId));
			expect(execution.status).toBe('error');
			expect(error.context.taskId).toBe(stage.simulator.tasks()[1].taskId);
			expect(stage.submits).toBe(2);
		},
	);

	it.concurrent('does not submit again what the policy refused', async () => {
		const stage = await openStage({ defaults: { seconds: 3_600, failCode: 'NSFW' } });
		const run = await park(stage, retrying);
		finish(stage, 'a red fox', 'failed');
		const { error } = runOf(await stage.api.waitForExecution(run.executionId));
		expect(error.message).toMatch(/has state 'failed' \[NSFW: /);
		expect(stage.simulator.counts()).toMatchObject({ generateTask: 1, statusTask: 1 });
	});

	it.concurrent('sends the one of three that was refused again, the others not', async () => {
		const stage = await openStage(UNTIL_TOLD);
		stage.simulator.plan(
			{ promptIncludes: 'prompt 1' },
			{ submitFaults: [{ kind: 'http', status: 400 }] },
		);
		const run = await park(stage, { items: numbered(3), ...retrying, then: [pairs] });
		expect(stage.submits).toBe(4);
		finishAll(stage);
		const execution = await stage.api.waitForExecution(run.executionId);
		expect(pairsOf(execution)).toEqual([0, 1, 2]);
		expect(runOf(execution).output.map(({ json }) => json.taskId)).toEqual(taskIds(stage));
	});

	it.concurrent('never sends again what may have been accepted', async () => {
		const stage = await openStage(UNTIL_TOLD);
		stage.simulator.plan(
			{ promptIncludes: 'prompt 1' },
			{ submitFaults: [{ kind: 'dropAfterAccept' }] },
		);
		const { executionId } = await stage.start({
			items: numbered(3),
			...retrying,
			parameters: pausing(),
		});
		const { error } = runOf(await stage.api.waitForExecution(executionId));
		expect(error.message).toMatch(/^Nobody can tell whether APIXO accepted the request/);
		const [first, , last] = taskIds(stage);
		expect(error.description).toContain(first);
		expect(error.description).toContain(last);
		expect(stage.submits).toBe(3);
	});
});

it('a submit that is refused costs the others nothing where the workflow goes on', async () => {
	const stage = await openStage(UNTIL_TOLD);
	stage.simulator.plan(
		{ promptIncludes: 'prompt 1' },
		{ submitFaults: [{ kind: 'http', status: 400 }] },
	);
	const run = await park(stage, {
		items: numbered(3),
		onError: 'continueRegularOutput',
		then: [pairs],
	});
	finishAll(stage);
	const { execution, output } = runOf(await stage.api.waitForExecution(run.executionId));
	expect(pairsOf(execution)).toEqual([0, 1, 2]);
	expect(jsons(output).map(({ state }) => state)).toEqual(['success', undefined, 'success']);
	expect(output[1].json.error).toMatch(/^APIXO did not accept the request/);
	expect(stage.submits).toBe(3);
});

it('the retry of a whole execution takes up what its tasks have come to', async () => {
	const stage = await openStage(UNTIL_TOLD);
	const run = await park(stage, { items: numbered(3) });
	await failOne(stage, run);
	await stage.api.call('POST', `/rest/executions/${run.executionId}/retry`, {
		loadWorkflow: false,
	});
	const [{ id }] = await stage.api.listExecutions(run.workflowId);
	await untilParked(stage, id, 4);
	finishAll(stage);
	const { output, execution } = runOf(await stage.api.waitForExecution(id));
	expect(execution.status).toBe('success');
	expect(output[0].json.taskId).toBe(stage.taskOf('prompt 0').taskId);
	expect(stage.submits).toBe(4);
});
