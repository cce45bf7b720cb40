import { setTimeout as delay } from 'node:timers/promises';
import { type Simulator, startSimulator } from '../simulator/simulator.cts';
import { type Execution, isFinished, nodeOutput } from '../e2e/harness/executions.cts';
import { type N8n, startN8n } from '../e2e/harness/n8n.cts';
import {
	type Listener,
	createCredential,
	createListener,
	finishedTask,
	signed,
	wait,
} from '../e2e/trigger/fixture.cts';
import { eventually } from '../support/eventually.cts';

const KILLS = 20;
const TASKS = 5;
/** A run takes longer than until n8n is killed, or not: so that both are met. */
const RUN_SECONDS = 1;
/** From the first delivery that was answered on. */
const KILLED_WITHIN_MS = 1_500;

jest.setTimeout(KILLS * 120_000);

let n8n: N8n;
let simulator: Simulator;

beforeAll(async () => {
	[n8n, simulator] = await Promise.all([startN8n({ withPackage: true }), startSimulator()]);
	await n8n.api.setupOwner();
});
afterAll(async () => {
	await n8n?.dispose();
	await simulator?.stop();
});

/** All executions, once n8n has put those of the crash in order. */
async function executionsOf({ workflowId }: Listener): Promise<Execution[]> {
	return await eventually(`the executions of ${workflowId} to end`, async () => {
		const listed = await n8n.api.listExecutions(workflowId);
		const executions = await Promise.all(listed.map(({ id }) => n8n.api.getExecution(id)));
		return executions.every(isFinished) ? executions : undefined;
	});
}

/** The tasks whose workflow ran to its end. */
const doneBy = (executions: Execution[]) =>
	new Set(
		executions
			.filter(({ status }) => status === 'success')
			.flatMap((execution) => nodeOutput(execution, 'First Output'))
			.map(({ json }) => json.taskId),
	);

it(`each delivery that was acknowledged ends, by a Retry or a further delivery, after ${KILLS} kills`, async () => {
	const credential = await createCredential(n8n, simulator);
	const found = { acknowledged: 0, retried: 0, deliveredAgain: 0 };
	for (let kill = 0; kill < KILLS; kill++) {
		const firstOutput = wait({ seconds: RUN_SECONDS });
		const listener = await createListener(n8n, { credential, firstOutput });
		const taskIds: string[] = [];
		for (let task = 0; task < TASKS; task++) {
			const callbackUrl = signed(listener.url, simulator);
			taskIds.push(await finishedTask(simulator, { callbackUrl }));
		}
		const deliveries = taskIds.map(async (taskId) => await simulator.sendCallback(taskId));
		await Promise.race(deliveries);
		await delay(Math.random() * KILLED_WITHIN_MS);
		await n8n.kill();
		const answers = await Promise.all(deliveries);
		const acknowledged = taskIds.filter((_, index) => answers[index][0].status === 200);
		await n8n.start();
		await n8n.api.login();

		for (const { id, status } of await executionsOf(listener)) {
			if (status !== 'crashed') continue;
			found.retried++;
			// One that n8n knows nothing of but its number cannot be retried.
			await n8n.api
				.call('POST', `/rest/executions/${id}/retry`, { loadWorkflow: false })
				.catch(() => {});
		}
		const done = doneBy(await executionsOf(listener));
		for (const taskId of acknowledged.filter((id) => !done.has(id))) {
			found.deliveredAgain++;
			await simulator.sendCallback(taskId);
		}
		found.acknowledged += acknowledged.length;
		const ended = doneBy(await executionsOf(listener));
		expect(acknowledged.filter((taskId) => !ended.has(taskId))).toEqual([]);
	}
	process.stdout.write(`${JSON.stringify(found)}\n`);
	expect(found.acknowledged).toBeGreaterThanOrEqual(KILLS);
	expect(found.retried).toBeGreaterThan(0);
});
