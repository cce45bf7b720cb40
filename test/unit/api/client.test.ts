import { createClient, type GenerateBody } from '../../../nodes/shared/api/client';
import { isOutcomeUnknown } from '../../../nodes/shared/api/failure';
import type { HttpResponse } from '../../../nodes/shared/api/transport';
import { FakeTiming } from '../support/fakeTiming';
import {
	fakeTransport,
	http,
	networkError,
	success,
	type Scripted,
} from '../support/fakeTransport';

const BASE_URL = 'https://api.example.com/api/v1';
const BODY: GenerateBody = { request_type: 'async', input: { mode: 'm', prompt: 'a red fox' } };
const RUNNING = success({ taskId: 't', state: 'processing' });
const START_MS = 1_000_000;
const DAY_SECONDS = '86400';

function setUp(...script: [Scripted, ...Scripted[]]) {
	const timing = new FakeTiming(START_MS);
	/** Ms since the start at which each request went. */
	const sentAtMs: number[] = [];
	const scripted = fakeTransport(...script);
	const transport: typeof scripted = {
		...scripted,
		async send(request) {
			sentAtMs.push(timing.now() - START_MS);
			return await scripted.send(request);
		},
	};
	return { timing, transport, sentAtMs, client: createClient(transport, BASE_URL, timing) };
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
				timeoutMs: 130_000,
				cancelGraceMs: 30_000,
			},
			{
				method: 'GET',
				url: `${BASE_URL}/statusTask/nano-banana?taskId=t`,
				timeoutMs: 30_000,
				cancelGraceMs: 0,
			},
			{
				method: 'GET',
				url: `${BASE_URL}/apikeys/current-balance`,
				timeoutMs: 30_000,
				cancelGraceMs: 0,
			},
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

	it('are spread by 6 ms', async () => {
		const { client, sentAtMs } = setUp(success({ taskId: 't' }));
		await Promise.all(Array.from({ length: 100 }, async () => await client.submit('m', BODY)));
		expect(sentAtMs.at(-1)).toBe(99 * 6);
	});
});

