import { splitOut, webhookTrigger, workflow } from '../harness/workflows.cts';
import { byId, jsons, openStage, runOf } from './support.cts';

const TASK_ID = /^[0-9a-f]{32}$/;

describe('generate', () => {
	it.concurrent('outputs the finished image of a manual execution', async () => {
		const stage = await openStage();
		const { output } = await stage.run();
		const [task] = stage.simulator.tasks();
		expect(task.requestBody).toEqual({
			request_type: 'async',
			input: { mode: 'text-to-image', prompt: 'a red fox' },
		});
		expect(output).toEqual([
			{
				json: {
					taskId: task.taskId,
					model: 'nano-banana',
					state: 'success',
					resultUrls: task.resultUrls,
					result: { resultUrls: task.resultUrls },
					createTime: expect.any(Number),
					completeTime: expect.any(Number),
					costTime: 500,
					deliveredBy: 'poll',
				},
				pairedItem: { item: 0 },
			},
		]);
		expect(stage.simulator.counts()).toEqual({
			generateTask: 1,
			statusTask: 1,
			balance: 0,
			schemaIndex: 0,
			file: 0,
			other: 0,
		});
	});

	it.concurrent('outputs the finished images of an execution that a webhook started', async () => {
		const stage = await openStage();
		const path = 'action-output';
		const { id } = await stage.api.createWorkflow(
			workflow({
				name: 'APIXO by webhook',
				nodes: [webhookTrigger({ path }), splitOut('body.items'), stage.node()],
			}),
		);
		await stage.api.activate(id);
		const body = { items: [{ prompt: 'a red fox' }, { prompt: 'a blue fox' }] };
		expect((await stage.api.callWebhook(path, { body })).status).toBe(200);

		const { execution, output } = runOf(await stage.api.waitForExecution({ workflowId: id }));
		expect(execution).toMatchObject({ status: 'success', mode: 'webhook' });
		expect(output).toHaveLength(2);
		expect(jsons(output).map(({ taskId }) => taskId)).toEqual(
			body.items.map(({ prompt }) => stage.taskOf(prompt).taskId),
		);
		expect(stage.submits).toBe(2);
		await stage.api.deactivate(id);
	});

	it.concurrent('sends what was set, and leaves out what APIXO did not send', async () => {
		const stage = await openStage({
			defaults: { seconds: 0.5, omit: ['costTime', 'createTime'], resultJson: 'no JSON' },
		});
		const { output } = await stage.run({
			parameters: {
				resource: 'video',
				model: byId('sora-2'),
				mode: 'text-to-video',
				specifyInput: 'json',
				inputJson: '{ "prompt": "overruled", "anything": { "goes": [1] } }',
				completion: 'poll',
				options: { initialWait: 1, provider: 'official', validateInput: false },
			},
		});
		expect(stage.simulator.tasks()[0].requestBody).toEqual({
			request_type: 'async',
			provider: 'official',
			input: { mode: 'text-to-video', prompt: 'overruled', anything: { goes: [1] } },
		});
		expect(output[0].json).toEqual({
			taskId: expect.stringMatching(TASK_ID),
			model: 'sora-2',
			state: 'success',
			resultUrls: [],
			result: 'no JSON',
			completeTime: expect.any(Number),
			deliveredBy: 'poll',
		});
	});

	it.concurrent('sends the fields of the form as the types that the model takes', async () => {
		const stage = await openStage();
		const { output } = await stage.run({
			parameters: {
				input: {
					mappingMode: 'defineBelow',
					value: { aspect_ratio: '16:9', num_images: '2' },
				},
				model: byId('minimax-image-01'),
			},
		});
		expect(stage.simulator.tasks()[0].input).toEqual({
			mode: 'text-to-image',
			prompt: 'a red fox',
			aspect_ratio: '16:9',
			num_images: 2,
		});
		expect(output[0].json.resultUrls).toHaveLength(2);
	});

	it.concurrent("does not wait with 'Don't Wait'", async () => {
		const stage = await openStage({ defaults: { seconds: 600 } });
		const { output } = await stage.run({
			items: [{ prompt: 'a red fox' }, { prompt: 'a blue fox' }],
			parameters: { completion: 'none', reference: '={{ $json.prompt }}' },
		});
		expect(output).toEqual(
			['a red fox', 'a blue fox'].map((reference, item) => ({
				json: {
					taskId: expect.stringMatching(TASK_ID),
					model: 'nano-banana',
					state: 'pending',
					resultUrls: [],
					reference,
					deliveredBy: 'submit',
				},
				pairedItem: { item },
			})),
		);
		expect(stage.simulator.counts()).toMatchObject({ generateTask: 2, statusTask: 0 });
	});

	it.concurrent("gives APIXO a signed callback URL with 'Don't Wait'", async () => {
		const stage = await openStage({ defaults: { outcome: 'never' } });
		const callbackUrl = 'http://127.0.0.1:9/webhook/1/apixo?own=1';
		const { output } = await stage.run({
			parameters: { completion: 'none', callbackUrl, reference: 'order 7' },
		});
		expect(output[0].json).toMatchObject({ state: 'pending', reference: 'order 7' });
		const { requestBody } = stage.taskOf('a red fox');
		const { request_type, callback_url } = requestBody as Record<string, string>;
		expect(request_type).toBe('callback');
		expect(callback_url.startsWith(callbackUrl)).toBe(true);
		expect(Object.fromEntries(new URL(callback_url).searchParams)).toEqual({
			own: '1',
			apixo_model: 'nano-banana',
			apixo_ref: 'order 7',
			apixo_nonce: expect.stringMatching(/^[0-9a-f]{32}$/),
			apixo_sig: expect.stringMatching(/^[0-9a-f]{64}$/),
		});
	});

	it.concurrent('outputs the further fields of the submission', async () => {
		const stage = await openStage();
		const parameters = {
			resource: 'audio',
			model: byId('minimax-voice'),
			mode: 'design',
			options: { initialWait: 1, validateInput: false },
		};
		const submitData = { voice_id: 'sim-voice', voice_type: 'preparing' };
		const [polled, submitted] = await Promise.all([
			stage.run({ parameters }),
			stage.run({ parameters: { ...parameters, completion: 'none' } }),
		]);
		expect(polled.output[0].json).toMatchObject({ state: 'success', submitData });
		expect(submitted.output[0].json).toMatchObject({ state: 'processing', submitData });
	});
});

