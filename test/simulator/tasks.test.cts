import type { ApiClient } from './apiClient.cts';
import { useSimulator } from './fixture.cts';
import type { Simulator, TaskPlan } from './simulator.cts';

let simulator: Simulator;
let client: ApiClient;

useSimulator({ timeScale: 100 }, (fixture) => ({ simulator, client } = fixture));

/** The data of a task that went as planned to its end. */
async function finalData(plan: TaskPlan, model = 'nano-banana') {
	simulator.plan({}, { seconds: 1, ...plan });
	const taskId = await client.taskId({ model });
	await simulator.whenIdle();
	return (await client.status(taskId, model)).envelope.data as Record<string, unknown>;
}

describe('a task', () => {
	it('goes through the planned states, each for its share of the time', async () => {
		const states = ['pending', 'processing', 'processing_r2'];
		simulator.plan({}, { seconds: 60, states });
		const taskId = await client.taskId();
		const seen: unknown[] = [];
		const ended = () => seen.at(-1) === 'success';
		while (!ended()) {
			const { state } = await client.data(taskId);
			if (state !== seen.at(-1)) seen.push(state);
		}
		expect(seen).toEqual([...states, 'success']);
		const task = simulator.task(taskId);
		expect(task.statusCalls).toBe(simulator.counts().statusTask);
		expect(task.finalAtMs! - task.submittedAtMs).toBeGreaterThanOrEqual(599);
	});

	it('shows no result while it runs', async () => {
		simulator.plan({}, { outcome: 'never' });
		const taskId = await client.taskId();
		expect((await client.status(taskId)).envelope).toEqual({
			code: 200,
			message: 'success',
			data: { taskId, state: 'pending', createTime: expect.any(Number) },
		});
	});

	it('succeeds with what the API documents', async () => {
		const data = await finalData({ seconds: 20 });
		const taskId = data.taskId as string;
		expect(data).toEqual({
			taskId,
			state: 'success',
			resultJson: JSON.stringify({ resultUrls: [`${simulator.url}/files/${taskId}/1.png`] }),
			createTime: expect.any(Number),
			completeTime: (data.createTime as number) + 20_000,
			costTime: 20_000,
		});
	});

	it('fails with what the API documents, and the submit stays 200', async () => {
		expect(await finalData({ outcome: 'failed', failCode: 'NSFW', failMsg: 'No.' })).toEqual({
			taskId: expect.any(String),
			state: 'failed',
			failCode: 'NSFW',
			failMsg: 'No.',
			createTime: expect.any(Number),
			completeTime: expect.any(Number),
		});
	});

	it('takes as long as its category usually does', async () => {
		for (const model of ['nano-banana', 'sora-2', 'suno']) {
			simulator.finish(await client.taskId({ model, input: { simulate: { outcome: 'never' } } }));
			await client.taskId({ model });
		}
		await simulator.whenIdle();
		const took = simulator.tasks().filter((_, index) => index % 2 === 1);
		expect(took.map(({ costTimeMs }) => costTimeMs)).toEqual([8_000, 90_000, 45_000]);
	});

	it('that never ends stays, until a test ends it', async () => {
		simulator.plan({}, { seconds: 0.1, outcome: 'never', states: ['processing'] });
		const taskId = await client.taskId();
		await simulator.whenIdle();
		expect(await client.data(taskId)).toMatchObject({ state: 'processing' });
		simulator.finish(taskId, 'failed');
		expect(await client.data(taskId)).toMatchObject({ state: 'failed' });
		simulator.finish(taskId, 'success');
		expect(await client.data(taskId)).toMatchObject({ state: 'failed' });
	});

	it('is final at once when it takes no time', async () => {
		expect(await finalData({ seconds: 0 })).toMatchObject({ state: 'success', costTime: 0 });
	});

	it('is unknown under another model, in another case, or without an id', async () => {
		const taskId = await client.taskId({ model: 'happyHorse' });
		expect(await client.status(taskId, 'happyHorse')).toMatchObject({ status: 200 });
		expect(await client.status(taskId, 'happyhorse')).toMatchObject({ status: 404 });
		expect(await client.status(taskId, 'sora-2')).toMatchObject({ status: 404 });
		expect(await client.status('0123', 'sora-2')).toMatchObject({ status: 404 });
		expect(await client.status('')).toMatchObject({ status: 400 });
	});
});

