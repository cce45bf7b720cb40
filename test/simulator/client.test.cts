import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '../../nodes/shared/api/client.ts';
import type { ApixoClient, GenerateBody } from '../../nodes/shared/api/client.ts';
import { isOutcomeUnknown } from '../../nodes/shared/api/failure.ts';
import type { Timing } from '../../nodes/shared/api/transport.ts';
import { pollingFigures } from '../../nodes/shared/models/pollingFigures.ts';
import type { Task } from '../../nodes/shared/tasks/outcome.ts';
import { GUIDE_BACKOFF_FACTOR } from '../../nodes/shared/tasks/schedule.ts';
import { waitForTask } from '../support/waitForTask.cts';
import { undiciTransport } from '../support/undiciTransport.cts';
import type { UndiciTransport } from '../support/undiciTransport.cts';
import { withSimulator } from './fixture.cts';
import { startSimulator } from './simulator.cts';
import type { Fault, Simulator, SimulatorOptions, TaskPlan } from './simulator.cts';

const MODEL = 'nano-banana';
const BODY: GenerateBody = {
	request_type: 'async',
	input: { mode: 'text-to-image', prompt: 'a red fox' },
};
const MINUTE_MS = 60_000;

/** Real time, `timeScale` times as fast. */
class RealTiming implements Timing {
	private readonly startedAtMs = Date.now();

	/** @param chance what `random` answers; by default delays are as short as they may be */
	constructor(
		private readonly timeScale = 1,
		private readonly chance: () => number = () => 0,
	) {}

	now() {
		return this.startedAtMs + (Date.now() - this.startedAtMs) * this.timeScale;
	}

	random() {
		return this.chance();
	}

	isCancelled() {
		return false;
	}

	async sleep(ms: number, signal?: AbortSignal) {
		await sleep(ms / this.timeScale, undefined, { signal });
	}
}

let simulator: Simulator;
let transport: UndiciTransport;
let timing: RealTiming;
let client: ApixoClient;

beforeAll(async () => {
	simulator = await startSimulator({ timeScale: 1000 });
	transport = undiciTransport(simulator.apiKey);
});
beforeEach(() => {
	simulator.reset();
	timing = new RealTiming();
	client = createClient(transport, simulator.baseUrl, timing);
});
afterAll(async () => {
	await transport.close();
	await simulator.stop();
});

async function withKey<T>(key: string, use: (client: ApixoClient) => Promise<T>): Promise<T> {
	const other = undiciTransport(key);
	try {
		return await use(createClient(other, simulator.baseUrl, timing));
	} finally {
		await other.close();
	}
}

async function submitted(plan: TaskPlan = {}): Promise<string> {
	simulator.plan({}, plan);
	const answer = await client.submit(MODEL, BODY);
	if (!answer.ok) throw new Error(answer.error.message);
	return answer.value.taskId;
}

const poll = async (taskId: string, deadlineMs = timing.now() + MINUTE_MS) =>
	await client.getStatus(MODEL, taskId, deadlineMs);