describe('a submission', () => {
	it.each([
		['the id alone', { taskId: 't' }, { taskId: 't' }],
		['a state', { taskId: 't', state: 'processing' }, { taskId: 't', state: 'processing' }],
		[
			'more fields',
			{ taskId: 't', state: 'processing', voice_id: 'v' },
			{ taskId: 't', state: 'processing', submitData: { voice_id: 'v' } },
		],
	])('answers with %s', async (_, data, expected) => {
		const { client } = setUp(success(data));
		expect(await client.submit('m', BODY)).toEqual({ ok: true, value: expected });
	});

	const UNKNOWN = 'its outcome is unknown';
	const REFUSED = 'nothing was accepted';
	it.each<[string, Scripted, string]>([
		['ECONNRESET', networkError('ECONNRESET', 'read'), UNKNOWN],
		['a broken pipe', networkError('EPIPE', 'write'), UNKNOWN],
		['no answer in time', networkError('ECONNABORTED'), UNKNOWN],
		['HTTP 408', http(408, ''), UNKNOWN],
		['HTTP 409', http(409, { code: 409, message: 'Conflict' }), UNKNOWN],
		['code 408 in HTTP 200', http(200, { code: 408, message: 'Timeout' }), UNKNOWN],
		['HTTP 500', http(500, { code: 500, message: 'Internal error' }), UNKNOWN],
		['HTTP 502', http(502, 'Bad gateway'), UNKNOWN],
		['HTTP 504', http(504, ''), UNKNOWN],
		['HTTP 524', http(524, ''), UNKNOWN],
		['code 500 in HTTP 200', http(200, { code: 500, message: 'Internal error' }), UNKNOWN],
		['HTML', http(200, '<html></html>'), UNKNOWN],
		['an empty body', http(200, ''), UNKNOWN],
		['no task id', success({}), UNKNOWN],
		['a redirect', http(307, '', { location: 'https://elsewhere.example.com' }), REFUSED],
		['a wrong certificate', networkError('CERT_HAS_EXPIRED'), REFUSED],
		['HTTP 400', http(400, { code: 400, message: 'Invalid request' }), REFUSED],
		['HTTP 401', http(401, { code: 401, message: 'Invalid API key' }), REFUSED],
		['low balance', http(402, { code: 402, message: 'Insufficient balance' }), REFUSED],
		['HTTP 403', http(403, ''), REFUSED],
		['HTTP 404', http(404, ''), REFUSED],
	])('is sent once where it meets %s', async (_, first, expected) => {
		const { client, transport } = setUp(first, success({ taskId: 'second' }));
		const answer = await client.submit('m', BODY);
		if (answer.ok) throw new Error('It was accepted');
		expect(isOutcomeUnknown(answer.error) ? UNKNOWN : REFUSED).toBe(expected);
		expect(transport.requests).toHaveLength(1);
	});

	it.each<[string, Scripted]>([
		['HTTP 503', http(503, '')],
		['code 503 in HTTP 200', http(200, { code: 503, message: 'Unavailable' })],
		['HTTP 429', http(429, '')],
		['a refused connection', networkError('ECONNREFUSED', 'connect')],
		['an unknown host', networkError('ENOTFOUND', 'getaddrinfo')],
		['no connection in time', networkError('ETIMEDOUT', 'connect')],
		['a failed TLS handshake', networkError('EPROTO', 'write')],
	])('is sent again, with the same body, after %s', async (_, first) => {
		const { client, transport, timing } = setUp(first, success({ taskId: 'second' }));
		expect(await client.submit('m', BODY)).toMatchObject({ value: { taskId: 'second' } });
		expect(transport.requests).toHaveLength(2);
		expect(transport.requests[1]).toEqual(transport.requests[0]);
		expect(timing.now()).toBe(START_MS + 1_000);
	});

	// What Linux answers to a connection that nobody accepts, unless the request has ended before.
	const LINUX_CONNECT_TIMEOUT_MS = 127_000;

	it('that never got a connection was not accepted, and may be sent again', async () => {
		const { client, timing, sentAtMs } = setUp(
			async ({ timeoutMs }) => {
				await timing.sleep(Math.min(timeoutMs, LINUX_CONNECT_TIMEOUT_MS));
				return timeoutMs > LINUX_CONNECT_TIMEOUT_MS
					? networkError('ETIMEDOUT', 'connect')
					: new Error(`no complete response within ${timeoutMs / 1000} seconds`);
			},
			success({ taskId: 't' }),
		);
		expect(await client.submit('m', BODY)).toEqual({ ok: true, value: { taskId: 't' } });
		expect(sentAtMs).toHaveLength(2);
	});

	it('is not sent again once its outcome is unknown', async () => {
		const { client, transport } = setUp(http(503, ''), networkError('ECONNRESET', 'read'), RUNNING);
		expect(await client.submit('m', BODY)).toMatchObject({
			ok: false,
			error: { kind: 'network', neverSent: false },
		});
		expect(transport.requests).toHaveLength(2);
	});

	it('is given up after two minutes, its answers never cut off', async () => {
		const { client, transport, sentAtMs } = setUp(http(503, ''));
		expect(await client.submit('m', BODY)).toMatchObject({ error: { kind: 'unavailable' } });
		expect(sentAtMs.length).toBeGreaterThan(6);
		expect(sentAtMs.at(-1)).toBe(120_000);
		expect(transport.requests.every(({ timeoutMs }) => timeoutMs === 130_000)).toBe(true);
	});

	it('is sent once where all before it were refused for two minutes', async () => {
		const { client, timing, transport } = setUp(http(503, ''));
		await client.submit('m', BODY);
		const { length } = transport.requests;
		expect(await client.submit('m', BODY)).toMatchObject({ error: { kind: 'unavailable' } });
		expect(transport.requests).toHaveLength(length + 1);
		expect(timing.now()).toBeLessThan(START_MS + 121_000);
	});

	it('goes on as long as APIXO accepts others', async () => {
		const { client, timing } = setUp(({ body }) => {
			const isRefused = body?.includes('first') && timing.now() < START_MS + 200_000;
			return isRefused ? http(429, '') : success({ taskId: 't' });
		});
		const first = client.submit('m', { ...BODY, input: { prompt: 'first' } });
		await timing.sleep(100_000);
		expect((await client.submit('m', BODY)).ok).toBe(true);
		expect((await first).ok).toBe(true);
	});

	it('is not sent after its latest moment, whether refused before or never sent', async () => {
		const { client, sentAtMs, timing } = setUp(http(429, {}, { 'retry-after': '20' }));
		const latestMs = START_MS + 30_000;
		const answers = await Promise.all(
			Array.from({ length: 3 }, async () => await client.submit('m', BODY, latestMs)),
		);
		expect(answers).toEqual(Array(3).fill({ ok: false, error: expect.anything() }));
		expect(answers[0]).toMatchObject({ error: { kind: 'rateLimited', status: 429 } });
		expect(timing.now()).toBe(latestMs);
		expect(Math.max(...sentAtMs)).toBeLessThan(30_000);
		const before = sentAtMs.length;
		expect(await client.submit('m', BODY, latestMs)).toMatchObject({
			error: { message: 'the rate limit left no time to send the request' },
		});
		expect(sentAtMs).toHaveLength(before);
	});

	it('waits as long as Retry-After says, and up to a second more', async () => {
		const { client, sentAtMs } = setUp(
			http(429, '', { 'retry-after': '7' }),
			http(503, '', { 'retry-after': new Date(START_MS + 7_500 + 3_500).toUTCString() }),
			success({ taskId: 't' }),
		);
		expect((await client.submit('m', BODY)).ok).toBe(true);
		expect(sentAtMs).toEqual([0, 7_500, 11_500]);
	});

	it.each([DAY_SECONDS, '999999999999', '0', 'Thu, 01 Jan 1970 00:00:00 GMT', 'soon'])(
		'is given up after two minutes where Retry-After is %j, without a burst of requests',
		async (header) => {
			const { client, sentAtMs } = setUp(http(429, '', { 'retry-after': header }));
			expect(await client.submit('m', BODY)).toMatchObject({ error: { kind: 'rateLimited' } });
			expect(sentAtMs.at(-1)).toBe(120_000);
			expect(sentAtMs.length).toBeLessThan(30);
		},
	);

	it('in flight is answered although the run is cancelled', async () => {
		const { client, timing } = setUp(() => {
			timing.cancel(new Error('cancelled'));
			return success({ taskId: 't' });
		});
		expect(await client.submit('m', BODY)).toMatchObject({ ok: true, value: { taskId: 't' } });
	});

	it('is not sent again when the run is cancelled', async () => {
		const { client, transport, timing } = setUp(() => {
			timing.cancel(new Error('cancelled'));
			return http(503, '');
		});
		await expect(client.submit('m', BODY)).rejects.toThrow('cancelled');
		expect(transport.requests).toHaveLength(1);
	});

	it('is not sent when the run was cancelled before', async () => {
		const { client, transport, timing } = setUp(success({ taskId: 't' }));
		timing.cancel(new Error('cancelled'));
		await expect(client.submit('m', BODY)).rejects.toThrow('cancelled');
		expect(transport.requests).toEqual([]);
	});
});

