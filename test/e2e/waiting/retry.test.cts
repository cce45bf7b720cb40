import { type Stage, QUICK, byId, jsons, openStage, runOf } from '../action/support.cts';
import { UNTIL_TOLD, finishAll, numbered } from '../pause/support.cts';
import { submissions } from './support.cts';

const items = numbered(3);

/** Another request each time the expressions are evaluated. */
const parameters = {
	prompt: '={{ $json.prompt }} at {{ $now.toISO() }}',
	specifyInput: 'json',
	inputJson: '={{ { seed: Math.floor(Math.random() * 1e9) } }}',
	options: { ...QUICK, timeout: 2, validateInput: false },
};

async function retry(stage: Stage, workflowId: string, executionId: string, loadWorkflow: boolean) {
	const id = await stage.api.retryExecution({ workflowId, executionId }, loadWorkflow);
	return runOf(await stage.api.waitForExecution(id));
}

describe('the retry of an execution whose expressions give other values each time', () => {
	it.concurrent.each([
		['the original workflow', false],
		['the workflow that is saved now', true],
	])('with %s pays for nothing again', async (_, loadWorkflow) => {
		const stage = await openStage(UNTIL_TOLD);
		const { workflowId, executionId } = await stage.start({ items, parameters });
		expect((await stage.api.waitForExecution(executionId)).status).toBe('error');
		const taskIds = stage.simulator.tasks().map(({ taskId }) => taskId);
		expect(taskIds).toHaveLength(items.length);
		finishAll(stage);

		const { execution, output } = await retry(stage, workflowId, executionId, loadWorkflow);
		expect(execution).toMatchObject({ status: 'success', mode: 'retry' });
		expect(jsons(output).map(({ taskId, state }) => [taskId, state])).toEqual(
			items.map(({ prompt }) => [
				stage.simulator.tasks().find((task) => task.prompt.startsWith(prompt))?.taskId,
				'success',
			]),
		);
		expect(submissions(stage)).toEqual({ prompts: items.length, most: 1 });
	});
});

it.concurrent(
	'the retry with a workflow that the editor has saved anew pays for nothing again',
	async () => {
		const stage = await openStage(UNTIL_TOLD);
		const { prompt, options } = parameters;
		const imported = { prompt, options, model: byId('nano-banana') };
		const { workflowId, executionId } = await stage.start({ items, parameters: imported });
		expect((await stage.api.waitForExecution(executionId)).status).toBe('error');
		finishAll(stage);

		// As the editor does, where somebody raises the timeout and saves.
		const saved = stage.workflow({
			items,
			parameters: {
				...imported,
				model: { ...imported.model, cachedResultName: 'Nano Banana', cachedResultUrl: '' },
				input: { mappingMode: 'defineBelow', value: {}, schema: [{ id: 'seed' }] },
				options: { ...options, timeout: 60 },
			},
		});
		await stage.api.updateWorkflow(workflowId, { nodes: saved.nodes });
		const { execution } = await retry(stage, workflowId, executionId, true);
		expect(execution.status).toBe('success');
		expect(submissions(stage)).toEqual({ prompts: items.length, most: 1 });
	},
);

it.concurrent('the retry of a wait whose task ID was corrected waits for that task', async () => {
	const stage = await openStage({ defaults: { seconds: 0 } });
	await stage.run();
	const { taskId } = stage.simulator.tasks()[0];
	const waitFor = (id: string) =>
		stage.workflow({
			parameters: {
				resource: 'task',
				operation: 'wait',
				model: byId('nano-banana'),
				taskId: id,
				options: { ...QUICK, timeout: 2 },
			},
		});
	const { id: workflowId } = await stage.api.createWorkflow(waitFor('mistyped'));
	const executionId = await stage.api.runManually(workflowId);
	expect((await stage.api.waitForExecution(executionId)).status).toBe('error');

	await stage.api.updateWorkflow(workflowId, { nodes: waitFor(taskId).nodes });
	const { execution, output } = await retry(stage, workflowId, executionId, true);
	expect(execution.status).toBe('success');
	expect(jsons(output)).toEqual([expect.objectContaining({ taskId, state: 'success' })]);
});