describe('a result', () => {
	it('may be an object, other JSON, text, or cut short', async () => {
		expect(await finalData({ resultJson: { tracks: [1] }, resultAs: 'object' })).toMatchObject({
			resultJson: { tracks: [1] },
		});
		expect(await finalData({ resultJson: [{ audio_url: 'a' }] })).toMatchObject({
			resultJson: '[{"audio_url":"a"}]',
		});
		expect(await finalData({ resultJson: 'no JSON' })).toMatchObject({ resultJson: 'no JSON' });
		const { resultJson } = await finalData({ resultAs: 'invalid' });
		expect(() => JSON.parse(resultJson as string)).toThrow(SyntaxError);
	});

	it('has as many files as planned, asked for, or usual', async () => {
		const urls = async (model: string, input: Record<string, unknown>) => {
			const taskId = await client.taskId({ model, input });
			await simulator.whenIdle();
			return simulator.task(taskId).resultUrls.map((url) => url.split('/').at(-1));
		};
		expect(await urls('midjourney', {})).toEqual(['1.png', '2.png', '3.png', '4.png']);
		expect(await urls('suno', {})).toEqual(['1.mp3', '2.mp3']);
		expect(await urls('sora-2', {})).toEqual(['1.mp4']);
		expect(await urls('flux-2', { num_images: 3, output_format: 'jpeg' })).toEqual([
			'1.jpeg',
			'2.jpeg',
			'3.jpeg',
		]);
		expect(await urls('flux-2', { simulate: { files: 2 } })).toHaveLength(2);
	});

	it('leaves out the fields that the plan names', async () => {
		const data = await finalData({ omit: ['costTime', 'createTime'] });
		expect(Object.keys(data).sort()).toEqual(['completeTime', 'resultJson', 'state', 'taskId']);
	});
});

describe('plans', () => {
	const failCodes = async (prompts: string[]) => {
		const taskIds = [];
		for (const prompt of prompts) taskIds.push(await client.taskId({ input: { prompt } }));
		await simulator.whenIdle();
		const all = await Promise.all(taskIds.map((taskId) => client.data(taskId)));
		return all.map(({ failCode }) => failCode ?? 'none');
	};
	const failing = (failCode: string): TaskPlan => ({ seconds: 1, outcome: 'failed', failCode });

	it('go by model, prompt and number, the newest first', async () => {
		simulator.plan({ model: 'nano-banana' }, failing('MODEL'));
		simulator.plan({ promptIncludes: 'cat' }, failing('PROMPT'));
		simulator.plan({ nth: 4 }, failing('FOURTH'));
		simulator.plan({ model: 'sora-2' }, failing('OTHER_MODEL'));
		expect(await failCodes(['a fox', 'a cat', 'a fox', 'a cat', 'a fox'])).toEqual([
			'MODEL',
			'PROMPT',
			'MODEL',
			'FOURTH',
			'MODEL',
		]);
	});

	it('may stand in the prompt and in the input, which win over the test', async () => {
		simulator.plan({}, failing('TEST'));
		expect(
			await failCodes(['a fox', 'a fox [[outcome=success]]', 'a fox [[failCode="a b" seconds=2]]']),
		).toEqual(['TEST', 'none', 'a b']);
		const input = { prompt: 'a fox [[failCode=PROMPT]]', simulate: { failCode: 'INPUT' } };
		const taskId = await client.taskId({ input });
		await simulator.whenIdle();
		expect(await client.data(taskId)).toMatchObject({ failCode: 'INPUT' });
	});

	it('in a prompt may hold lists, faults and callbacks', async () => {
		const prompt =
			'fox [[states=processing_r2,x omit=createTime statusFaults=http:503,code:500,ok callback.never=true]]';
		const taskId = await client.taskId({
			input: { prompt },
			callbackUrl: 'http://127.0.0.1:9/',
		});
		expect(await client.status(taskId)).toMatchObject({ status: 503 });
		expect(await client.status(taskId)).toMatchObject({ status: 200, envelope: { code: 500 } });
		await simulator.whenIdle();
		expect(await client.data(taskId)).not.toHaveProperty('createTime');
		expect(simulator.task(taskId).callbackAttempts).toEqual([]);
	});

	it('that are none are refused with a sentence', async () => {
		expect(() => simulator.plan({}, { secs: 3 } as TaskPlan)).toThrow(/secs/);
		const { status, text } = await client.submit({ input: { prompt: 'a fox [[secs=3]]' } });
		expect(status).toBe(400);
		expect(text).toContain('secs');
	});

	it('add fields to the submit answer', async () => {
		simulator.plan({}, { submitExtra: { state: 'processing' } });
		expect((await client.submit()).envelope.data).toMatchObject({ state: 'processing' });
	});
});
