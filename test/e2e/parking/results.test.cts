import { type Stage, jsons, openStage, runOf } from '../action/support.cts';
import { nodeOutput } from '../harness/executions.cts';
import { editFields } from '../harness/workflows.cts';
import { finish, isParked, park, UNTIL_TOLD } from './support.cts';

const numbered = (count: number) =>
	Array.from({ length: count }, (_, index) => ({ prompt: `prompt ${index}`, number: index }));

/** Says which input item n8n pairs each of its items with. */
const paired = editFields({ number: "={{ $('Prompts').item.json.number }}" }, { name: 'Paired' });

const pairsOf = (execution: Parameters<typeof nodeOutput>[0]) =>
	jsons(nodeOutput(execution, 'Paired')).map(({ number }) => Number(number));

const answersOf = (stage: Stage) =>
	stage.simulator.tasks().flatMap(({ callbackAttempts }) => callbackAttempts);

it('one image: the callback resumes it within 2 s, with one submit and one confirming look', async () => {
	const stage = await openStage(UNTIL_TOLD);
	const { executionId, workflowId } = await park(stage, { then: [paired] });
	expect(stage.simulator.counts()).toMatchObject({ generateTask: 1, statusTask: 0 });

	finish(stage, 'a red fox');
	const execution = await stage.api.waitForExecution(executionId);
	const { taskId } = stage.taskOf('a red fox');
	expect(jsons(runOf(execution).output)).toEqual([
		expect.objectContaining({ taskId, state: 'success', deliveredBy: 'callback' }),
	]);
	expect(stage.simulator.counts()).toMatchObject({ generateTask: 1, statusTask: 1 });

	const [delivery] = answersOf(stage);
	expect(delivery.status).toBe(200);
	expect(execution.runData.Paired[0].startTime - delivery.atMs).toBeLessThan(2_000);
	// The user sees one execution, of one run of the node.
	expect(execution.runData.APIXO).toHaveLength(1);
	expect((await stage.api.listExecutions(workflowId)).map(({ id }) => id)).toEqual([executionId]);
});

it('five items that finish in any order: one output of five, in order and paired', async () => {
	const stage = await openStage(UNTIL_TOLD);
	const run = await park(stage, { items: numbered(5), then: [paired] });
	for (const index of [2, 0, 4, 1]) {
		finish(stage, `prompt ${index}`);
		await stage.simulator.until(
			() => stage.taskOf(`prompt ${index}`).callbackAttempts.length === 1,
		);
		expect(await isParked(stage, run)).toBe(true);
	}
	finish(stage, 'prompt 3');

	const execution = await stage.api.waitForExecution(run.executionId);
	const { output } = runOf(execution);
	expect(output.map(({ json }) => json.taskId)).toEqual(
		numbered(5).map(({ prompt }) => stage.taskOf(prompt).taskId),
	);
	expect(output.map(({ pairedItem }) => pairedItem)).toEqual(
		[0, 1, 2, 3, 4].map((item) => ({ item })),
	);
	expect(pairsOf(execution)).toEqual([0, 1, 2, 3, 4]);
	expect(execution.runData.Paired).toHaveLength(1);
	expect(stage.submits).toBe(5);
	// One look confirms each callback, at most one more each finds a task that is not done yet.
	expect(stage.statusCalls).toBeLessThanOrEqual(9);
	expect(answersOf(stage).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
});
