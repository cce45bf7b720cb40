import { createClient, type GenerateBody } from '../../../nodes/shared/api/client';
import { FakeTiming } from '../support/fakeTiming';
import { fakeTransport, fault, http, success, type Scripted } from '../support/fakeTransport';

const BASE_URL = 'https://api.example.com/api/v1';
const BODY: GenerateBody = { request_type: 'async', input: { mode: 'm', prompt: 'a red fox' } };
const RUNNING = success({ taskId: 't', state: 'processing' });
const DAY_SECONDS = '86400';

function setUp(...script: [Scripted, ...Scripted[]]) {
	const timing = new FakeTiming(1_000_000);
	const transport = fakeTransport(...script);
	return { timing, transport, client: createClient(transport, BASE_URL, timing) };
}

describe('requests', () => {
	it('go to the documented endpoints', async () => {
		const { client, transport, timing } = setUp(success({ taskId: 't' }), RUNNING, success(7.5));
		await client.submit('nano-banana', BODY);
		await client.getStatus('nano-banana', 't', timing.now() + 60_000);
		await client.getBalance();
		expect(transport.requests).toEqual([
			{
				method: 'POST',
				url: `${BASE_URL}/generateTask/nano-banana`,
				body: JSON.stringify(BODY),
				timeoutMs: 120_000,
			},
			{
				method: 'GET',
				url: `${BASE_URL}/statusTask/nano-banana?taskId=t`,
				timeoutMs: 30_000,
			},
			{ method: 'GET', url: `${BASE_URL}/apikeys/current-balance`, timeoutMs: 30_000 },
		]);
	});

	it.each([
		['happyHorse', 'happyHorse'],
		['a/b', 'a%2Fb'],
		['a?b#c', 'a%3Fb%23c'],
		['a b%', 'a%20b%25'],
		['模型', '%E6%A8%A1%E5%9E%8B'],
		['half \ud83e', 'half%20%EF%BF%BD'],
	])('with the model and the task id %j as %s', async (text, encoded) => {
		const { client, transport, timing } = setUp(success({ taskId: 't' }), RUNNING);
		await client.submit(text, BODY);
		await client.getStatus(text, text, timing.now() + 60_000);
		expect(transport.requests.map(({ url }) => url)).toEqual([
			`${BASE_URL}/generateTask/${encoded}`,
			`${BASE_URL}/statusTask/${encoded}?taskId=${encoded}`,
		]);
	});

	it.each([
		'https://api.example.com/v1',
		'https://api.example.com/v1//',
		' https://api.example.com/v1/ ',
	])('go below the base URL %j', async (baseUrl) => {
		const transport = fakeTransport(success(1));
		await createClient(transport, baseUrl, new FakeTiming()).getBalance();
		expect(transport.requests[0].url).toBe('https://api.example.com/v1/apikeys/current-balance');
	});

	it('are spread by 6 ms', async () => {
		const { client, timing } = setUp(success(1));
		await Promise.all(Array.from({ length: 100 }, async () => await client.getBalance()));
		expect(timing.now()).toBe(1_000_000 + 99 * 6);
	});
});

describe('submit', () => {
	it.each([
		['the id alone', { taskId: 't' }, { taskId: 't' }],
		['a state', { taskId: 't', state: 'processing' }, { taskId: 't', state: 'processing' }],
		[
			'more fields',
			{ taskId: 't', state: 'processing', voice_id: 'v' },
			{ taskId: 't', state: 'processing', extra: { voice_id: 'v' } },
		],
	])('answers with %s', async (_, data, expected) => {
		const { client } = setUp(success(data));
		expect(await client.submit('m', BODY)).toEqual({ ok: true, data: expected });
	});

	it.each<[string, Scripted]>([
		['ECONNRESET', fault('ECONNRESET', 'read')],
		['a broken pipe', fault('EPIPE', 'write')],
		['no answer in time', fault('ECONNABORTED')],
		['HTTP 500', http(500, { code: 500, message: 'Internal error' })],
		['HTTP 502', http(502, 'Bad gateway')],
		['HTTP 504', http(504, '')],
		['code 500 in HTTP 200', http(200, { code: 500, message: 'Internal error' })],
		['HTML', http(200, '<html></html>')],
		['an empty body', http(200, '')],
		['no task id', success({})],
		['a redirect', http(307, '', { location: 'https://elsewhere.example.com' })],
		['HTTP 400', http(400, { code: 400, message: 'Invalid request' })],
		['HTTP 401', http(401, { code: 401, message: 'Invalid API key' })],
		['low balance', http(402, { code: 402, message: 'Insufficient balance' })],
		['HTTP 403', http(403, '')],
		['HTTP 404', http(404, '')],
	])('is never sent twice after %s', async (_, first) => {
		const { client, transport, timing } = setUp(first, success({ taskId: 'second' }));
		expect((await client.submit('m', BODY)).ok).toBe(false);
		expect(transport.requests).toHaveLength(1);
		expect(timing.slept).toEqual([]);
	});

	it.each<[string, Scripted]>([
		['HTTP 503', http(503, '')],
		['code 503 in HTTP 200', http(200, { code: 503, message: 'Unavailable' })],
		['HTTP 429', http(429, '')],
		['a refused connection', fault('ECONNREFUSED', 'connect')],
		['an unknown host', fault('ENOTFOUND', 'getaddrinfo')],
		['no connection in time', fault('ETIMEDOUT', 'connect')],
	])('is sent again, with the same body, after %s', async (_, first) => {
		const { client, transport, timing } = setUp(first, success({ taskId: 'second' }));
		expect(await client.submit('m', BODY)).toEqual({ ok: true, data: { taskId: 'second' } });
		expect(transport.requests).toHaveLength(2);
		expect(transport.requests[1]).toEqual(transport.requests[0]);
		expect(timing.slept).toEqual([500]);
	});

	it('stops where the outcome gets unknown', async () => {
		const { client, transport } = setUp(http(503, ''), fault('ECONNRESET', 'read'), RUNNING);
		expect(await client.submit('m', BODY)).toMatchObject({
			ok: false,
			failure: { kind: 'network', neverSent: false },
		});
		expect(transport.requests).toHaveLength(2);
	});

	it('gives up after six tries', async () => {
		const { client, transport, timing } = setUp(http(503, ''));
		expect(await client.submit('m', BODY)).toMatchObject({
			ok: false,
			failure: { kind: 'unavailable' },
		});
		expect(transport.requests).toHaveLength(6);
		expect(timing.slept).toEqual([500, 1000, 2000, 4000, 8000]);
	});

	it('waits as long as Retry-After says', async () => {
		const { client, timing } = setUp(
			http(429, '', { 'retry-after': '7' }),
			http(503, '', { 'retry-after': new Date(1_000_000 + 7_000 + 3_000).toUTCString() }),
			success({ taskId: 't' }),
		);
		expect((await client.submit('m', BODY)).ok).toBe(true);
		expect(timing.slept).toEqual([7_000, 3_000]);
	});

	it('ends within two minutes even where Retry-After says a day, its answers never cut off', async () => {
		const { client, transport, timing } = setUp(http(429, '', { 'retry-after': DAY_SECONDS }));
		expect(await client.submit('m', BODY)).toMatchObject({ failure: { kind: 'rateLimited' } });
		expect(timing.now()).toBe(1_000_000 + 120_000);
		expect(transport.requests.map(({ timeoutMs }) => timeoutMs)).toEqual([120_000, 120_000]);
	});

	it('rejects when the run is cancelled between two tries', async () => {
		const { client, transport, timing } = setUp(() => {
			timing.cancel(new Error('cancelled'));
			return http(503, '');
		});
		await expect(client.submit('m', BODY)).rejects.toThrow('cancelled');
		expect(transport.requests).toHaveLength(1);
	});
});

