import type { ApiClient } from './apiClient.cts';
import { useSimulator } from './fixture.cts';
import { indexedModel } from './simulator.cts';
import type { Simulator } from './simulator.cts';

let simulator: Simulator;
let client: ApiClient;

useSimulator({ timeScale: 1000 }, (fixture) => ({ simulator, client } = fixture));

const invalid = (error: string) => ({ code: 400, message: 'Invalid request', data: { error } });

describe('submit', () => {
	it('answers with a task id', async () => {
		const { status, envelope } = await client.submit();

		expect(status).toBe(200);
		expect(envelope).toEqual({
			code: 200,
			message: 'success',
			data: { taskId: expect.stringMatching(/^[0-9a-f]{32}$/) },
		});
	});

	it.each([
		[{ request_type: 'async' }, 'Missing required field: input'],
		[{ input: 'a fox' }, 'Invalid field: input'],
		[{ input: { prompt: 'a fox' } }, 'Missing required field: input.mode'],
		[{ input: { mode: 'text-to-image' } }, 'Missing required field: input.prompt'],
		[{ input: { mode: 'text-to-image', prompt: '' } }, 'Missing required field: input.prompt'],
		[{ input: { mode: 'm', prompt: 7 } }, 'Invalid field: input.prompt must be a string'],
		[
			{ input: { mode: 'm', prompt: 'x'.repeat(20_001) } },
			'Invalid field: input.prompt exceeds 20000 characters',
		],
		[{ request_type: 'soon', input: {} }, 'Invalid field: request_type'],
		[
			{ request_type: 'callback', input: { mode: 'm', prompt: 'a fox' } },
			'Missing required field: callback_url',
		],
	])('refuses %j', async (body, error) => {
		expect(await client.submit({ body })).toMatchObject({ status: 400, envelope: invalid(error) });
		expect(simulator.tasks()).toEqual([]);
	});

	it.each(['http://example.com/hook', 'http://10.0.0.1/', 'ftp://localhost/', 'nonsense', 7])(
		'refuses the callback URL %s',
		async (callback_url) => {
			const input = { mode: 'm', prompt: 'a fox' };
			const body = { request_type: 'callback', callback_url, input };
			const error = 'Invalid field: callback_url must be a public HTTPS URL';
			expect((await client.submit({ body })).envelope).toEqual(invalid(error));
		},
	);

	it.each(['https://example.com/hook', 'http://localhost:1/', 'http://[::1]:1/'])(
		'takes the callback URL %s',
		async (callback_url) => {
			const input = { mode: 'm', prompt: 'a fox', simulate: { outcome: 'never' } };
			const body = { request_type: 'callback', callback_url, input };
			expect(await client.submit({ body })).toMatchObject({ status: 200 });
		},
	);

	it('takes material instead of a prompt', async () => {
		const input = { mode: 'video-edit', video_urls: ['https://example.com/a.mp4'] };
		expect(await client.submit({ body: { input } })).toMatchObject({ status: 200 });
	});

	it('answers text that is no JSON with 400', async () => {
		expect(await client.submit({ body: '{"input":' })).toMatchObject({
			status: 400,
			envelope: { code: 400, message: 'Invalid request' },
		});
	});

	it('answers more than 10 MB with 413', async () => {
		const body = { input: { mode: 'm', prompt: 'x'.repeat(11 * 1024 * 1024) } };
		expect(await client.submit({ body })).toMatchObject({ status: 413, envelope: { code: 413 } });
		expect(simulator.requests()).toMatchObject([{ endpoint: 'generateTask', status: 413 }]);
	});

	it.each(['unknown-model', 'unknown-model-2', '..%2Fnano-banana', 'a%2Fb', '.hidden'])(
		'knows no model %s',
		async (model) => {
			expect(await client.submit({ model })).toMatchObject({
				status: 404,
				envelope: { code: 404 },
			});
		},
	);

	it('knows no batches', async () => {
		const url = `${simulator.baseUrl}/generateTask/nano-banana/batches`;
		expect(await client.post(url, { items: [] })).toMatchObject({
			status: 404,
			envelope: { code: 404 },
		});
	});

	it('adds what the newest audio models add', async () => {
		expect((await client.submit({ model: 'minimax-voice' })).envelope.data).toEqual({
			taskId: expect.any(String),
			state: 'processing',
			voice_id: expect.any(String),
			voice_type: 'preparing',
		});
	});
});