describe('a base URL that redirects', () => {
	it.each([
		['https://new.example.com/api/v2/generateTask/m', 'https://new.example.com/api/v2'],
		['/v2/generateTask/m', 'https://api.example.com/v2'],
		['https://login.example.com/?next=x', 'https://login.example.com/?next=x'],
		[undefined, 'HTTP status 308'],
		['http://[', 'HTTP status 308'],
	])('to %j is reported as %s', async (location, message) => {
		const { client, transport } = setUp(http(308, '', { location }));
		expect(await client.submit('m', BODY)).toEqual({
			ok: false,
			error: { kind: 'redirected', status: 308, message },
		});
		expect(transport.requests.map(({ url }) => url)).toEqual([`${BASE_URL}/generateTask/m`]);
	});

	it('makes the balance fail at once', async () => {
		const { client, transport } = setUp(http(301, '', { location: 'https://x.example.com/' }));
		expect(await client.getBalance()).toMatchObject({ error: { kind: 'redirected' } });
		expect(transport.requests).toHaveLength(1);
	});
});

describe('a poll', () => {
	it('answers under the id that was asked for', async () => {
		const { client, timing } = setUp(success({ state: 'pending' }));
		expect(await client.getStatus('m', 't', timing.now() + 60_000)).toMatchObject({
			ok: true,
			value: { taskId: 't', state: 'pending' },
		});
	});

	it.each<[string, Scripted]>([
		['HTTP 408', http(408, '')],
		['HTTP 425', http(425, '')],
		['HTTP 500', http(500, '')],
		['HTTP 501', http(501, '')],
		['HTTP 502', http(502, '')],
		['HTTP 503', http(503, '')],
		['HTTP 504', http(504, '')],
		['HTTP 522', http(522, '')],
		['HTTP 530', http(530, '')],
		['HTTP 503 with Retry-After: 1', http(503, '', { 'retry-after': '1' })],
		['code 500 in HTTP 200', http(200, { code: 500 })],
		['HTML', http(200, '<html></html>')],
		['ECONNRESET', networkError('ECONNRESET', 'read')],
		['a refused connection', networkError('ECONNREFUSED', 'connect')],
		['no answer in time', networkError('ECONNABORTED')],
	])('is repeated once after %s', async (_, first) => {
		const transient = setUp(first, RUNNING);
		expect((await transient.client.getStatus('m', 't', START_MS + 60_000)).ok).toBe(true);
		expect(transient.transport.requests).toHaveLength(2);

		const failing = setUp(first, first, RUNNING);
		expect((await failing.client.getStatus('m', 't', START_MS + 60_000)).ok).toBe(false);
		expect(failing.transport.requests).toHaveLength(2);
	});

	it.each<[string, Scripted, object]>([
		['HTTP 429', http(429, ''), { kind: 'rateLimited' }],
		[
			'HTTP 503 with Retry-After: 20',
			http(503, '', { 'retry-after': '20' }),
			{ kind: 'unavailable', retryAfterMs: 20_000 },
		],
		['a redirect', http(302, '', { location: '/login' }), { kind: 'redirected' }],
		['a wrong certificate', networkError('CERT_HAS_EXPIRED'), { kind: 'network' }],
		['HTTP 400', http(400, ''), { status: 400 }],
		['HTTP 401', http(401, ''), { status: 401 }],
		['HTTP 402', http(402, ''), { status: 402 }],
		['HTTP 403', http(403, ''), { status: 403 }],
		['HTTP 404', http(404, ''), { status: 404 }],
	])('is not repeated at once after %s', async (_, first, failure) => {
		const { client, transport, timing } = setUp(first);
		const answer = await client.getStatus('m', 't', timing.now() + 60_000);
		expect(answer).toMatchObject({ ok: false, error: failure });
		expect(transport.requests).toHaveLength(1);
		expect(timing.now()).toBe(START_MS);
	});

	it.each([
		['far off', 60_000, 30_000],
		['near', 12_000, 12_000],
		['nearer than 5 s', 1_000, 5_000],
		['now', 0, 5_000],
		['past', -60_000, 5_000],
	])('whose deadline is %s (in %i ms) has %i ms', async (_, inMs, timeoutMs) => {
		const { client, transport, timing } = setUp(RUNNING);
		await client.getStatus('m', 't', timing.now() + inMs);
		expect(transport.requests.map((request) => request.timeoutMs)).toEqual([timeoutMs]);
	});

	it.each([
		['cuts them', 1_124.5, [1_125]],
		['leaves less than one', 0.4, [1]],
		['is over, and it is not sent', -3, []],
		['is later', 9_000, [5_000]],
	])("has 5 s at its deadline, unless n8n's %s", async (_, latestInMs, timeoutsMs) => {
		const { client, transport, timing } = setUp(RUNNING);
		await client.getStatus('m', 't', timing.now(), timing.now() + latestInMs);
		expect(transport.requests.map((request) => request.timeoutMs)).toEqual(timeoutsMs);
	});

	it("does not wait for its turn beyond n8n's deadline", async () => {
		const { client, timing, sentAtMs } = setUp(http(429, '', { 'retry-after': '60' }), RUNNING);
		await client.getStatus('m', 'other', START_MS + 60_000);
		const answer = await client.getStatus('m', 't', START_MS + 60_000, START_MS + 20_000);
		expect(answer).toMatchObject({ ok: false, error: { message: 'no response in time' } });
		expect(timing.now()).toBe(START_MS + 20_000);
		expect(sentAtMs).toEqual([0]);
	});

	it('is not repeated after its deadline, and at the deadline at the latest', async () => {
		const late = setUp(http(503, ''));
		await late.client.getStatus('m', 't', START_MS);
		expect(late.sentAtMs).toEqual([0]);

		const near = setUp(http(503, ''));
		await near.client.getStatus('m', 't', START_MS + 300);
		expect(near.sentAtMs).toEqual([0, 300]);
	});

	it('goes at its deadline although other requests pause for longer', async () => {
		const { client, sentAtMs } = setUp(http(429, '', { 'retry-after': '60' }), RUNNING);
		await client.getStatus('m', 'other', START_MS + 60_000);
		expect((await client.getStatus('m', 't', START_MS + 9_000)).ok).toBe(true);
		expect(sentAtMs).toEqual([0, 9_000]);
	});

	it('rejects when the run is cancelled before it is repeated', async () => {
		const { client, transport, timing } = setUp(() => {
			timing.cancel(new Error('cancelled'));
			return networkError('ECONNABORTED');
		});
		await expect(client.getStatus('m', 't', START_MS + 60_000)).rejects.toThrow('cancelled');
		expect(transport.requests).toHaveLength(1);
	});
});