describe('a submission', () => {
	it('is accepted with its body and key', async () => {
		const taskId = await submitted();
		expect(simulator.task(taskId)).toMatchObject({ model: MODEL, requestBody: BODY });
		expect(simulator.requests()).toMatchObject([
			{
				method: 'POST',
				path: `/api/v1/generateTask/${MODEL}`,
				headers: {
					authorization: `Bearer ${simulator.apiKey}`,
					'content-type': 'application/json',
				},
			},
		]);
	});

	it('keeps what the audio models send beside the id', async () => {
		const answer = await client.submit('minimax-voice', BODY);
		expect(answer).toMatchObject({
			ok: true,
			value: { state: 'processing', submitData: { voice_type: 'preparing' } },
		});
	});

	const accepted = { afterAccept: true };
	it.each<[string, Fault, number]>([
		['dropped after it was accepted', { kind: 'dropAfterAccept' }, 1],
		['dropped before', { kind: 'drop' }, 0],
		['accepted, then HTTP 500', { kind: 'http', status: 500, ...accepted }, 1],
		['accepted, then HTTP 502 in HTML', { kind: 'http', status: 502, body: '<p>', ...accepted }, 1],
		['accepted, then HTTP 504', { kind: 'http', status: 504, ...accepted }, 1],
		['accepted, then code 500 in HTTP 200', { kind: 'code', code: 500, ...accepted }, 1],
		['accepted, then HTML in HTTP 200', { kind: 'garbage', ...accepted }, 1],
		['accepted, then nothing in HTTP 200', { kind: 'http', status: 200, body: '', ...accepted }, 1],
		['accepted, then HTTP 408', { kind: 'http', status: 408, ...accepted }, 1],
		['accepted, then HTTP 524', { kind: 'http', status: 524, ...accepted }, 1],
	])('%s: one request, whose outcome is unknown', async (_, fault, tasks) => {
		simulator.faultNext('generateTask', [fault]);
		const answer = await client.submit(MODEL, BODY);
		expect(answer.ok ? undefined : isOutcomeUnknown(answer.error)).toBe(true);
		expect(simulator.counts().generateTask).toBe(1);
		expect(simulator.tasks()).toHaveLength(tasks);
	});

	it.each<[string, Fault]>([
		['HTTP 503', { kind: 'http', status: 503 }],
		['HTTP 429', { kind: 'http', status: 429 }],
		['code 503 in HTTP 200', { kind: 'code', code: 503 }],
		['code 429 in HTTP 200', { kind: 'code', code: 429 }],
	])('is sent again after %s, and makes one task', async (_, fault) => {
		simulator.faultNext('generateTask', [fault, fault]);
		expect((await client.submit(MODEL, BODY)).ok).toBe(true);
		expect(simulator.counts().generateTask).toBe(3);
		expect(simulator.tasks()).toHaveLength(1);
	});

	it('stops with the first answer that may hide a task', async () => {
		simulator.faultNext('generateTask', [
			{ kind: 'http', status: 503 },
			{ kind: 'dropAfterAccept' },
		]);
		expect((await client.submit(MODEL, BODY)).ok).toBe(false);
		expect(simulator.counts().generateTask).toBe(2);
		expect(simulator.tasks()).toHaveLength(1);
	});

	it.each([
		['seconds', false],
		['a date', true],
	])('waits as long as Retry-After says in %s', async (_, retryAfterDate) => {
		simulator.faultNext('generateTask', [
			{ kind: 'http', status: 429, retryAfterSeconds: 1, retryAfterDate },
		]);
		expect((await client.submit(MODEL, BODY)).ok).toBe(true);
		const [first, second] = simulator.requests();
		expect(second.atMs - first.atMs).toBeGreaterThanOrEqual(990);
		expect(second.atMs - first.atMs).toBeLessThan(5_000);
	});

	it('is given up after two minutes where nobody listens: nothing was sent', async () => {
		const server = createServer().listen(0, '127.0.0.1');
		await new Promise((resolve) => server.once('listening', resolve));
		const { port } = server.address() as AddressInfo;
		await new Promise((resolve) => server.close(resolve));
		const fast = new RealTiming(1_000, Math.random);
		const nowhere = createClient(transport, `http://127.0.0.1:${port}/api/v1`, fast);
		const startedAtMs = fast.now();
		expect(await nowhere.submit(MODEL, BODY)).toEqual({
			ok: false,
			error: {
				kind: 'network',
				neverSent: true,
				message: expect.stringContaining('ECONNREFUSED'),
			},
		});
		expect(fast.now() - startedAtMs).toBeGreaterThanOrEqual(120_000);
	});

	it.each(['402', '400'] as const)(
		'with a low balance, said by %s, makes no task',
		async (guise) => {
			simulator.lowBalanceAs(guise);
			simulator.addKey('poor', { balanceUsd: 0 });
			const answer = await withKey('poor', async (poor) => await poor.submit(MODEL, BODY));
			expect(answer).toMatchObject({ ok: false, error: { kind: 'lowBalance' } });
			expect(simulator.counts().generateTask).toBe(1);
			expect(simulator.tasks()).toEqual([]);
		},
	);

	it.each(['documented', 'missing', 'null', 'detail'] as const)(
		'is refused in the words of APIXO, with %s data',
		async (errorData) => {
			simulator.errorDataAs(errorData);
			const input = { mode: 'text-to-image', prompt: '' };
			const answer = await client.submit(MODEL, { ...BODY, input });
			const saysWhy = errorData === 'documented' || errorData === 'detail';
			expect(answer).toEqual({
				ok: false,
				error: {
					kind: 'invalidRequest',
					status: 400,
					message: saysWhy
						? 'Invalid request: Missing required field: input.prompt'
						: 'Invalid request',
				},
			});
			expect(simulator.counts().generateTask).toBe(1);
		},
	);

	it('with a wrong or forbidden key is refused once', async () => {
		simulator.addKey('forbidden', { forbidden: true });
		const submit = async (other: ApixoClient) => await other.submit(MODEL, BODY);
		expect(await withKey('wrong', submit)).toMatchObject({ error: { kind: 'unauthorized' } });
		expect(await withKey('forbidden', submit)).toMatchObject({ error: { kind: 'forbidden' } });
		expect(simulator.counts().generateTask).toBe(2);
	});

	it('cannot leave its endpoint by the name of the model', async () => {
		const model = 'a/../b?x=1#y z';
		expect(await client.submit(model, BODY)).toMatchObject({ error: { kind: 'notFound' } });
		expect(simulator.requests()).toMatchObject([{ endpoint: 'generateTask', model }]);
	});
});

