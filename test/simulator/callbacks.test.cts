import { startReceiver } from './apiClient.cts';
import type { ApiClient, Receiver } from './apiClient.cts';
import { useSimulator } from './fixture.cts';
import type { Simulator, TaskPlan } from './simulator.cts';

const TIME_SCALE = 1000;

let simulator: Simulator;
let client: ApiClient;
let receiver: Receiver;

useSimulator(
	{ timeScale: TIME_SCALE, minAcknowledgeMs: 1_000 },
	(fixture) => ({ simulator, client } = fixture),
);
beforeEach(async () => {
	receiver = await startReceiver();
});
afterEach(async () => await receiver.close());

/** Submits a task that calls back, waits until all is over, and answers its id. */
async function calledBack(plan: TaskPlan = {}, callbackUrl = receiver.url): Promise<string> {
	simulator.plan({}, { seconds: 1, ...plan });
	const taskId = await client.taskId({ callbackUrl });
	await simulator.whenIdle();
	return taskId;
}

const attempts = (taskId: string) => simulator.task(taskId).callbackAttempts;
const statuses = (taskId: string) => attempts(taskId).map(({ status }) => status);

it.each(['success', 'failed'] as const)(
	'tells of %s once, in the status envelope',
	async (outcome) => {
		const taskId = await calledBack({ outcome });

		expect(receiver.received).toHaveLength(1);
		const [{ path, headers, body }] = receiver.received;
		expect(path).toBe('/hook?item=1');
		expect(headers['content-type']).toBe('application/json');
		expect(headers).not.toHaveProperty('authorization');
		expect(JSON.parse(body)).toEqual((await client.status(taskId)).envelope);
		expect(JSON.parse(body)).toMatchObject({ code: 200, data: { taskId, state: outcome } });
		expect(attempts(taskId)).toEqual([
			{
				atMs: expect.any(Number),
				atSimSeconds: expect.any(Number),
				tookMs: expect.any(Number),
				url: receiver.url,
				status: 200,
				answer: 'noted',
			},
		]);
	},
);

it('tells nothing when polling was asked for', async () => {
	const input = { mode: 'm', prompt: 'a fox' };
	await client.submit({ body: { request_type: 'async', callback_url: receiver.url, input } });
	await simulator.whenIdle();
	expect(receiver.received).toEqual([]);
});

it('tries again after 30 s, 2 min and 10 min, and then no more', async () => {
	receiver.answers.push(500, 404, 202, 503);
	const taskId = await calledBack();
	expect(statuses(taskId)).toEqual([500, 404, 202, 503]);
	const times = attempts(taskId).map(({ atSimSeconds }) => atSimSeconds);
	[30, 120, 600].forEach((pauseSeconds, index) => {
		const passed = times[index + 1] - times[index];
		expect(passed).toBeGreaterThanOrEqual(pauseSeconds);
		expect(passed).toBeLessThan(pauseSeconds + 0.5 * TIME_SCALE);
	});
	expect(await client.data(taskId)).toMatchObject({ state: 'success' });
});

it('stops trying at the first 200', async () => {
	receiver.answers.push(503, 200);
	expect(statuses(await calledBack())).toEqual([503, 200]);
});

it('takes a redirect for a refusal, and does not follow it', async () => {
	receiver.answers.push(302, 307);
	expect(statuses(await calledBack())).toEqual([302, 307, 200]);
	expect(receiver.received.map(({ path }) => path)).toEqual(Array(3).fill('/hook?item=1'));
});

it('takes silence for a refusal after 30 s, but leaves a real receiver its time', async () => {
	receiver.answers.push('silent');
	const taskId = await calledBack();
	expect(attempts(taskId)).toMatchObject([{ error: 'no answer within 1000 ms' }, { status: 200 }]);
	expect(attempts(taskId)[0]).not.toHaveProperty('status');
	expect(attempts(taskId)[0].tookMs).toBeGreaterThanOrEqual(999);
});

