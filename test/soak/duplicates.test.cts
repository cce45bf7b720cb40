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

/** For each pair of processes: half of them at the same moment, half one after the other. */
const TRIES = 100;

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

/** How many runs each of the tasks started whose callback came twice. */
async function runsForEachTask(processes: [N8n, N8n], atOnce: boolean): Promise<number[]> {
	const { main, proxy } = queueMode;
	const credential = await createCredential(main, simulator);
	const listener = await createListener(main, { credential });
	const url = listener.url.replace(main.url, proxy.url);
	const taskIds: string[] = [];
	// The proxy sends the two callbacks to the two processes in turn.
	proxy.sendTo(...processes);
	for (let run = 0; run < TRIES / 2; run++) {
		const taskId = await finishedTask(simulator, { callbackUrl: signed(url, simulator) });
		taskIds.push(taskId);
		const send = async () => await simulator.sendCallback(taskId);
		const [[first], [second]] = atOnce
			? await Promise.all([send(), send()])
			: [await send(), await runsOf(main, listener).then(send)];
		expect([first.status, second.status]).toEqual([200, 200]);
	}
	const runs = await runsOf(main, listener);
	const delivered = runs.flatMap((run) => nodeOutput(run, 'First Output'));
	return taskIds.map((taskId) => delivered.filter(({ json }) => json.taskId === taskId).length);
}

describe.each(Object.keys(PAIRS))('the same callback to %s', (pair) => {
	it(`starts one run for each of ${TRIES / 2} tasks, when one comes after the other`, async () => {
		const runs = await runsForEachTask(PAIRS[pair](queueMode), false);
		expect(runs).toEqual(runs.map(() => 1));
	});

	it(`starts at least one run, and no more than two, when they come at the same moment`, async () => {
		const runs = await runsForEachTask(PAIRS[pair](queueMode), true);
		const twice = runs.filter((count) => count === 2).length;
		process.stdout.write(`${pair}, at the same moment: ${twice} of ${runs.length} ran twice\n`);
		expect(runs.filter((count) => count < 1 || count > 2)).toEqual([]);
	});
});
