import { nodeOutput } from '../e2e/harness/executions.cts';
import type { N8n } from '../e2e/harness/n8n.cts';
import { type QueueMode, startQueueMode } from '../e2e/harness/queueMode.cts';
import {
	createCredential,
	createListener,
	finishedTask,
	runsOf,
	signed,
} from '../e2e/trigger/fixture.cts';
import { type Simulator, startSimulator } from '../simulator/simulator.cts';

/** For each pair of processes: callbacks of half as many tasks at the same moment, and one after the other. */
const TRIES = 100;
const AT_ONCE = 20;

jest.setTimeout(1_800_000);

let queueMode: QueueMode;
let simulator: Simulator;

beforeAll(async () => {
	[queueMode, simulator] = await Promise.all([
		startQueueMode({ workers: 2, webhookProcesses: 2 }),
		startSimulator(),
	]);
});
afterAll(async () => {
	await queueMode?.dispose();
	await simulator?.stop();
});

const PAIRS: Record<string, (mode: QueueMode) => [N8n, N8n]> = {
	'main and a webhook process': ({ main, webhookProcesses }) => [main, webhookProcesses[0]],
	'two webhook processes': ({ webhookProcesses: [first, second] }) => [first, second],
};

interface Listening {
	/** Sends the callback of a task once; the proxy chooses the process. */
	send(taskId: string): Promise<void>;
	newTask(): Promise<string>;
	/** How many runs each of the tasks has started, once all are over. */
	runsFor(taskIds: string[]): Promise<number[]>;
}

async function listen(): Promise<Listening> {
	const { main, proxy } = queueMode;
	const credential = await createCredential(main, simulator);
	const listener = await createListener(main, { credential });
	const url = listener.url.replace(main.url, proxy.url);
	return {
		// A signed URL is that of one task.
		newTask: async () => await finishedTask(simulator, { callbackUrl: signed(url, simulator) }),
		send: async (taskId) => {
			const [{ status }] = await simulator.sendCallback(taskId);
			expect(status).toBe(200);
		},
		runsFor: async (taskIds) => {
			const runs = await runsOf(main, listener);
			const delivered = runs.flatMap((run) => nodeOutput(run, 'First Output'));
			return taskIds.map((id) => delivered.filter(({ json }) => json.taskId === id).length);
		},
	};
}

const print = (what: string, runs: number[]) => {
	const twice = runs.filter((count) => count === 2).length;
	process.stdout.write(`${what}: ${twice} of ${runs.length} ran twice\n`);
};

describe.each(Object.keys(PAIRS))('the same callback to %s', (pair) => {
	/** How many runs each task starts whose callback is sent twice; the proxy takes turns. */
	async function runsOfEach(
		sendTwice: (listening: Listening, taskId: string) => Promise<unknown>,
	): Promise<number[]> {
		const listening = await listen();
		queueMode.proxy.sendTo(...PAIRS[pair](queueMode));
		const taskIds: string[] = [];
		for (let run = 0; run < TRIES / 2; run++) {
			const taskId = await listening.newTask();
			taskIds.push(taskId);
			await sendTwice(listening, taskId);
		}
		return await listening.runsFor(taskIds);
	}

	it(`starts one run for each of ${TRIES / 2} tasks, when one comes after the other`, async () => {
		const runs = await runsOfEach(async ({ send, runsFor }, taskId) => {
			await send(taskId);
			await runsFor([taskId]);
			await send(taskId);
		});
		expect(runs).toEqual(runs.map(() => 1));
	});

	it(`starts at least one run, and no more than two, when they come at the same moment`, async () => {
		const runs = await runsOfEach(
			async ({ send }, taskId) => await Promise.all([send(taskId), send(taskId)]),
		);
		print(`${pair}, at the same moment`, runs);
		expect(runs.filter((count) => count < 1 || count > 2)).toEqual([]);
	});

	it(`starts a run for each of ${AT_ONCE} simultaneous callbacks, and for few of them a second one when they are repeated to the other process`, async () => {
		const { newTask, send, runsFor } = await listen();
		const [first, second] = PAIRS[pair](queueMode);
		const taskIds: string[] = [];
		for (let round = 0; round < TRIES / AT_ONCE; round++) {
			const together = await Promise.all(Array.from({ length: AT_ONCE }, newTask));
			taskIds.push(...together);
			queueMode.proxy.sendTo(first);
			await Promise.all(together.map(send));
			await runsFor(together);
			queueMode.proxy.sendTo(second);
			for (const taskId of together) await send(taskId);
		}
		const runs = await runsFor(taskIds);
		print(`${pair}, ${AT_ONCE} at once to the first, and later to the second`, runs);
		expect(runs.filter((count) => count < 1 || count > 2)).toEqual([]);
		expect(runs.filter((count) => count === 2).length).toBeLessThan(TRIES / 10);
	});
});