describe('keys', () => {
	it.each(['', 'wrong-key'])('answers 401 to the key "%s", without data', async (key) => {
		const { status, envelope } = await client.balance(key);
		expect(status).toBe(401);
		expect(envelope).toEqual({ code: 401, message: expect.any(String) });
	});

	it.each([
		['missing', {}],
		['null', { data: null }],
		['detail', { data: { error: 'Invalid or missing API key' } }],
	] as const)('gives an error data %s on demand', async (form, data) => {
		simulator.errorDataAs(form);
		const { envelope } = await client.balance('wrong-key');
		expect(envelope).toEqual({ code: 401, message: 'Invalid or missing API key', ...data });
	});

	it('answers 403 to a forbidden key', async () => {
		simulator.addKey('no-rights', { forbidden: true });
		expect(await client.balance('no-rights')).toMatchObject({ status: 403 });
		expect(await client.submit({ key: 'no-rights' })).toMatchObject({ status: 403 });
	});

	it('shows a task to the key that paid for it only', async () => {
		simulator.addKey('other-key');
		const taskId = await client.taskId();
		expect(await client.status(taskId, 'nano-banana', 'other-key')).toMatchObject({ status: 404 });
		expect(await client.status(taskId)).toMatchObject({ status: 200 });
	});
});

describe('balance', () => {
	it('is a bare number, and falls by the price of each task', async () => {
		expect((await client.balance()).envelope).toEqual({
			code: 200,
			message: 'success',
			data: 100,
		});
		await client.submit({ model: 'nano-banana' });
		await client.submit({ model: 'nano-banana' });
		await client.submit({ model: 'gpt-image-1' });
		expect((await client.balance()).envelope.data).toBe(99.59);
	});

	it('too low is told as 402, as 400, or by a failed task', async () => {
		simulator.addKey('poor', { balanceUsd: 0.01 });
		expect(await client.submit({ key: 'poor' })).toMatchObject({
			status: 402,
			envelope: { code: 402, data: null },
		});
		simulator.lowBalanceAs('400');
		expect(await client.submit({ key: 'poor' })).toMatchObject({
			status: 400,
			envelope: { code: 400, message: 'Insufficient credits', data: null },
		});
		expect(simulator.tasks()).toEqual([]);

		simulator.lowBalanceAs('failCode');
		const taskId = await client.taskId({ key: 'poor' });
		await simulator.whenIdle();
		const { envelope } = await client.status(taskId, 'nano-banana', 'poor');
		expect(envelope.data).toMatchObject({ state: 'failed', failCode: 'INSUFFICIENT_CREDITS' });
		expect((await client.balance('poor')).envelope.data).toBe(0.01);
	});
});

