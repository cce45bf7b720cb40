import { setTimeout as delay } from 'node:timers/promises';
import { type Stage, openStage, runOf } from '../action/support.cts';
import { sharedN8n } from '../harness/shared.cts';
import { numbered } from '../pause/support.cts';
import { eventuallyHolds } from '../../support/eventually.cts';

/** Twenty of the forty items have a place; each submission is answered late. */
const ITEMS = numbered(40);
const PLACES = 20;
const parameters = { options: { initialWait: 30, maxConcurrency: PLACES } };

async function startAll(stage: Stage, executionTimeout?: number): Promise<string> {
	const definition = stage.workflow({ items: ITEMS, parameters, onError: 'continueRegularOutput' });
	if (executionTimeout) definition.settings = { ...definition.settings, executionTimeout };
	const { id } = await stage.api.createWorkflow(definition);
	return await stage.api.runManually(id);
}

/** n8n's log says of each accepted task in which execution, node and item it is. */
async function expectAllInLog(stage: Stage, executionId: string): Promise<void> {
	await eventuallyHolds(() => {
		const log = sharedN8n().logs();
		for (const { taskId, prompt } of stage.simulator.tasks()) {
			const item = ITEMS.findIndex((candidate) => candidate.prompt === prompt);
			expect(log).toContain(
				`APIXO task ${taskId} of model nano-banana is under way (execution ${executionId}, node 'APIXO', item ${item})`,
			);
		}
	});
}

describe('while twenty submissions are under way', () => {
	it.concurrent('a stop loses none of their ids, and submits nothing more', async () => {
		const stage = await openStage({ defaults: { outcome: 'never' } });
		stage.simulator.outage('generateTask', 'hang:1.5');
		const executionId = await startAll(stage);
		await stage.simulator.until(() => stage.submits === PLACES);

		await stage.api.stopExecution(executionId);
		await expectAllInLog(stage, executionId);
		expect(stage.simulator.tasks()).toHaveLength(PLACES);
		// All in one line, since n8n keeps nothing of a node that was stopped.
		const [line] = sharedN8n()
			.logs()
			.split('\n')
			.filter((text) =>
				text.includes(`Execution ${executionId} ended at node 'APIXO' without the results`),
			);
		for (const { taskId } of stage.simulator.tasks()) expect(line).toContain(taskId);

		await delay(3_000);
		expect(stage.simulator.counts()).toMatchObject({ generateTask: PLACES, statusTask: 0 });
		expect((await stage.api.getExecution(executionId)).status).toBe('canceled');
	});

	it.concurrent("the run ends before n8n's timeout for the execution, unanswered", async () => {
		const stage = await openStage({ defaults: { outcome: 'never' } });
		stage.simulator.outage('generateTask', 'hang:14');
		const executionId = await startAll(stage, 12);
		const { execution, output } = runOf(await stage.api.waitForExecution(executionId));
		expect(execution.status).toBe('success');
		const errors = output.map(({ json }) => json.error as string);
		expect(errors.filter((error) => error.startsWith('It is unclear'))).toHaveLength(PLACES);
		expect(errors.filter((error) => error.startsWith('This item was not'))).toHaveLength(PLACES);

		// Each of them is answered 2 s after the timeout.
		await stage.simulator.until(({ tasks }) => tasks().length === PLACES);
		await expectAllInLog(stage, executionId);
		await delay(3_000);
		expect(stage.submits).toBe(PLACES);
	});

	it.concurrent('the run ends before that timeout, and names every task', async () => {
		const stage = await openStage({ defaults: { outcome: 'never' } });
		stage.simulator.outage('generateTask', 'hang:1.5');
		const executionId = await startAll(stage, 13);
		const execution = await stage.api.waitForExecution(executionId);
		const { output } = runOf(execution);
		expect(execution.status).toBe('success');
		expect(output).toHaveLength(ITEMS.length);
		expect(stage.submits).toBe(PLACES);
		for (const [index, { json }] of output.entries()) {
			const task = stage.simulator.tasks().find(({ prompt }) => prompt === ITEMS[index].prompt);
			expect(json.taskId).toBe(task?.taskId);
			expect(json.error).toContain(task ? `(task ${task.taskId})` : 'This item was not submitted');
		}
		await expectAllInLog(stage, executionId);
	});
});
