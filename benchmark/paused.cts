/** Many paused executions at once: our node beside n8n's HTTP Request + Wait. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { ExecutionStatus } from 'n8n-workflow';
import {
	noOp,
	waitNode,
	webhookTrigger,
	workflow,
	type TestNode,
} from '../test/e2e/harness/workflows.cts';
import { eventually } from '../test/support/eventually.cts';
import { statusRequest, submitRequest } from './loops.cts';
import { inTurns, type Rounds } from './rounds.cts';
import { generate, idleMemoryBytes, untilIdle, type Stage } from './stage.cts';

interface Resumed {
	/** From the first callback, or the end of the timers, until the last execution had ended. */
	doneAfterSeconds: number;
	/** Executions that n8n did not resume, but ended as failed. */
	failed: number;
}

interface CalledBack extends Resumed {
	/** Resident memory of n8n above that before they began. */
	megabytes: number;
	/** Of n8n's database, for each. */
	kilobytesEach: number;
}

export const EXECUTIONS = 1_000;
/** How many webhook calls that start one are under way at once. */
const AT_ONCE = 20;
/** In which APIXO calls back for all of them. */
const CALLED_BACK_IN_SECONDS = 10;
/** After the first start; by then the last one is paused, too. */
const TIMERS_END_AFTER_MS = 300_000;
const ALL_WITHIN_MS = 900_000;

const FAILED: ExecutionStatus[] = ['error', 'crashed'];
const ENDED: ExecutionStatus[] = ['success', ...FAILED];

const NAMES = { ours: 'APIXO node', theirs: 'HTTP Request + Wait' };

/** Adaptive polling learns from these tasks, which end when they are told to: not of `nano-banana`. */
const MODEL = 'gpt-image-1';

/** The stage's n8n should run few executions at once: N8N_CONCURRENCY_PRODUCTION_LIMIT. */
export async function pausedUntilCallback(
	stage: Stage,
	rounds: number,
): Promise<Rounds<CalledBack>> {
	const { simulator, credential } = stage;
	simulator.plan({}, { seconds: 3_600 });
	const parameters = { completion: 'callback', prompt: 'a fox', options: { timeout: 3_600 } };
	const ours = await publish(stage, [generate(credential, parameters, MODEL)]);
	const wait = waitNode({ resume: 'webhook', httpMethod: 'POST', options: {} });
	const submit = submitRequest(simulator, '{{ $execution.resumeUrl }}');
	const theirs = await publish(stage, [submit, wait]);
	const measure = async (published: Published) => {
		const idle = await sizesOf(stage);
		const untilDone = await startAll(stage, published, {});
		const paused = await sizesOf(stage);
		const startedAtMs = performance.now();
		const running = simulator.tasks().filter(({ finalAtMs }) => finalAtMs === undefined);
		for (const [index, { taskId }] of running.entries()) {
			simulator.finish(taskId);
			if (index % 10 === 9) await delay((CALLED_BACK_IN_SECONDS * 10_000) / EXECUTIONS);
		}
		const failed = await untilDone();
		return {
			megabytes: (paused.memoryBytes - idle.memoryBytes) / 1e6,
			kilobytesEach: (paused.databaseBytes - idle.databaseBytes) / 1e3 / EXECUTIONS,
			doneAfterSeconds: (performance.now() - startedAtMs) / 1000,
			failed,
		};
	};
	return await inTurns(rounds, {
		[NAMES.ours]: async () => await measure(ours),
		[NAMES.theirs]: async () => await measure(theirs),
	});
}

/** All timers end at the same moment, and no callback comes. */
export async function pausedUntilTimer(stage: Stage, rounds: number): Promise<Rounds<Resumed>> {
	const { simulator, credential } = stage;
	simulator.plan({}, { seconds: 1, callback: { never: true } });
	const initialWait = '={{ (new Date($json.body.dueAt) - Date.now()) / 1000 }}';
	const options = { timeout: 3_600, initialWait };
	const parameters = { completion: 'callback', prompt: 'a fox', options };
	const ours = await publish(stage, [generate(credential, parameters, MODEL)]);
	const dateTime = "={{ $('Webhook').item.json.body.dueAt }}";
	const theirs = await publish(stage, [
		submitRequest(simulator),
		waitNode({ resume: 'specificTime', dateTime }),
		statusRequest(simulator),
	]);
	const measure = async (published: Published) => {
		await untilIdle(stage.api);
		const dueAtMs = Date.now() + TIMERS_END_AFTER_MS;
		const dueAt = new Date(dueAtMs).toISOString();
		const untilDone = await startAll(stage, published, { dueAt });
		const failed = await untilDone();
		return { doneAfterSeconds: (Date.now() - dueAtMs) / 1000, failed };
	};
	return await inTurns(rounds, {
		[NAMES.ours]: async () => await measure(ours),
		[NAMES.theirs]: async () => await measure(theirs),
	});
}

/** A workflow that a webhook starts. */
interface Published {
	id: string;
	path: string;
}

async function publish({ api }: Stage, nodes: TestNode[]): Promise<Published> {
	const path = randomUUID();
	const trigger = webhookTrigger({ path });
	const { id } = await api.createWorkflow(
		workflow({ name: path, nodes: [trigger, ...nodes, noOp()] }),
	);
	await api.activate(id);
	return { id, path };
}

/**
 * Starts all executions and waits until they are paused.
 * @returns what waits until all of them have ended, and says how many failed
 */
async function startAll({ api }: Stage, { id, path }: Published, body: object) {
	const count = async (statuses: ExecutionStatus[]) => await api.countExecutions(statuses, id);
	const before = { ended: await count(ENDED), failed: await count(FAILED) };
	let left = EXECUTIONS;
	const startSome = async () => {
		while (left-- > 0) await api.callWebhook(path, { body });
	};
	await Promise.all(Array.from({ length: AT_ONCE }, startSome));
	const until = async (statuses: ExecutionStatus[], expected: number) => {
		const isReached = async () => {
			// A busy n8n may refuse to count them.
			const found = await count(statuses).catch(() => -1);
			return found >= expected || undefined;
		};
		await eventually(`${expected} executions to be ${statuses}`, isReached, ALL_WITHIN_MS, 500);
	};
	await until(['waiting'], EXECUTIONS);
	return async () => {
		await until(ENDED, before.ended + EXECUTIONS);
		return (await count(FAILED)) - before.failed;
	};
}

async function sizesOf(stage: Stage): Promise<{ memoryBytes: number; databaseBytes: number }> {
	const memoryBytes = await idleMemoryBytes(stage);
	return { memoryBytes, databaseBytes: await stage.databaseBytes() };
}
