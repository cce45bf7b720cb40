import { apiClient } from './apiClient.cts';
import type { ApiClient } from './apiClient.cts';
import { useSimulator } from './fixture.cts';
import type { Fault, Simulator } from './simulator.cts';

let simulator: Simulator;
let client: ApiClient;

useSimulator({ timeScale: 1000 }, (fixture) => ({ simulator, client } = fixture));

/** Resolves to what the API's client sees: an HTTP status, or that the connection broke. */
async function submitSeen(): Promise<number | 'broken'> {
	return await client.submit().then(
		({ status }) => status,
		() => 'broken',
	);
}

it('uses faults up in order, one a request, for that endpoint only', async () => {
	simulator.faultNext('generateTask', [
		{ kind: 'http', status: 503 },
		{ kind: 'ok' },
		{ kind: 'drop' },
	]);
	expect(await client.balance()).toMatchObject({ status: 200 });
	const seen = [await submitSeen(), await submitSeen(), await submitSeen(), await submitSeen()];
	expect(seen).toEqual([503, 200, 'broken', 200]);
	expect(simulator.tasks()).toHaveLength(2);
	const faults = simulator
		.requests({ endpoint: 'generateTask' })
		.map(({ fault, status }) => [fault, status]);
	expect(faults).toEqual([
		['http', 503],
		['ok', 200],
		['drop', undefined],
		[undefined, 200],
	]);
});

it.each<[string, Fault, object]>([
	['an envelope', { kind: 'http', status: 500 }, { code: 500, message: 'Internal Server Error' }],
	['its own body', { kind: 'http', status: 400, body: { code: 400, data: null } }, { code: 400 }],
	['HTTP 200 with another code', { kind: 'code', code: 402, message: 'No' }, { message: 'No' }],
])('answers with %s and makes no task', async (_, fault, envelope) => {
	simulator.faultNext('generateTask', [fault]);
	const reply = await client.submit();
	expect(reply.status).toBe(fault.kind === 'http' ? fault.status : 200);
	expect(reply.envelope).toMatchObject(envelope);
	expect(simulator.tasks()).toEqual([]);
});

it('answers text and HTML where JSON is due', async () => {
	simulator.faultNext('balance', [
		{ kind: 'garbage' },
		{ kind: 'http', status: 502, body: '<h1>Bad gateway</h1>' },
		{ kind: 'http', status: 200, body: '', contentType: 'application/json' },
	]);
	expect(await client.balance()).toMatchObject({
		status: 200,
		text: expect.stringContaining('<html>'),
		headers: { 'content-type': 'text/html; charset=utf-8' },
	});
	expect(await client.balance()).toMatchObject({ status: 502, text: '<h1>Bad gateway</h1>' });
	expect(await client.balance()).toMatchObject({
		text: '',
		headers: { 'content-type': 'application/json' },
	});
});

it('names Retry-After in seconds or as a date', async () => {
	simulator.faultNext('balance', [
		{ kind: 'http', status: 429, retryAfterSeconds: 7 },
		{ kind: 'http', status: 429, retryAfterSeconds: 7, retryAfterDate: true },
	]);
	expect((await client.balance()).headers['retry-after']).toBe('7');
	const date = (await client.balance()).headers['retry-after'] as string;
	const seconds = (Date.parse(date) - Date.now()) / 1000;
	expect(seconds).toBeGreaterThan(5);
	expect(seconds).toBeLessThanOrEqual(8);
});

it.each<Fault>([
	{ kind: 'dropAfterAccept' },
	{ kind: 'http', status: 502, afterAccept: true },
	{ kind: 'garbage', afterAccept: true },
	{ kind: 'code', code: 500, afterAccept: true },
])('makes the task and then answers with %j', async (fault) => {
	simulator.faultNext('generateTask', [fault]);
	expect(await client.taskId().catch(() => 'not told')).toBe('not told');
	expect(simulator.tasks()).toHaveLength(1);
	expect((await client.balance()).envelope.data).toBe(99.97);
});

it('sends a body slowly, in real time', async () => {
	simulator.faultNext('balance', [{ kind: 'slow', seconds: 0.3 }]);
	const startedAt = performance.now();
	expect(await client.balance()).toMatchObject({ status: 200, envelope: { data: 100 } });
	expect(performance.now() - startedAt).toBeGreaterThan(280);
});

it('holds an answer back in real time, with the work done', async () => {
	simulator.faultNext('generateTask', [{ kind: 'hang', seconds: 0.3 }]);
	const startedAt = performance.now();
	const answered = client.taskId();
	await simulator.until((sim) => sim.tasks().length === 1);
	expect(performance.now() - startedAt).toBeLessThan(280);
	expect(await answered).toBe(simulator.tasks()[0].taskId);
	expect(performance.now() - startedAt).toBeGreaterThan(290);
});

it('goes on after a client that did not wait', async () => {
	simulator.faultNext('balance', [
		{ kind: 'hang', seconds: 0.1 },
		{ kind: 'slow', seconds: 0.1 },
	]);
	const impatient = apiClient(simulator);
	const asked = [impatient.balance(), impatient.balance()].map((reply) =>
		reply.catch(() => 'gave up'),
	);
	await simulator.until((sim) => sim.counts().balance === 2);
	await impatient.close();
	expect(await Promise.all(asked)).toEqual(['gave up', 'gave up']);
	expect(await client.balance()).toMatchObject({ status: 200 });
});

describe('faults of a plan', () => {
	it('concern the submits that match', async () => {
		simulator.plan(
			{ promptIncludes: 'fox' },
			{ submitFaults: [{ kind: 'http', status: 429 }, { kind: 'drop' }] },
		);
		expect(await client.submit({ input: { prompt: 'a cat' } })).toMatchObject({ status: 200 });
		expect([await submitSeen(), await submitSeen(), await submitSeen()]).toEqual([
			429,
			'broken',
			200,
		]);
	});

	it('follow the n-th task through its retries', async () => {
		simulator.plan({ nth: 2 }, { submitFaults: [{ kind: 'http', status: 503 }] });
		expect([await submitSeen(), await submitSeen(), await submitSeen()]).toEqual([200, 503, 200]);
	});

	it('may stand in the request: each try of the same one takes the next', async () => {
		const input = { prompt: 'a fox [[submitFaults=http:503,dropAfterAccept]]' };
		const other = { prompt: 'a cat [[submitFaults=http:500]]' };
		expect(await client.submit({ input })).toMatchObject({ status: 503 });
		expect(await client.submit({ input: other })).toMatchObject({ status: 500 });
		await expect(client.submit({ input })).rejects.toThrow();
		expect(await client.submit({ input })).toMatchObject({ status: 200 });
		expect(simulator.tasks()).toHaveLength(2);
	});

	it('concern the first status calls of each task', async () => {
		simulator.plan(
			{},
			{
				statusFaults: [
					{ kind: 'http', status: 500 },
					{ kind: 'code', code: 503 },
				],
			},
		);
		for (const taskId of [await client.taskId(), await client.taskId()]) {
			expect(await client.status(taskId)).toMatchObject({ status: 500 });
			expect(await client.status(taskId)).toMatchObject({ status: 200, envelope: { code: 503 } });
			expect(await client.status(taskId)).toMatchObject({ status: 200, envelope: { code: 200 } });
		}
	});
});
