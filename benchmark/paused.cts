/** Many paused executions at once: our node beside n8n's HTTP Request + Wait. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
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
import { generate, idleBytes, untilIdle, type Stage } from './stage.cts';

interface Resumed {
	/** From the first callback, or the end of the timers, until the last execution had succeeded. */
	doneAfterSeconds: number;
	/** Executions that did not succeed: n8n ended them as failed, or never resumed them. */
	lost: number;
}

interface CalledBack extends Resumed {
	/** What n8n uses, without garbage, above what it used before they began. */
	megabytes: number;
	/** Of n8n's database, for each. */
	kilobytesEach: number;
}

export const EXECUTIONS = 1_000;
const WARM_UP = 100;
/** How many webhook calls that start one are under way at once. */
const AT_ONCE = 20;
/** In which APIXO calls back for all of them. */
const CALLED_BACK_IN_SECONDS = 10;
/** After the first start; by then the last one is paused, too. */
const TIMERS_END_AFTER_MS = 300_000;
const PAUSED_WITHIN_MS = 900_000;

/** Since the last success, for the others to be lost: APIXO repeats a callback after 30 and 120 s. */
const LOST_AFTER_MS = 180_000;

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
	const submit = submitRequest(simulator, { callbackUrl: '{{ $execution.resumeUrl }}' });
	const theirs = await publish(stage, [submit, wait]);
	const measure = async (published: Published, count = EXECUTIONS) => {
		const idle = await sizesOf(stage);
		const untilDone = await startAll(stage, published, {}, count);
		const paused = await sizesOf(stage);
		const startedAtMs = Date.now();
		const running = simulator.tasks().filter(({ finalAtMs }) => finalAtMs === undefined);
		for (const [index, { taskId }] of running.entries()) {
			simulator.finish(taskId);
			if (index % 10 === 9) await delay((CALLED_BACK_IN_SECONDS * 10_000) / EXECUTIONS);
		}
		return {
			megabytes: (paused.memoryBytes - idle.memoryBytes) / 1e6,
			kilobytesEach: (paused.databaseBytes - idle.databaseBytes) / 1e3 / count,
			...(await untilDone(startedAtMs)),
		};
	};
	// Loads what is used for the first time, in each process.
	for (const published of [ours, theirs]) await measure(published, WARM_UP);
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
		return await untilDone(dueAtMs);
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

type Status = 'waiting' | 'success';

/**
 * Starts all executions and waits until they are paused.
 * @returns what waits until all that will have succeeded
 */
async function startAll({ api }: Stage, { id, path }: Published, body: object, total = EXECUTIONS) {
	const count = async (status: Status) => await api.countExecutions([status], id);
	const before = { waiting: await count('waiting'), success: await count('success') };
	/** A busy n8n may refuse to count them. */
	const sinceBefore = async (status: Status) =>
		(await count(status).catch(() => 0)) - before[status];
	let left = total;
	const startSome = async () => {
		while (left-- > 0) await api.callWebhook(path, { body });
	};
	await Promise.all(Array.from({ length: AT_ONCE }, startSome));
	const arePaused = async () => (await sinceBefore('waiting')) >= total || undefined;
	await eventually('all executions to be paused', arePaused, PAUSED_WITHIN_MS, 500);

	return async (sinceMs: number): Promise<Resumed> => {
		let done = 0;
		let lastAtMs = sinceMs;
		while (done < total && Date.now() - lastAtMs < LOST_AFTER_MS) {
			const now = await sinceBefore('success');
			if (now > done) {
				done = now;
				lastAtMs = Date.now();
			}
			await delay(500);
		}
		return { doneAfterSeconds: (lastAtMs - sinceMs) / 1000, lost: total - done };
	};
}

async function sizesOf(stage: Stage): Promise<{ memoryBytes: number; databaseBytes: number }> {
	const memoryBytes = await idleBytes(stage);
	return { memoryBytes, databaseBytes: await stage.databaseBytes() };
}