describe('task', () => {
	it.concurrent('get returns the current state', async () => {
		const stage = await openStage({ defaults: { seconds: 600, states: ['processing_r2'] } });
		const submitted = await stage.run({ parameters: { completion: 'none' } });
		const { taskId } = submitted.output[0].json;
		const get = { resource: 'task', operation: 'get', taskId: '={{ $json.taskId }}' };
		const getTask = async () => (await stage.run({ items: [{ taskId }], parameters: get })).output;

		expect(await getTask()).toEqual([
			{
				json: {
					taskId,
					model: 'nano-banana',
					state: 'processing_r2',
					resultUrls: [],
					createTime: expect.any(Number),
					deliveredBy: 'poll',
				},
				pairedItem: { item: 0 },
			},
		]);
		stage.simulator.finish(String(taskId), 'failed');
		expect((await getTask())[0].json).toMatchObject({
			state: 'failed',
			resultUrls: [],
			failCode: 'GENERATION_FAILED',
			failMsg: 'The generation failed.',
		});
		expect(stage.simulator.counts()).toMatchObject({ generateTask: 1, statusTask: 2 });
	});

	it.concurrent(
		'wait returns a result that is there at once, with one status request',
		async () => {
			const stage = await openStage({ defaults: { seconds: 0 } });
			const submitted = await stage.run({ parameters: { completion: 'none' } });
			const { output } = await stage.run({
				items: jsons(submitted.output),
				parameters: { resource: 'task', operation: 'wait', taskId: '={{ $json.taskId }}' },
			});
			const [{ resultUrls }] = stage.simulator.tasks();
			expect(output[0].json).toMatchObject({ state: 'success', resultUrls, deliveredBy: 'poll' });
			expect(stage.simulator.counts()).toMatchObject({ generateTask: 1, statusTask: 1 });
		},
	);

	it.concurrent('wait polls until the task is done', async () => {
		const stage = await openStage({ defaults: { seconds: 3_600 } });
		const submitted = await stage.run({ parameters: { completion: 'none' } });
		const { executionId } = await stage.start({
			items: jsons(submitted.output),
			parameters: {
				resource: 'task',
				operation: 'wait',
				taskId: '={{ $json.taskId }}',
				options: { pollInterval: 1 },
			},
		});
		await stage.simulator.until(({ counts }) => counts().statusTask >= 2);
		const [{ taskId }] = stage.simulator.tasks();
		stage.simulator.finish(taskId);
		const { output } = runOf(await stage.api.waitForExecution(executionId));
		expect(output[0].json).toMatchObject({ taskId, state: 'success' });
		expect(stage.submits).toBe(1);
	});

	it.concurrent('wait tells of a task that failed, and of one that nobody knows', async () => {
		const failing = {
			seconds: 0,
			outcome: 'failed',
			failCode: 'NSFW',
			failMsg: 'Not this',
		} as const;
		const stage = await openStage({ defaults: failing });
		const submitted = await stage.run({ parameters: { completion: 'none' } });
		const { taskId } = submitted.output[0].json;
		const wait = async (id: unknown, more = {}) =>
			await stage.run({
				items: [{ taskId: id as string }],
				parameters: {
					resource: 'task',
					operation: 'wait',
					taskId: '={{ $json.taskId }}',
					...more,
				},
			});

		const failed = await wait(taskId);
		expect(failed.error.message).toBe(`Task failed: Not this [NSFW] (task ${taskId})`);
		expect(failed.error.description).toMatch(/policy/i);
		expect(failed.error.context).toMatchObject({ taskId, failCode: 'NSFW', itemIndex: 0 });

		const output = await wait(taskId, { options: { onTaskFailure: 'output' } });
		expect(output.output[0].json).toMatchObject({ taskId, state: 'failed', failCode: 'NSFW' });

		const unknown = await wait('0123456789');
		expect(unknown.error).toMatchObject({
			message: "APIXO can't find task 0123456789 of model 'nano-banana' [Task not found]",
			httpCode: '404',
			context: { taskId: '0123456789' },
		});
	});
});