describe('the balance', () => {
	it('is read again after transient failures', async () => {
		const { client, transport } = setUp(http(500, ''), http(200, '<html>'), success('12.5'));
		expect(await client.getBalance()).toEqual({ ok: true, value: 12.5 });
		expect(transport.requests).toHaveLength(3);
	});

	it('is asked for once, and anew after a submission was accepted', async () => {
		const { client, transport } = setUp(
			success(5),
			http(402, {}),
			success({ taskId: 't' }),
			success(4.9),
		);
		await Promise.all([client.getBalance(), client.getBalance()]);
		await client.submit('m', BODY);
		expect(await client.getBalance()).toEqual({ ok: true, value: 5 });
		await client.submit('m', BODY);
		expect(await client.getBalance()).toEqual({ ok: true, value: 4.9 });
		expect(transport.requests).toHaveLength(4);
	});

	it('is not waited for beyond the latest moment', async () => {
		const { client, timing } = setUp(http(429, '', { 'retry-after': '60' }));
		const answer = await client.getBalance(START_MS + 4_000);
		expect(answer).toMatchObject({ ok: false, error: { message: 'no response in time' } });
		expect(timing.now()).toBe(START_MS + 4_000);

		const prompt = setUp(success(5));
		expect(await prompt.client.getBalance(START_MS + 4_000)).toEqual({ ok: true, value: 5 });
		expect(prompt.timing.now()).toBe(START_MS);
	});

	it.each(['0', DAY_SECONDS])(
		'is given up after a minute where Retry-After is %s',
		async (header) => {
			const { client, timing } = setUp(http(429, '', { 'retry-after': header }));
			expect((await client.getBalance()).ok).toBe(false);
			expect(timing.now()).toBe(START_MS + 60_000);
		},
	);
});

