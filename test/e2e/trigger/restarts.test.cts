import { fetch } from 'undici';
import { type Simulator, startSimulator } from '../../simulator/simulator.cts';
import { nodeOutput } from '../harness/executions.cts';
import { type N8n, startN8n } from '../harness/n8n.cts';
import { type CredentialReference } from '../harness/workflows.cts';
import {
	createCredential,
	createListener,
	finishedTask,
	runsOf,
	signed,
	submitTask,
	wait,
} from './fixture.cts';

let n8n: N8n;
let simulator: Simulator;
let credential: CredentialReference;

beforeAll(async () => {
	// APIXO tries again after 30 s, 2 min and 10 min: here after 7.5 s, 30 s and 150 s.
	simulator = await startSimulator({ timeScale: 4, minAcknowledgeMs: 30_000 });
	n8n = await startN8n({ withPackage: true });
	await n8n.api.setupOwner();
	credential = await createCredential(n8n, simulator);
});

afterAll(async () => {
	await n8n?.dispose();
	await simulator?.stop();
});

it.each([
	['it is stopped', async () => await n8n.stop()],
	['it is killed', async () => await n8n.kill()],
])(
	'a task that has started a run starts none when it is delivered again after %s and started',
	async (_how, end) => {
		const listener = await createListener(n8n, { credential });
		const taskIds: string[] = [];
		for (let count = 0; count < 5; count++) {
			const callbackUrl = signed(listener.url, simulator);
			taskIds.push(await finishedTask(simulator, { callbackUrl }));
		}
		const deliverAll = async () => {
			const deliver = async (taskId: string) => await simulator.sendCallback(taskId);
			return (await Promise.all(taskIds.map(deliver))).flat().map(({ status }) => status);
		};
		expect(await deliverAll()).toEqual(Array(5).fill(200));
		expect(await runsOf(n8n, listener)).toHaveLength(5);

		await end();
		await n8n.start();
		await n8n.api.login();

		expect(await deliverAll()).toEqual(Array(5).fill(200));
		expect(await runsOf(n8n, listener)).toHaveLength(5);
		const executions = await n8n.api.listExecutions(listener.workflowId);
		for (const { id } of executions) {
			const execution = await n8n.api.getExecution(id);
			expect(execution.status).toBe('success');
		}
	},
	120_000,
);

it('a signed URL starts nothing for another task after a restart, and goes on serving its own', async () => {
	const listener = await createListener(n8n, { credential });
	const url = signed(listener.url, simulator);
	const deliver = async (taskId: string, state: string) => {
		const { status } = await fetch(url, {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify({ data: { taskId, state } }),
		});
		return status;
	};
	expect(await deliver('a', 'success')).toBe(200);
	expect(await runsOf(n8n, listener)).toHaveLength(1);
	await n8n.stop();
	await n8n.start();
	await n8n.api.login();

	for (const state of ['success', 'failed']) expect(await deliver('b', state)).toBe(200);
	expect(await runsOf(n8n, listener)).toHaveLength(1);
});

it('a run that was under way when n8n was killed runs to its end when a person retries it', async () => {
	const listener = await createListener(n8n, { credential, firstOutput: wait({ seconds: 20 }) });
	const taskId = await finishedTask(simulator, { callbackUrl: signed(listener.url, simulator) });
	await simulator.sendCallback(taskId);
	const { workflowId } = listener;
	const { id } = await n8n.api.waitForExecution({ workflowId }, { status: 'running' });
	await n8n.kill();
	await n8n.start();
	await n8n.api.login();
	await n8n.api.waitForExecution(id, { status: 'crashed' });

	await n8n.api.call('POST', `/rest/executions/${id}/retry`, { loadWorkflow: false });
	const retried = await n8n.api.waitForExecution({ workflowId }, { status: 'success' });
	expect(retried.mode).toBe('retry');
	const [item] = nodeOutput(retried, 'First Output');
	expect(item.json).toMatchObject({ taskId, state: 'success' });
	expect(item.json).not.toHaveProperty('nonce');
});

it('a task that finishes while n8n is down starts one run when APIXO tries again', async () => {
	const listener = await createListener(n8n, { credential });
	await n8n.stop();
	const taskId = await submitTask(simulator, { callbackUrl: signed(listener.url, simulator) });
	await simulator.until((sim) => sim.task(taskId).callbackAttempts.length === 1);
	expect(simulator.task(taskId).callbackAttempts[0].error).toMatch(/ECONNREFUSED/);

	await n8n.start();
	await n8n.api.login();
	const isTaken = (sim: Simulator) => sim.task(taskId).callbackAttempts.at(-1)?.status === 200;
	await simulator.until(isTaken, 180_000);
	const runs = await runsOf(n8n, listener);
	expect(runs).toHaveLength(1);
	expect(nodeOutput(runs[0], 'APIXO Trigger')[0].json).toMatchObject({ taskId, state: 'success' });
}, 240_000);