describe('account and model', () => {
	it.concurrent('getBalance asks once for all items', async () => {
		const stage = await openStage({ balanceUsd: 74.87 });
		const { output } = await stage.run({
			items: [{}, {}],
			parameters: { resource: 'account', operation: 'getBalance' },
		});
		expect(output).toEqual(
			[0, 1].map((item) => ({
				json: { balance: 74.87, currency: 'USD' },
				pairedItem: { item },
			})),
		);
		expect(stage.simulator.counts()).toMatchObject({ balance: 1 });
	});

	it.concurrent('getAll lists the catalogue, all of it or one category', async () => {
		const stage = await openStage();
		const list = async (more: object) =>
			jsons(
				(await stage.run({ parameters: { resource: 'model', operation: 'getAll', ...more } }))
					.output,
			);
		const [all, videos, two] = await Promise.all([
			list({}),
			list({ category: 'video' }),
			list({ category: 'video', returnAll: false, limit: 2 }),
		]);
		expect(all.length).toBeGreaterThan(40);
		expect(all).toEqual(
			expect.arrayContaining([expect.objectContaining({ id: 'nano-banana', category: 'image' })]),
		);
		expect(new Set(videos.map(({ category }) => category))).toEqual(new Set(['video']));
		expect(videos.length).toBeLessThan(all.length);
		expect(two).toEqual(videos.slice(0, 2));
	});
});