describe('an API that takes fewer requests than come', () => {
	/** Takes so many requests in any `windowMs`, and refuses the others. */
	function limitedApi(perWindow: number, windowMs: number, headers: HttpResponse['headers']) {
		const takenAtMs: number[] = [];
		const api = setUp(async () => {
			await timing.sleep(40);
			while (takenAtMs[0] <= timing.now() - windowMs) takenAtMs.shift();
			if (takenAtMs.length >= perWindow) return http(429, '', headers);
			takenAtMs.push(timing.now());
			await timing.sleep(400);
			return success({ taskId: 't' });
		});
		const { timing } = api;
		let chance = 0;
		timing.chance = () => (chance = (chance + 0.618) % 1);
		return api;
	}

	const submitAll = async (api: ReturnType<typeof setUp>, count: number) => {
		const answers = await Promise.all(
			Array.from({ length: count }, async () => await api.client.submit('m', BODY)),
		);
		return answers.filter(({ ok }) => ok).length;
	};

	it.each([
		['without Retry-After', 20, 1_000, {}],
		['with Retry-After: 1', 20, 1_000, { 'retry-after': '1' }],
		['with Retry-After: 0', 20, 1_000, { 'retry-after': '0' }],
		['with a past date', 20, 1_000, { 'retry-after': 'Thu, 01 Jan 1970 00:00:00 GMT' }],
		['counted over 5 s', 100, 5_000, { 'retry-after': '2' }],
	])('accepts all of 500 submissions: 20 a second, %s', async (_, perWindow, windowMs, headers) => {
		const api = limitedApi(perWindow, windowMs, headers);
		expect(await submitAll(api, 500)).toBe(500);
		expect(api.transport.requests.length).toBeLessThanOrEqual(500 * 1.5);
		expect(api.timing.now() - START_MS).toBeLessThan(60_000);
	});

	it('accepts all of 1,000 submissions: 5 a second', async () => {
		const api = limitedApi(5, 1_000, {});
		expect(await submitAll(api, 1_000)).toBe(1_000);
		expect(api.transport.requests.length).toBeLessThanOrEqual(1_000 * 1.5);
	});

	it.each<[string, Scripted, number]>([
		['refuses all requests', http(429, ''), 11],
		['cannot be reached', networkError('ECONNREFUSED', 'connect'), 3],
	])('and %s, makes 500 submissions fail within minutes', async (_, refusal, minutes) => {
		const api = setUp(refusal);
		expect(await submitAll(api, 500)).toBe(0);
		expect(api.timing.now() - START_MS).toBeLessThan(minutes * 60_000);
	});
});