describe('a poll', () => {
	it('answers what APIXO says of the task', async () => {
		const taskId = await submitted({ seconds: 0 });
		expect(await poll(taskId)).toEqual({
			ok: true,
			value: {
				taskId,
				state: 'success',
				resultJson: JSON.stringify({ resultUrls: simulator.task(taskId).resultUrls }),
				createTime: expect.any(Number),
				completeTime: expect.any(Number),
				costTime: 0,
			},
		});
	});

	it('takes a failed task and a result of any shape as an answer', async () => {
		const failed = await submitted({ seconds: 0, outcome: 'failed', failCode: 'NSFW' });
		expect(await poll(failed)).toMatchObject({ value: { state: 'failed', failCode: 'NSFW' } });
		const resultJson = { tracks: [{ audio_url: 'a' }] };
		const asObject = await submitted({ seconds: 0, resultJson, resultAs: 'object' });
		expect(await poll(asObject)).toMatchObject({ value: { resultJson } });
		const cutOff = await submitted({ seconds: 0, resultAs: 'invalid' });
		expect(await poll(cutOff)).toMatchObject({ value: { resultJson: expect.any(String) } });
	});

	it.each<[string, Fault]>([
		['a dropped connection', { kind: 'drop' }],
		['a connection dropped with the answer', { kind: 'dropAfterAccept' }],
		['HTTP 500', { kind: 'http', status: 500 }],
		['HTTP 502 in HTML', { kind: 'http', status: 502, body: '<h1>Bad gateway</h1>' }],
		['HTTP 503', { kind: 'http', status: 503 }],
		['HTTP 504', { kind: 'http', status: 504 }],
		['HTTP 522', { kind: 'http', status: 522 }],
		['code 500 in HTTP 200', { kind: 'code', code: 500 }],
		['HTML in HTTP 200', { kind: 'garbage' }],
		['nothing in HTTP 200', { kind: 'http', status: 200, body: '' }],
		['{data} without a state', { kind: 'http', status: 200, body: { data: {} } }],
	])('is repeated once after %s', async (_, fault) => {
		const taskId = await submitted({ statusFaults: [fault, { kind: 'ok' }, fault, fault] });
		expect((await poll(taskId)).ok).toBe(true);
		expect((await poll(taskId)).ok).toBe(false);
		expect(simulator.task(taskId).statusCalls).toBe(4);
	});

	it('takes an envelope with data only', async () => {
		const body = { data: { state: 'processing' } };
		const taskId = await submitted({ statusFaults: [{ kind: 'http', status: 200, body }] });
		expect(await poll(taskId)).toEqual({ ok: true, value: { taskId, state: 'processing' } });
	});

	it('waits for a slow body', async () => {
		const taskId = await submitted({ seconds: 0, statusFaults: [{ kind: 'slow', seconds: 0.4 }] });
		expect(await poll(taskId)).toMatchObject({ ok: true, value: { state: 'success' } });
		expect(simulator.task(taskId).statusCalls).toBe(1);
	});

	it('at its deadline is given up after 5 s, without an answer as with one that drips', async () => {
		const silent = await submitted({ statusFaults: [{ kind: 'hang', seconds: 60 }] });
		const dripping = await submitted({ statusFaults: [{ kind: 'slow', seconds: 60 }] });
		const startedAtMs = Date.now();
		const answers = await Promise.all(
			[silent, dripping].map(async (taskId) => await poll(taskId, timing.now())),
		);
		for (const answer of answers) expect(answer).toMatchObject({ error: { kind: 'network' } });
		expect(Date.now() - startedAtMs).toBeGreaterThanOrEqual(4_900);
		expect(simulator.counts().statusTask).toBe(2);
	});

	it('reports how long APIXO wants to be left alone', async () => {
		const taskId = await submitted({
			statusFaults: [{ kind: 'http', status: 429, retryAfterSeconds: 3_600 }],
		});
		expect(await poll(taskId)).toMatchObject({
			error: { kind: 'rateLimited', retryAfterMs: 3_600_000 },
		});
		expect(simulator.task(taskId).statusCalls).toBe(1);
	});

	it('of an unknown task is not repeated', async () => {
		expect(await poll('0123')).toMatchObject({ error: { kind: 'notFound', status: 404 } });
		expect(simulator.counts().statusTask).toBe(1);
	});
});

