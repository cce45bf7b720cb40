/** Many paused executions at once: our node beside n8n's HTTP Request + Wait until webhook. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { N8n } from '../test/e2e/harness/n8n.cts';
import { noOp, waitNode, webhookTrigger, workflow } from '../test/e2e/harness/workflows.cts';
import { eventually } from '../test/support/eventually.cts';
import { submitRequest } from './loops.cts';
import { inTurns, type Rounds } from './rounds.cts';
import { generate, untilIdle, type Stage } from './stage.cts';

export interface PausedLoad {
	/** Resident memory of n8n above that before they began. */
	megabytes: number;
	/** Of n8n's database, for each. */
	kilobytesEach: number;
	/** From the first callback until the last execution had ended. */
	resumedWithinSeconds: number;
}

export const EXECUTIONS = 1_000;
/** How many webhook calls that start one are under way at once. */
const AT_ONCE = 20;
/** In which APIXO calls back for all of them. */
const CALLED_BACK_IN_SECONDS = 10;
const SETTLED_AFTER_MS = 20_000;
const ALL_WITHIN_MS = 900_000;

/** A model of its own: adaptive polling learns from these tasks, which end when told. */
const MODEL = 'gpt-image-1';

/** The stage's n8n should run few executions at once: N8N_CONCURRENCY_PRODUCTION_LIMIT. */
export async function manyPaused(stage: Stage, rounds: number): Promise<Rounds<PausedLoad>> {
	const { api, simulator, credential } = stage;
	simulator.plan({}, { seconds: 3_600 });
	const publish = async (name: string, nodes: Parameters<typeof workflow>[0]['nodes']) => {
		const path = name.replaceAll(' ', '-');
		const definition = workflow({ name, nodes: [webhookTrigger({ path }), ...nodes, noOp()] });
		const { id } = await api.createWorkflow(definition);
		await api.activate(id);
		return { id, path };
	};
	const parameters = { completion: 'callback', prompt: 'a fox', options: { timeout: 3_600 } };
	const ours = await publish('ours', [generate(credential, parameters, MODEL)]);
	const wait = waitNode({ resume: 'webhook', httpMethod: 'POST', options: {} });
	const submit = submitRequest(simulator, '{{ $execution.resumeUrl }}');
	const theirs = await publish('theirs', [submit, wait]);
	const measure = async ({ id, path }: typeof ours) => {
		await untilIdle(api);
		const idle = sizesOf(stage.n8n);
		const before = await api.countExecutions(['success'], id);
		await inParallel(AT_ONCE, EXECUTIONS, async () => await api.callWebhook(path));
		await untilAre(stage, id, 'waiting', EXECUTIONS);
		await delay(SETTLED_AFTER_MS);
		const paused = sizesOf(stage.n8n);
		const startedAtMs = performance.now();
		const running = simulator.tasks().filter(({ finalAtMs }) => finalAtMs === undefined);
		for (const [index, { taskId }] of running.entries()) {
			simulator.finish(taskId);
			if (index % 10 === 9) await delay((CALLED_BACK_IN_SECONDS * 10_000) / EXECUTIONS);
		}
		await untilAre(stage, id, 'success', before + EXECUTIONS);
		return {
			megabytes: (paused.memoryBytes - idle.memoryBytes) / 1e6,
			kilobytesEach: (paused.databaseBytes - idle.databaseBytes) / 1e3 / EXECUTIONS,
			resumedWithinSeconds: (performance.now() - startedAtMs) / 1000,
		};
	};
	return await inTurns(rounds, {
		'APIXO node': async () => await measure(ours),
		'HTTP Request + Wait': async () => await measure(theirs),
	});
}

function sizesOf(n8n: N8n): { memoryBytes: number; databaseBytes: number } {
	const database = join(n8n.userFolder, '.n8n', 'database.sqlite');
	const sizes = ['', '-wal'].map((ending) => statSync(database + ending).size);
	return {
		memoryBytes: n8n.residentMemoryBytes(),
		databaseBytes: sizes.reduce((sum, size) => sum + size),
	};
}

async function inParallel(places: number, count: number, work: () => Promise<unknown>) {
	let left = count;
	const worker = async () => {
		while (left-- > 0) await work();
	};
	await Promise.all(Array.from({ length: places }, worker));
}

async function untilAre(
	{ api }: Stage,
	workflowId: string,
	status: 'waiting' | 'success',
	count: number,
) {
	await eventually(
		`${count} executions to be ${status}`,
		async () => {
			// A busy n8n may refuse to count them.
			const found = await api.countExecutions([status], workflowId).catch(() => -1);
			return found >= count || undefined;
		},
		ALL_WITHIN_MS,
		500,
	);
}
