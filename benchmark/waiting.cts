/** What n8n's main process needs while a hundred tasks are waited for, above what it needs idle. */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { manualTrigger, workflow } from '../test/e2e/harness/workflows.cts';
import type { N8n } from '../test/e2e/harness/n8n.cts';
import { inTurns, type Rounds } from './rounds.cts';
import {
	ENDS_WITHIN_MS,
	foxes,
	foxesOfLengths,
	generate,
	untilIdle,
	untilWaiting,
	usedBytes,
	type Stage,
} from './stage.cts';

interface Load {
	/** CPU time as a share of one core. */
	corePercent: number;
	/** That n8n uses, without garbage, when all are submitted. */
	megabytes: number;
	/** Status requests that it has sent. */
	pollsASecond: number;
}

const TASKS = 100;
/** A model whose tasks usually take 40 to 70 s. */
const MODEL = 'gpt-image-1';
const MODEL_SECONDS = 55;
/**
 * Of another model, so that adaptive polling does not learn its tasks' lengths for the polled ones;
 * n8n's timer does not end the pause while it is watched.
 */
const PAUSED = { model: 'gpt-image-2', options: { initialWait: 300 } };
/** Longer than any of the paused tasks is watched. */
const PAUSED_SECONDS = 90;
/** From when all are submitted: most of the polled tasks end within it. */
const WATCHED_SECONDS = 60;
/** Linux counts CPU time in hundredths of a second. */
const TICKS_PER_SECOND = 100;

export async function waitingTasks(stage: Stage, rounds: number): Promise<Rounds<Load>> {
	const { n8n, api, simulator, credential } = stage;
	simulator.plan({ model: PAUSED.model }, { seconds: PAUSED_SECONDS });
	const start = async (
		completion: string,
		items: Array<{ prompt: string }>,
		{ model = MODEL, options = {} } = {},
	) => {
		const before = simulator.tasks().length;
		const definition = workflow({
			name: `${TASKS} tasks, ${completion}`,
			nodes: [manualTrigger({ items }), generate(credential, { completion, options }, model)],
		});
		const { id } = await api.createWorkflow(definition);
		const executionId = await api.runManually(id);
		await simulator.until(() => simulator.tasks().length === before + TASKS, ENDS_WITHIN_MS);
		return executionId;
	};
	const watch = async () => {
		const megabytes = (await usedBytes(stage)) / 1e6;
		return { megabytes, ...(await loadOf(n8n, () => simulator.counts().statusTask)) };
	};
	// Loads what such a run needs.
	const polled = foxesOfLengths(TASKS, MODEL_SECONDS, 1);
	await api.waitForExecution(await start('poll', polled), { timeoutMs: ENDS_WITHIN_MS });
	return await inTurns(rounds, {
		Idle: async () => {
			await untilIdle(api);
			return await watch();
		},
		Polled: async () => {
			const executionId = await start('poll', polled);
			const load = await watch();
			if (load.pollsASecond * WATCHED_SECONDS < TASKS) throw new Error('Hardly polled');
			await api.waitForExecution(executionId, { timeoutMs: ENDS_WITHIN_MS });
			return load;
		},
		Paused: async () => {
			const executionId = await start('callback', foxes(TASKS), PAUSED);
			await untilWaiting(api, executionId);
			const load = await watch();
			await api.waitForExecution(executionId, { timeoutMs: ENDS_WITHIN_MS });
			return load;
		},
	});
}

async function loadOf(n8n: N8n, polls: () => number): Promise<Omit<Load, 'megabytes'>> {
	const before = { cpuSeconds: cpuSeconds(n8n.pid), polls: polls() };
	await delay(WATCHED_SECONDS * 1000);
	return {
		corePercent: (100 * (cpuSeconds(n8n.pid) - before.cpuSeconds)) / WATCHED_SECONDS,
		pollsASecond: (polls() - before.polls) / WATCHED_SECONDS,
	};
}

/** In user and kernel mode, since the process began. */
function cpuSeconds(pid: number): number {
	const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
	const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
	return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
