/** Wall time of our node for many items: the longest task, and as little more as possible. */
import { nodeOutput } from '../test/e2e/harness/executions.cts';
import { manualTrigger, workflow } from '../test/e2e/harness/workflows.cts';
import { measured, type Measured } from './rounds.cts';
import { ENDS_WITHIN_MS, foxesOfLengths, generate, TASK_SECONDS, type Stage } from './stage.cts';

interface ItemsTime {
	items: number;
	/** Wall time of the node. */
	seconds: Measured;
	/** The same as a multiple of the time from its start to the end of the last task. */
	timesLongest: Measured;
}

export async function itemsTime(
	stage: Stage,
	rounds: number,
	counts: number[],
): Promise<ItemsTime[]> {
	const times: ItemsTime[] = [];
	for (const items of counts) {
		const runs = [];
		for (let round = 0; round < rounds; round++) runs.push(await timeOf(stage, items, round));
		const seconds = measured(runs.map((run) => run.seconds));
		const timesLongest = measured(runs.map((run) => run.seconds / run.longestSeconds));
		times.push({ items, seconds, timesLongest });
	}
	return times;
}

async function timeOf({ api, simulator, credential }: Stage, items: number, seed: number) {
	const before = simulator.tasks().length;
	const definition = workflow({
		name: `${items} items`,
		nodes: [
			manualTrigger({ items: foxesOfLengths(items, TASK_SECONDS, seed) }),
			generate(credential, { options: { maxConcurrency: 1000 } }),
		],
	});
	const execution = await api.runOnce(definition, { timeoutMs: ENDS_WITHIN_MS });
	if (nodeOutput(execution, 'APIXO').length !== items) throw new Error('Items are missing');
	const [{ startTime, executionTime }] = execution.runData.APIXO;
	const ends = simulator
		.tasks()
		.slice(before)
		.map(({ finalAtMs = NaN }) => finalAtMs);
	return { seconds: executionTime / 1000, longestSeconds: (Math.max(...ends) - startTime) / 1000 };
}
