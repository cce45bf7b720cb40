import { request } from 'undici';
import { apiClient } from './apiClient.cts';
import type { ApiClient } from './apiClient.cts';
import { useSimulator } from './fixture.cts';
import type { Fault, FaultWords, Simulator } from './simulator.cts';

let simulator: Simulator;
let client: ApiClient;
useSimulator({ timeScale: 1000 }, (fixture) => ({ simulator, client } = fixture));

/** What a status request comes to: its HTTP status and content type, or that it broke. */
async function statusSeen(taskId: string): Promise<string> {
	return await client.status(taskId).then(
		({ status, headers }) => `${status} ${headers['content-type']}`,
		() => 'broken',
	);
}

describe('an outage', () => {
	it.each<[Fault | FaultWords, string]>([
		['http:503', '503 application/json; charset=utf-8'],
		['http:522', '522 application/json; charset=utf-8'],
		['garbage:502', '502 text/html; charset=utf-8'],
		['drop', 'broken'],
		[{ kind: 'http', status: 530, body: 'error code: 1033' }, '530 text/html'],
	])('of %j meets every request, until it is ended', async (fault, seen) => {
		const taskId = await client.taskId();
		simulator.outage('statusTask', fault);
		for (let request = 1; request <= 3; request += 1) expect(await statusSeen(taskId)).toBe(seen);
		expect(await client.balance()).toMatchObject({ status: 200 });
		simulator.endOutage();
		expect(await client.status(taskId)).toMatchObject({ status: 200 });
		expect(simulator.task(taskId).statusCalls).toBe(1);
	});

	it('lasts so many real seconds', async () => {
		const startedAtMs = performance.now();
		simulator.outage('balance', 'http:503', 0.2);
		while ((await client.balance()).status === 503);
		expect(performance.now() - startedAtMs).toBeGreaterThan(190);
	});

	it('comes before the faults of a queue and of plans, and leaves them for later', async () => {
		simulator.plan({}, { statusFaults: [{ kind: 'http', status: 500 }] });
		const taskId = await client.taskId();
		simulator.faultNext('statusTask', [{ kind: 'http', status: 429 }]);
		simulator.outage('statusTask', 'http:522');
		const seen = [(await client.status(taskId)).status];
		simulator.endOutage('statusTask');
		for (let request = 1; request <= 3; request += 1) {
			seen.push((await client.status(taskId)).status);
		}
		expect(seen).toEqual([522, 429, 500, 200]);
	});

	it('of silence keeps every connection open, and closes them at its end', async () => {
		const taskId = await client.taskId();
		simulator.outage('statusTask', 'silence');
		const requests = [statusSeen(taskId), statusSeen(taskId)];
		await simulator.until((sim) => sim.counts().statusTask === 2);
		const first = await Promise.race([...requests, client.balance().then(() => 'none yet')]);
		expect(first).toBe('none yet');
		simulator.endOutage();
		expect(await Promise.all(requests)).toEqual(['broken', 'broken']);
		const [{ fault, status, clientLeftAtMs }] = simulator.requests({ endpoint: 'statusTask' });
		expect([fault, status, clientLeftAtMs]).toEqual(['silence', undefined, undefined]);
	});

	it('gives way to a newer one, and to a reset', async () => {
		simulator.outage('balance', 'http:503', 0.05);
		simulator.outage('balance', 'http:522', 60);
		expect((await client.balance()).status).toBe(522);
		simulator.reset();
		expect((await client.balance()).status).toBe(200);
	});

	it('that holds answers back makes every submission slow, and loses no task', async () => {
		simulator.outage('generateTask', 'hang:0.2');
		const startedAtMs = performance.now();
		const prompts = ['a fox', 'a cat', 'a fox'];
		const submits = prompts.map(async (prompt) => await client.taskId({ input: { prompt } }));
		await simulator.until((sim) => sim.tasks().length === 3);
		expect(performance.now() - startedAtMs).toBeLessThan(190);
		const taskIds = await Promise.all(submits);
		expect(performance.now() - startedAtMs).toBeGreaterThan(190);
		expect(taskIds.sort()).toEqual(
			simulator
				.tasks()
				.map(({ taskId }) => taskId)
				.sort(),
		);
	});

	it('that is none is refused', () => {
		expect(() => simulator.outage('statusTask', 'hang')).toThrow(/seconds/);
		expect(() => simulator.outage('statusTask', 'holiday' as FaultWords)).toThrow(/kind/);
	});
});