describe('rate limit', () => {
	// Real time here: at 1,000 simulated seconds a second a minute is over too soon.
	let slow: Simulator;
	let slowClient: ApiClient;
	useSimulator({ rateLimit: { requestsPerMinute: 2 } }, (fixture) => {
		slow = fixture.simulator;
		slowClient = fixture.client;
	});

	it('answers 429 from the third request of a minute on, without Retry-After', async () => {
		const replies = [];
		for (let asked = 0; asked < 4; asked += 1) replies.push(await slowClient.balance());
		expect(replies.map(({ status }) => status)).toEqual([200, 200, 429, 429]);
		expect(replies[2].envelope.code).toBe(429);
		expect(replies[2].headers).not.toHaveProperty('retry-after');
	});

	it.each([
		['seconds', (header: string) => Number(header)],
		['date', (header: string) => (Date.parse(header) - Date.now()) / 1000],
	] as const)('names Retry-After as %s', async (as, secondsOf) => {
		slow.limitRate({ retryAfter: as });
		for (let asked = 0; asked < 2; asked += 1) await slowClient.balance();
		const { headers } = await slowClient.balance();
		const seconds = secondsOf(headers['retry-after'] as string);
		expect(seconds).toBeGreaterThan(50);
		expect(seconds).toBeLessThanOrEqual(61);
	});

	it('refuses more tasks than may run at once, until one is final', async () => {
		slow.limitRate({ requestsPerMinute: 100, concurrentTasks: 1 });
		const taskId = await slowClient.taskId();
		expect(await slowClient.submit()).toMatchObject({ status: 429 });
		slow.finish(taskId);
		expect(await slowClient.submit()).toMatchObject({ status: 200 });
	});
});

describe('schema index', () => {
	const indexUrl = () => `${simulator.url}/docs/models/schemas/index.json`;

	it('lists models without a key', async () => {
		const { status, text } = await client.get(indexUrl());
		const index = JSON.parse(text) as { total_models: number; models: unknown[] };
		expect(status).toBe(200);
		expect(index.models).toHaveLength(index.total_models);
		expect(index.models[0]).toEqual({
			model_id: 'nano-banana',
			slug: 'nano-banana',
			category: 'image',
			title: 'Nano Banana',
			integration_type: 'task_api',
			schema_path: 'models/schemas/image/nano-banana.json',
			doc_path: 'models/image/nano-banana',
		});
	});

	it('lists what a test sets', async () => {
		simulator.listModels([indexedModel('brand-new', { category: 'video' })]);
		expect(JSON.parse((await client.get(indexUrl())).text)).toMatchObject({
			total_models: 1,
			models: [{ model_id: 'brand-new', category: 'video' }],
		});
	});
});

describe('what is recorded', () => {
	it('tells what came, when, and what was answered', async () => {
		const before = Date.now();
		const taskId = await client.taskId({ model: 'sora-2', input: { duration: 5 } });
		await client.status(taskId, 'sora-2');
		await client.balance('wrong-key');
		await client.get(`${simulator.url}/nowhere`);

		const [submitted, polled, refused, lost] = simulator.requests();
		expect(submitted).toMatchObject({
			endpoint: 'generateTask',
			method: 'POST',
			path: '/api/v1/generateTask/sora-2',
			model: 'sora-2',
			taskId,
			headers: { authorization: 'Bearer sim-key' },
			body: { input: { mode: 'text-to-image', prompt: 'a red fox', duration: 5 } },
			status: 200,
		});
		expect(submitted.atMs).toBeGreaterThanOrEqual(before);
		expect(polled.atSimSeconds).toBeGreaterThan(submitted.atSimSeconds);
		expect(polled).toMatchObject({ endpoint: 'statusTask', query: { taskId }, taskId });
		expect(refused).toMatchObject({ endpoint: 'balance', status: 401 });
		expect(lost).toMatchObject({ endpoint: 'other', status: 404 });
		expect(simulator.requests({ taskId, endpoint: 'statusTask' })).toEqual([polled]);
		expect(simulator.counts()).toEqual({
			generateTask: 1,
			statusTask: 1,
			balance: 1,
			schemaIndex: 0,
			file: 0,
			other: 1,
		});
	});

	it('keeps the beginning of a large body', async () => {
		const taskId = await client.taskId({ input: { image_urls: ['x'.repeat(1_000_000)] } });
		const [{ body }] = simulator.requests();
		expect(body).toMatch(/^\{"input".*characters in all\)$/);
		expect((body as string).length).toBeLessThan(66_000);
		expect(simulator.task(taskId).input).toMatch(/^\{"mode"/);
	});
});