it('finds a receiver that comes up late', async () => {
	await receiver.close();
	simulator.plan({}, { seconds: 1 });
	const taskId = await client.taskId({ callbackUrl: receiver.url });
	await simulator.until(() => attempts(taskId).length > 0);
	expect(attempts(taskId)[0].error).toContain('ECONNREFUSED');
	receiver = await startReceiver();
	expect(await simulator.sendCallback(taskId, { url: receiver.url })).toMatchObject([
		{ status: 200, byHand: true },
	]);
});

describe('as planned', () => {
	it('copies come one after the other', async () => {
		await receiver.close();
		receiver = await startReceiver(20);
		expect(statuses(await calledBack({ callback: { times: 3 } }))).toEqual([200, 200, 200]);
		expect(receiver.mostAtOnce()).toBe(1);
	});

	it('copies come at once', async () => {
		await receiver.close();
		receiver = await startReceiver(20);
		expect(statuses(await calledBack({ callback: { times: 20, atOnce: true } }))).toHaveLength(20);
		expect(receiver.mostAtOnce()).toBe(20);
	});

	it('none comes', async () => {
		expect(statuses(await calledBack({ callback: { never: true } }))).toEqual([]);
		expect(receiver.received).toEqual([]);
	});

	it('it comes late', async () => {
		const taskId = await calledBack({ callback: { delaySeconds: 100 } });
		const passedMs = attempts(taskId)[0].atMs - simulator.task(taskId).finalAtMs!;
		expect(passedMs).toBeGreaterThanOrEqual(99);
	});

	it('it has another body', async () => {
		await calledBack({ callback: { body: 'no JSON' } });
		await calledBack({ callback: { body: { code: 200, data: {} } } });
		expect(receiver.received.map(({ body }) => body)).toEqual([
			'no JSON',
			'{"code":200,"data":{}}',
		]);
	});
});

describe('by hand', () => {
	it('sends what, where and how often a test likes, without retries', async () => {
		const taskId = await calledBack({}, 'http://127.0.0.1:9/');
		receiver.answers.push(500);
		const results = await simulator.sendCallback(taskId, {
			url: receiver.url,
			times: 2,
			body: { forged: true },
			headers: { 'x-test': 'yes' },
		});
		expect(results.map(({ status }) => status)).toEqual([500, 200]);
		expect(receiver.received).toMatchObject(
			Array(2).fill({ body: '{"forged":true}', headers: { 'x-test': 'yes' } }),
		);
		expect(attempts(taskId).slice(-2)).toEqual(results);
	});

	it('sends the present state of a task that runs', async () => {
		simulator.plan({}, { outcome: 'never', states: ['processing'] });
		const taskId = await client.taskId({ callbackUrl: receiver.url });
		await simulator.sendCallback(taskId);
		expect(JSON.parse(receiver.received[0].body)).toMatchObject({ data: { state: 'processing' } });
	});

	it('says when there is nowhere to send to', async () => {
		const taskId = await client.taskId();
		await expect(simulator.sendCallback(taskId)).rejects.toThrow('no callback URL');
		await expect(simulator.sendCallback('0123')).rejects.toThrow('no task 0123');
	});

	it('ends a task, and its callback follows', async () => {
		simulator.plan({}, { outcome: 'never' });
		const taskId = await client.taskId({ callbackUrl: receiver.url });
		simulator.finish(taskId, 'failed');
		await simulator.whenIdle();
		expect(JSON.parse(receiver.received[0].body)).toMatchObject({ data: { state: 'failed' } });
	});
});

it('forgets what is under way on reset', async () => {
	receiver.answers.push(500, 500);
	simulator.plan({}, { seconds: 0 });
	await client.taskId({ callbackUrl: receiver.url });
	await simulator.until(() => receiver.received.length === 1);
	simulator.reset();
	// By the retry for a later task, the one for the forgotten task would have come.
	await calledBack({}, `${receiver.url}&later`);
	expect(receiver.received.map(({ path }) => path)).toEqual([
		'/hook?item=1',
		'/hook?item=1&later',
		'/hook?item=1&later',
	]);
});