describe('silence', () => {
	it.each([
		[false, 0],
		[true, 1],
	])('with afterAccept %s leaves %i tasks', async (afterAccept, tasks) => {
		simulator.faultNext('generateTask', [{ kind: 'silence', afterAccept }]);
		const submit = client.submit().catch(() => 'broken');
		await simulator.until((sim) => sim.requests()[0]?.fault === 'silence');
		expect(simulator.tasks()).toHaveLength(tasks);
		simulator.reset();
		expect(await submit).toBe('broken');
	});
});

describe('a body that drips', () => {
	it('comes a byte at a time, and does not end with the answer', async () => {
		const whole = '{"code":200,"message":"success","data":100}';
		simulator.faultNext('balance', [{ kind: 'drip', seconds: 0.004 }]);
		const startedAtMs = performance.now();
		const { statusCode, body } = await request(`${simulator.baseUrl}/apikeys/current-balance`, {
			headers: { authorization: `Bearer ${simulator.apiKey}` },
		});
		expect(statusCode).toBe(200);
		let text = '';
		for await (const piece of body) {
			text += piece;
			if (text.length > whole.length) break;
		}
		expect(text.slice(0, whole.length + 1)).toBe(`${whole} `);
		expect(performance.now() - startedAtMs).toBeGreaterThan(4 * whole.length);
	});

	it('has its headers at once, and ends with the outage', async () => {
		simulator.outage('balance', 'drip:60');
		const { statusCode, body } = await request(`${simulator.baseUrl}/apikeys/current-balance`);
		expect(statusCode).toBe(401);
		simulator.endOutage('balance');
		await expect(body.text()).rejects.toThrow();
	});
});

describe('a client that leaves', () => {
	it.each<Fault>([
		{ kind: 'hang', seconds: 0.3 },
		{ kind: 'slow', seconds: 0.3 },
		{ kind: 'drip', seconds: 0.01 },
		{ kind: 'silence' },
	])('is noticed during %j', async (fault) => {
		simulator.faultNext('generateTask', [fault]);
		const leaver = apiClient(simulator);
		const submit = leaver.submit().catch(() => 'gone');
		await simulator.until((sim) => sim.requests()[0]?.fault === fault.kind);
		await leaver.close();
		await simulator.until((sim) => sim.requests()[0].clientLeftAtMs !== undefined);
		expect(await submit).toBe('gone');
		expect(simulator.tasks()).toHaveLength(fault.kind === 'silence' ? 0 : 1);
	});

	it('is none that got its answer, nor one whom a fault cut off', async () => {
		simulator.faultNext('balance', [{ kind: 'ok' }, { kind: 'drop' }, { kind: 'dropAfterAccept' }]);
		for (let request = 1; request <= 3; request += 1) await client.balance().catch(() => 'broken');
		expect(simulator.requests().map(({ clientLeftAtMs }) => clientLeftAtMs)).toEqual([
			undefined,
			undefined,
			undefined,
		]);
	});
});

it('counts what was paid for by prompt', async () => {
	simulator.faultNext('generateTask', [{ kind: 'http', status: 503 }, { kind: 'dropAfterAccept' }]);
	for (const prompt of ['refused', 'a fox', 'a fox', 'a cat']) {
		await client.submit({ input: { prompt } }).catch(() => 'broken');
	}
	expect(simulator.submitsByPrompt()).toEqual({ 'a fox': 2, 'a cat': 1 });
	expect(simulator.tasks().map(({ prompt }) => prompt)).toEqual(['a fox', 'a fox', 'a cat']);
});