it('the balance is read, again after transient failures', async () => {
	simulator.faultNext('balance', [{ kind: 'garbage' }, { kind: 'drop' }]);
	expect(await client.getBalance()).toEqual({ ok: true, value: 100 });
	expect(simulator.counts().balance).toBe(3);
});

describe('an API that takes 20 requests a second', () => {
	// Of the client's seconds, which are a tenth of real ones; Retry-After stays in whole seconds.
	const TIME_SCALE = 10;
	it.each(['none', 'seconds'] as const)(
		'accepts all of 500 submissions, with Retry-After in %s',
		async (retryAfter) => {
			const options: SimulatorOptions = {
				timeScale: 60 * TIME_SCALE,
				rateLimit: { requestsPerMinute: 20, retryAfter },
				defaults: { outcome: 'never' },
			};
			await withSimulator(options, async (limited) => {
				const limitedTiming = new RealTiming(TIME_SCALE, Math.random);
				const limitedClient = createClient(transport, limited.baseUrl, limitedTiming);
				const answers = await Promise.all(
					Array.from({ length: 500 }, async () => await limitedClient.submit(MODEL, BODY)),
				);
				expect(answers.filter(({ ok }) => ok)).toHaveLength(500);
				expect(limited.tasks()).toHaveLength(500);
				expect(limited.counts().generateTask).toBeLessThanOrEqual(500 * 1.5);
			});
		},
		60_000,
	);
});

describe('tasks awaited by the default schedule of a fast image', () => {
	const TIME_SCALE = 10;
	const schedule = {
		strategy: 'backoff' as const,
		backoffFactor: GUIDE_BACKOFF_FACTOR,
		...pollingFigures(undefined, 'image'),
	};

	it('three of 20 s are done within 25 s, one of 60 s with 12 polls and at most 5 s late', async () => {
		await withSimulator({ timeScale: TIME_SCALE }, async (scaled) => {
			const scaledTiming = new RealTiming(TIME_SCALE);
			const scaledClient = createClient(transport, scaled.baseUrl, scaledTiming);
			const seconds = [20, 60, 20, 20];
			await Promise.all(
				seconds.map(async (length) => {
					const input = { mode: 'text-to-image', prompt: `fox [[seconds=${length}]]` };
					const answer = await scaledClient.submit(MODEL, { ...BODY, input });
					if (!answer.ok) throw new Error(answer.error.message);
					const { taskId } = answer.value;
					const task: Task = { taskId, model: MODEL, submittedAtMs: scaledTiming.now() };
					const outcome = await waitForTask(scaledClient, task, schedule, scaledTiming);
					expect(outcome.kind).toBe('success');
				}),
			);
			expect(scaled.counts().generateTask).toBe(4);
			const [firstSubmit] = scaled.requests({ endpoint: 'generateTask' });
			for (const task of scaled.tasks()) {
				const lastPoll = scaled.requests({ taskId: task.taskId }).at(-1);
				const seenAtSeconds = (lastPoll?.atSimSeconds ?? NaN) - firstSubmit.atSimSeconds;
				const length = (task.costTimeMs ?? NaN) / 1000;
				expect(seenAtSeconds).toBeLessThanOrEqual(length + 5);
				expect(task.statusCalls).toBeLessThanOrEqual(length === 60 ? 12 : 5);
			}
		});
	});
});
