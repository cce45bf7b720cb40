import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { createClient } from '../../nodes/shared/api/client.ts';
import type { ApixoClient, GenerateBody } from '../../nodes/shared/api/client.ts';
import { isOutcomeUnknown } from '../../nodes/shared/api/failure.ts';
import type { Timing } from '../../nodes/shared/api/transport.ts';
import { pollingFigures } from '../../nodes/shared/models/pollingFigures.ts';
import type { Task } from '../../nodes/shared/tasks/outcome.ts';
import { GUIDE_BACKOFF_FACTOR } from '../../nodes/shared/tasks/schedule.ts';
import { waitForTask } from '../../nodes/shared/tasks/wait.ts';
import { undiciTransport } from '../support/undiciTransport.cts';
import type { UndiciTransport } from '../support/undiciTransport.cts';
import { startSimulator } from './simulator.cts';
import type { Fault, Simulator, TaskPlan } from './simulator.cts';

const MODEL = 'nano-banana';
const BODY: GenerateBody = {
	request_type: 'async',
	input: { mode: 'text-to-image', prompt: 'a red fox' },
};
const MINUTE_MS = 60_000;

/** Real time, `timeScale` times as fast. Backoff waits nothing, `Retry-After` as long as it says. */
class RealTiming implements Timing {
	readonly slept: number[] = [];
	private readonly startedAtMs = Date.now();

	constructor(private readonly timeScale = 1) {}

	now() {
		return this.startedAtMs + (Date.now() - this.startedAtMs) * this.timeScale;
	}

	random() {
		return 0;
	}

	async sleep(ms: number) {
		this.slept.push(ms);
		await new Promise((resolve) => setTimeout(resolve, ms / this.timeScale));
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
	if (!answer.ok) throw new Error(answer.failure.message);
	return answer.data.taskId;
}

const look = async (taskId: string, deadlineMs = timing.now() + MINUTE_MS) =>
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
			data: { state: 'processing', extra: { voice_type: 'preparing' } },
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
		['accepted, then a redirect', { kind: 'http', status: 307, ...accepted }, 1],
	])('%s: one request, and nobody knows', async (_, fault, tasks) => {
		simulator.faultNext('generateTask', [fault]);
		const answer = await client.submit(MODEL, BODY);
		expect(answer.ok ? undefined : isOutcomeUnknown(answer.failure)).toBe(true);
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
		expect(timing.slept).toHaveLength(1);
		expect(timing.slept[0]).toBeLessThanOrEqual(2_000);
	});

	it('is given up where nobody listens, without doubt', async () => {
		const server = createServer().listen(0, '127.0.0.1');
		await new Promise((resolve) => server.once('listening', resolve));
		const { port } = server.address() as AddressInfo;
		await new Promise((resolve) => server.close(resolve));
		const nowhere = createClient(transport, `http://127.0.0.1:${port}/api/v1`, timing);
		expect(await nowhere.submit(MODEL, BODY)).toEqual({
			ok: false,
			failure: {
				kind: 'network',
				neverSent: true,
				message: expect.stringContaining('ECONNREFUSED'),
			},
		});
		expect(timing.slept.length).toBeGreaterThanOrEqual(5);
	});

	it.each(['402', '400'] as const)(
		'with a low balance, said by %s, makes no task',
		async (guise) => {
			simulator.lowBalanceAs(guise);
			simulator.addKey('poor', { balanceUsd: 0 });
			const answer = await withKey('poor', async (poor) => await poor.submit(MODEL, BODY));
			expect(answer).toMatchObject({ ok: false, failure: { kind: 'lowBalance' } });
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
				failure: {
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
		expect(await withKey('wrong', submit)).toMatchObject({ failure: { kind: 'unauthorized' } });
		expect(await withKey('forbidden', submit)).toMatchObject({ failure: { kind: 'forbidden' } });
		expect(simulator.counts().generateTask).toBe(2);
	});

	it('cannot leave its endpoint by the name of the model', async () => {
		const model = 'a/../b?x=1#y z';
		expect(await client.submit(model, BODY)).toMatchObject({ failure: { kind: 'notFound' } });
		expect(simulator.requests()).toMatchObject([{ endpoint: 'generateTask', model }]);
	});
});