describe('a look at a task', () => {
	it('answers under the id that was asked for', async () => {
		const { client, timing } = setUp(success({ state: 'pending' }));
		expect(await client.getStatus('m', 't', timing.now() + 60_000)).toEqual({
			ok: true,
			data: { taskId: 't', state: 'pending' },
		});
	});

	it.each<[string, Scripted]>([
		['HTTP 429', http(429, '')],
		['HTTP 500', http(500, '')],
		['HTTP 502', http(502, '')],
		['HTTP 503', http(503, '')],
		['HTTP 504', http(504, '')],
		['code 500 in HTTP 200', http(200, { code: 500 })],
		['HTML', http(200, '<html></html>')],
		['ECONNRESET', fault('ECONNRESET', 'read')],
		['a refused connection', fault('ECONNREFUSED', 'connect')],
		['no answer in time', fault('ECONNABORTED')],
	])('is taken again after %s', async (_, first) => {
		const { client, transport, timing } = setUp(first, first, RUNNING);
		const answer = await client.getStatus('m', 't', timing.now() + 60_000);
		expect(answer).toMatchObject({ ok: true, data: { state: 'processing' } });
		expect(transport.requests).toHaveLength(3);
	});

	it.each([400, 401, 402, 403, 404])('is not taken again after HTTP %i', async (status) => {
		const { client, transport, timing } = setUp(http(status, { code: status, message: 'No' }));
		const answer = await client.getStatus('m', 't', timing.now() + 60_000);
		expect(answer).toMatchObject({ ok: false, failure: { status } });
		expect(transport.requests).toHaveLength(1);
	});

	it('ends at the deadline, with one last try there', async () => {
		const { client, transport, timing } = setUp(http(503, ''));
		await client.getStatus('m', 't', timing.now() + 2_000);
		expect(timing.slept).toEqual([500, 1000, 500]);
		expect(timing.now()).toBe(1_000_000 + 2_000);
		expect(transport.requests).toHaveLength(4);
	});

	it.each([
		['seconds', DAY_SECONDS],
		['a date', new Date(2_000_000_000).toUTCString()],
	])('waits no longer than to the deadline, whatever Retry-After says in %s', async (_, header) => {
		const { client, transport, timing } = setUp(http(429, '', { 'retry-after': header }), RUNNING);
		const answer = await client.getStatus('m', 't', timing.now() + 9_000);
		expect(answer.ok).toBe(true);
		expect(timing.slept).toEqual([9_000]);
		expect(transport.requests).toHaveLength(2);
	});

	it('is taken once, and has 5 s, where the deadline has passed', async () => {
		const { client, transport, timing } = setUp(http(503, ''));
		await client.getStatus('m', 't', timing.now() - 1);
		expect(transport.requests.map(({ timeoutMs }) => timeoutMs)).toEqual([5_000]);
	});

	it('has no longer than to the deadline', async () => {
		const { client, transport, timing } = setUp(RUNNING);
		await client.getStatus('m', 't', timing.now() + 12_000);
		expect(transport.requests[0].timeoutMs).toBe(12_000);
	});
});

describe('the balance', () => {
	it('is tried again after a passing fault', async () => {
		const { client, transport } = setUp(http(500, ''), success('12.5'));
		expect(await client.getBalance()).toEqual({ ok: true, data: 12.5 });
		expect(transport.requests).toHaveLength(2);
	});

	it('ends within a minute even where Retry-After says a day', async () => {
		const { client, timing } = setUp(http(429, '', { 'retry-after': DAY_SECONDS }));
		expect((await client.getBalance()).ok).toBe(false);
		expect(timing.now()).toBe(1_000_000 + 60_000);
	});
});