describe('a look at a task', () => {
	it('brings what APIXO says of it', async () => {
		const taskId = await submitted({ seconds: 0 });
		expect(await look(taskId)).toEqual({
			ok: true,
			data: {
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
		expect(await look(failed)).toMatchObject({ data: { state: 'failed', failCode: 'NSFW' } });
		const resultJson = { tracks: [{ audio_url: 'a' }] };
		const asObject = await submitted({ seconds: 0, resultJson, resultAs: 'object' });
		expect(await look(asObject)).toMatchObject({ data: { resultJson } });
		const cutOff = await submitted({ seconds: 0, resultAs: 'invalid' });
		expect(await look(cutOff)).toMatchObject({ data: { resultJson: expect.any(String) } });
	});

	it.each<[string, Fault]>([
		['a dropped connection', { kind: 'drop' }],
		['a connection dropped with the answer', { kind: 'dropAfterAccept' }],
		['HTTP 500', { kind: 'http', status: 500 }],
		['HTTP 502 in HTML', { kind: 'http', status: 502, body: '<h1>Bad gateway</h1>' }],
		['HTTP 503', { kind: 'http', status: 503 }],
		['HTTP 504', { kind: 'http', status: 504 }],
		['HTTP 429', { kind: 'http', status: 429 }],
		['code 500 in HTTP 200', { kind: 'code', code: 500 }],
		['HTML in HTTP 200', { kind: 'garbage' }],
		['nothing in HTTP 200', { kind: 'http', status: 200, body: '' }],
		['{data} without a state', { kind: 'http', status: 200, body: { data: {} } }],
	])('is taken again after %s', async (_, fault) => {
		const taskId = await submitted({ statusFaults: [fault, fault] });
		expect((await look(taskId)).ok).toBe(true);
		expect(simulator.task(taskId).statusCalls).toBe(3);
	});

	it('takes an envelope with data only', async () => {
		const body = { data: { state: 'processing' } };
		const taskId = await submitted({ statusFaults: [{ kind: 'http', status: 200, body }] });
		expect(await look(taskId)).toEqual({ ok: true, data: { taskId, state: 'processing' } });
	});

	it('waits for a slow body', async () => {
		const taskId = await submitted({ seconds: 0, statusFaults: [{ kind: 'slow', seconds: 0.4 }] });
		expect(await look(taskId)).toMatchObject({ ok: true, data: { state: 'success' } });
		expect(simulator.task(taskId).statusCalls).toBe(1);
	});

	it('at the limit gives up after 5 s, on no answer as on a body without an end', async () => {
		const silent = await submitted({ statusFaults: [{ kind: 'hang', seconds: 60 }] });
		const endless = await submitted({ statusFaults: [{ kind: 'slow', seconds: 60 }] });
		const startedAtMs = Date.now();
		const answers = await Promise.all(
			[silent, endless].map(async (taskId) => await look(taskId, timing.now())),
		);
		for (const answer of answers) expect(answer).toMatchObject({ failure: { kind: 'network' } });
		expect(Date.now() - startedAtMs).toBeGreaterThanOrEqual(4_900);
		expect(simulator.counts().statusTask).toBe(2);
	}, 20_000);

	it('is taken six times where the API stays down', async () => {
		const taskId = await submitted({ statusFaults: Array(9).fill({ kind: 'http', status: 503 }) });
		expect(await look(taskId)).toMatchObject({ failure: { kind: 'unavailable' } });
		expect(simulator.task(taskId).statusCalls).toBe(6);
	});

	it('does not wait for Retry-After beyond its deadline', async () => {
		const taskId = await submitted({
			statusFaults: [{ kind: 'http', status: 429, retryAfterSeconds: 3_600 }],
		});
		expect((await look(taskId, timing.now() + 300)).ok).toBe(true);
		expect(timing.slept[0]).toBeLessThanOrEqual(300);
		expect(simulator.task(taskId).statusCalls).toBe(2);
	});

	it('of an unknown task or model is taken once', async () => {
		expect(await look('0123')).toMatchObject({ failure: { kind: 'notFound', status: 404 } });
		expect(simulator.counts().statusTask).toBe(1);
	});
});

it('the balance is read, again after a passing fault', async () => {
	simulator.faultNext('balance', [{ kind: 'garbage' }, { kind: 'drop' }]);
	expect(await client.getBalance()).toEqual({ ok: true, data: 100 });
	expect(simulator.counts().balance).toBe(3);
});

describe('tasks awaited by the default schedule of a fast image', () => {
	const TIME_SCALE = 10;
	const schedule = {
		strategy: 'backoff' as const,
		backoffFactor: GUIDE_BACKOFF_FACTOR,
		...pollingFigures(undefined, 'image'),
	};

	it('three of 20 s are done within 25 s, one of 60 s with 12 looks and at most 5 s late', async () => {
		const scaled = await startSimulator({ timeScale: TIME_SCALE });
		const scaledTiming = new RealTiming(TIME_SCALE);
		const scaledClient = createClient(transport, scaled.baseUrl, scaledTiming);
		const seconds = [20, 60, 20, 20];
		try {
			await Promise.all(
				seconds.map(async (length) => {
					const input = { mode: 'text-to-image', prompt: `fox [[seconds=${length}]]` };
					const answer = await scaledClient.submit(MODEL, { ...BODY, input });
					if (!answer.ok) throw new Error(answer.failure.message);
					const { taskId } = answer.data;
					const task: Task = { taskId, model: MODEL, submittedAtMs: scaledTiming.now() };
					const outcome = await waitForTask(scaledClient, task, schedule, scaledTiming);
					expect(outcome.kind).toBe('success');
				}),
			);
			expect(scaled.counts().generateTask).toBe(4);
			const [firstSubmit] = scaled.requests({ endpoint: 'generateTask' });
			for (const task of scaled.tasks()) {
				const lastLook = scaled.requests({ taskId: task.taskId }).at(-1);
				const seenAtSeconds = (lastLook?.atSimSeconds ?? NaN) - firstSubmit.atSimSeconds;
				const length = (task.costTimeMs ?? NaN) / 1000;
				expect(seenAtSeconds).toBeLessThanOrEqual(length + 5);
				expect(task.statusCalls).toBeLessThanOrEqual(length === 60 ? 12 : 5);
			}
		} finally {
			await scaled.stop();
		}
	}, 20_000);
});
