import { fetch } from 'undici';
import { type Simulator, startSimulator } from '../../simulator/simulator.cts';
import { nodeOutput } from '../harness/executions.cts';
import { sharedN8n } from '../harness/shared.cts';
import {
	type CredentialReference,
	apixoNode,
	manualTrigger,
	workflow,
} from '../harness/workflows.cts';
import {
	type Listener,
	MODEL,
	createCredential,
	createListener,
	finishedTask,
	runsOf,
	signed,
	submitTask,
} from './fixture.cts';

const n8n = sharedN8n();
const { api } = n8n;

let simulator: Simulator;
let credential: CredentialReference;

beforeAll(async () => {
	simulator = await startSimulator({ timeScale: 20, minAcknowledgeMs: 30_000 });
	credential = await createCredential(n8n, simulator);
});
afterAll(async () => await simulator.stop());

async function post(url: string, body: string, contentType = 'application/json') {
	const answer = await fetch(url, {
		method: 'POST',
		headers: { 'content-type': contentType },
		body,
	});
	return { status: answer.status, message: ((await answer.json()) as { message: string }).message };
}

const callbackOf = (taskId: string, state: string) =>
	JSON.stringify({ code: 200, message: 'success', data: { taskId, state } });

/** Shows that a listener has started nothing yet, and does so for a valid callback. */
async function expectExactlyOneRunFrom(listener: Listener) {
	const url = signed(listener.url, simulator);
	const last = await post(url, callbackOf('task_that_starts_it', 'success'));
	expect(last).toEqual({ status: 200, message: "Started a workflow for 'success'" });
	const executions = await api.listExecutions(listener.workflowId);
	expect(executions).toHaveLength(1);
	const [run] = await runsOf(n8n, listener);
	expect(nodeOutput(run, 'APIXO Trigger')[0].json.taskId).toBe('task_that_starts_it');
}

describe('from an APIXO node that does not wait to an APIXO Trigger', () => {
	async function generateAndListen(outcome: 'success' | 'failed') {
		const listener = await createListener(n8n, { credential });
		const prompt = `a fox [[seconds=20 outcome=${outcome} failCode=NSFW failMsg="Not this one"]]`;
		const sender = await api.runOnce(
			workflow({
				name: 'Sender',
				nodes: [
					manualTrigger(),
					apixoNode({
						credential,
						parameters: {
							resource: 'image',
							model: { __rl: true, mode: 'id', value: MODEL },
							mode: 'text-to-image',
							prompt,
							completion: 'none',
							callbackUrl: `${listener.url}?team=art&x=%7e+a`,
							reference: '订单 7 & more',
						},
					}),
				],
			}),
		);
		const [submitted] = nodeOutput(sender, 'APIXO');
		const taskId = submitted.json.taskId as string;
		const execution = await api.waitForExecution({ workflowId: listener.workflowId });
		return { taskId, execution, listener };
	}

	/** The same task as the action node outputs it. */
	async function getTask(taskId: string) {
		const execution = await api.runOnce(
			workflow({
				name: 'Get Task',
				nodes: [
					manualTrigger(),
					apixoNode({
						credential,
						parameters: {
							resource: 'task',
							operation: 'get',
							model: { __rl: true, mode: 'id', value: MODEL },
							taskId,
						},
					}),
				],
			}),
		);
		return nodeOutput(execution, 'APIXO')[0].json;
	}

	it.each([
		['success' as const, 0, 'First Output', 'Second Output'],
		['failed' as const, 1, 'Second Output', 'First Output'],
	])(
		'%s comes out of output %i, as the action node would have put it out',
		async (outcome, output, runs, doesNot) => {
			const { taskId, execution, listener } = await generateAndListen(outcome);
			expect(execution.status).toBe('success');
			const items = nodeOutput(execution, 'APIXO Trigger', { output });
			expect(items).toHaveLength(1);
			expect(nodeOutput(execution, 'APIXO Trigger', { output: 1 - output })).toEqual([]);
			expect(execution.runData).toHaveProperty([runs]);
			expect(execution.runData).not.toHaveProperty([doesNot]);

			const byAction = await getTask(taskId);
			expect(items[0].json).toEqual({
				...byAction,
				reference: '订单 7 & more',
				deliveredBy: 'callback',
			});
			expect(items[0].json).toMatchObject({ taskId, model: MODEL, state: outcome });

			const { callbackUrl, callbackAttempts } = simulator.task(taskId);
			expect(callbackUrl?.startsWith(`${listener.url}?team=art&x=%7e+a&apixo_model=`)).toBe(true);
			expect(callbackAttempts.map(({ status }) => status)).toEqual([200]);
		},
	);
});

describe('which callbacks start the workflow', () => {
	it.each([['success'], ['failed']])('only %s, when it is the only event', async (event) => {
		const other = event === 'success' ? 'failed' : 'success';
		const listener = await createListener(n8n, { credential, parameters: { events: [event] } });
		const url = signed(listener.url, simulator);
		expect(await post(url, callbackOf('a', other))).toEqual({
			status: 200,
			message: `Ignored: the event '${other}' is not among those of the trigger`,
		});
		expect((await post(url, callbackOf('b', event))).status).toBe(200);
		const runs = await runsOf(n8n, listener);
		expect(await api.listExecutions(listener.workflowId)).toHaveLength(1);
		expect(runs[0].runData['APIXO Trigger'][0].data?.main).toEqual([
			[expect.objectContaining({ json: expect.objectContaining({ taskId: 'b' }) })],
		]);
	});

	it('one of 100 callbacks of the same task, 20 of them at the same moment', async () => {
		const listener = await createListener(n8n, { credential });
		const callbackUrl = signed(listener.url, simulator);
		const taskId = await finishedTask(simulator, { callbackUrl });
		const results = [
			...(await simulator.sendCallback(taskId, { times: 20, atOnce: true })),
			...(await simulator.sendCallback(taskId, { times: 80 })),
		];
		expect(results.map(({ status }) => status)).toEqual(Array(100).fill(200));
		expect(await api.listExecutions(listener.workflowId)).toHaveLength(1);
		expect(await runsOf(n8n, listener)).toHaveLength(1);
	});

	it('each of several tasks, and each final state of one', async () => {
		const listener = await createListener(n8n, { credential });
		const [urlOfA, urlOfB] = [signed(listener.url, simulator), signed(listener.url, simulator)];
		const callbacks: Array<[url: string, body: string]> = [
			[urlOfA, callbackOf('a', 'success')],
			[urlOfB, callbackOf('b', 'success')],
			[urlOfA, callbackOf('a', 'failed')],
		];
		await Promise.all(
			[...callbacks, ...callbacks].map(async ([url, body]) => await post(url, body)),
		);
		const runs = await runsOf(n8n, listener);
		expect(runs).toHaveLength(3);
		expect(await api.listExecutions(listener.workflowId)).toHaveLength(3);
	});

	it('every callback, without deduplication', async () => {
		const listener = await createListener(n8n, {
			credential,
			parameters: { options: { deduplication: false } },
		});
		const url = signed(listener.url, simulator);
		await post(url, callbackOf('a', 'success'));
		await post(url, callbackOf('a', 'success'));
		expect(await runsOf(n8n, listener)).toHaveLength(2);
	});

	it('none of another task with the same signed URL', async () => {
		const listener = await createListener(n8n, { credential });
		const other = await createListener(n8n, { credential });
		const url = signed(listener.url, simulator);
		await post(url, callbackOf('a', 'success'));
		const atOther = url.replace(listener.url, other.url);
		for (const [to, taskId] of [
			[url, 'b'],
			[url, 'c'],
			[atOther, 'd'],
		]) {
			expect(await post(to, callbackOf(taskId, 'failed'))).toEqual({
				status: 409,
				message: expect.stringMatching(/used for another task/),
			});
		}
		expect((await post(signed(listener.url, simulator), callbackOf('b', 'failed'))).status).toBe(
			200,
		);
		expect(await runsOf(n8n, listener)).toHaveLength(2);
		expect(await api.listExecutions(other.workflowId)).toEqual([]);
	});

	it('one of any content type and shape that says task and state', async () => {
		const listener = await createListener(n8n, { credential });
		const long = '9007199254740993';
		const bodies: Array<[body: string, contentType: string]> = [
			[callbackOf('a', 'success'), 'text/plain'],
			[callbackOf('b', 'success'), 'application/octet-stream'],
			[callbackOf('c', 'success'), 'application/x-www-form-urlencoded'],
			['{"taskId":"d","state":"success"}', 'application/json'],
			[
				`{"code":200,"data":"{\\"taskId\\":${long},\\"state\\":\\"success\\"}"}`,
				'application/json',
			],
		];
		for (const [body, contentType] of bodies) {
			expect(await post(signed(listener.url, simulator), body, contentType)).toMatchObject({
				status: 200,
			});
		}
		const runs = await runsOf(n8n, listener);
		const taskIds = runs.map((run) => nodeOutput(run, 'APIXO Trigger')[0].json.taskId);
		expect(taskIds.sort()).toEqual([long, 'a', 'b', 'c', 'd']);
	});

	it('one whose result is nested too deeply to be parsed, which stays text', async () => {
		const listener = await createListener(n8n, { credential });
		const resultJson = '['.repeat(50_000) + ']'.repeat(50_000);
		const body = JSON.stringify({ data: { taskId: 'a', state: 'success', resultJson } });
		expect((await post(signed(listener.url, simulator), body)).status).toBe(200);
		const [run] = await runsOf(n8n, listener);
		expect(run.status).toBe('success');
		expect(nodeOutput(run, 'First Output')[0].json.result).toBe(resultJson);
	});

	it('one whose result is nested as deeply as is parsed', async () => {
		const listener = await createListener(n8n, { credential });
		const resultJson = '['.repeat(100) + ']'.repeat(100);
		const body = JSON.stringify({ data: { taskId: 'a', state: 'success', resultJson } });
		expect((await post(signed(listener.url, simulator), body)).status).toBe(200);
		const [run] = await runsOf(n8n, listener);
		expect(JSON.stringify(nodeOutput(run, 'First Output')[0].json.result)).toBe(resultJson);
	});

	it('the same task at two triggers of one credential', async () => {
		const listeners = [
			await createListener(n8n, { credential }),
			await createListener(n8n, { credential }),
		];
		for (const { url } of listeners) {
			await post(signed(url, simulator), callbackOf('a', 'success'));
		}
		for (const listener of listeners) expect(await runsOf(n8n, listener)).toHaveLength(1);
	});
});

describe('who may deliver', () => {
	const flip = (digit: string) => (digit === '0' ? '1' : '0');
	const change = (url: string, name: string, value: (old: string) => string) => {
		const changed = new URL(url);
		changed.searchParams.set(name, value(changed.searchParams.get(name) ?? ''));
		return changed.href;
	};

	it('nobody without the right signature', async () => {
		const listener = await createListener(n8n, { credential });
		const valid = signed(listener.url, simulator, { reference: 'order 7' });
		const other = signed(listener.url, { apiKey: 'other-key' });
		const invalid: Array<[what: string, url: string]> = [
			['no query', listener.url],
			['no signature', valid.replace(/&apixo_sig=.*$/, '')],
			['an empty signature', change(valid, 'apixo_sig', () => '')],
			['a wrong signature', change(valid, 'apixo_sig', (old) => flip(old[0]) + old.slice(1))],
			['a truncated signature', change(valid, 'apixo_sig', (old) => old.slice(0, 32))],
			['two signatures', `${valid}&apixo_sig=${'0'.repeat(64)}`],
			['another credential', other],
			['another model', change(valid, 'apixo_model', () => 'flux-2')],
			['another reference', change(valid, 'apixo_ref', () => 'order 8')],
			['no reference', valid.replace(/apixo_ref=[^&]*&/, '')],
			['another nonce', change(valid, 'apixo_nonce', flip)],
		];
		const answers: Array<[what: string, status: number]> = [];
		for (const [what, url] of invalid) {
			const { status, message } = await post(url, callbackOf('a', 'success'));
			expect(message).toMatch(/not signed with this trigger's credential/);
			answers.push([what, status]);
		}
		expect(answers).toEqual(invalid.map(([what]) => [what, 401]));
		await expectExactlyOneRunFrom(listener);
		expect(n8n.logs()).toMatch(/APIXO Trigger 'APIXO Trigger' answered 401/);
	});

	it('whoever signs with the callback secret, when the credential has one', async () => {
		const callbackSecret = 'a long secret';
		const secretive = await createCredential(n8n, simulator, { callbackSecret });
		const listener = await createListener(n8n, { credential: secretive });
		const byKey = signed(listener.url, simulator);
		const bySecret = signed(listener.url, { apiKey: '', callbackSecret });
		expect((await post(byKey, callbackOf('a', 'success'))).status).toBe(401);
		expect((await post(bySecret, callbackOf('a', 'success'))).status).toBe(200);
		expect(await runsOf(n8n, listener)).toHaveLength(1);
	});

	it('whoever signs, although the base URL of the credential is broken', async () => {
		const broken = await createCredential(n8n, simulator, { baseUrl: 'nonsense' });
		const listener = await createListener(n8n, { credential: broken });
		expect((await post(signed(listener.url, simulator), callbackOf('a', 'success'))).status).toBe(
			200,
		);
		expect(await runsOf(n8n, listener)).toHaveLength(1);
		const confirming = createListener(n8n, {
			credential: broken,
			parameters: { confirmWithApi: true },
		});
		await expect(confirming).rejects.toThrow(/'Base URL'/);
	});

	it('nobody while a credential is needed and missing: the workflow cannot be activated', async () => {
		for (const parameters of [{}, { authentication: 'none', confirmWithApi: true }]) {
			const listening = createListener(n8n, { parameters });
			await expect(listening).rejects.toThrow(/Choose an APIXO credential/);
		}
	});

	it('anybody, without authentication, credential or signature', async () => {
		const listener = await createListener(n8n, { parameters: { authentication: 'none' } });
		await post(`${listener.url}?apixo_model=flux-2&apixo_ref=7`, callbackOf('a', 'success'));
		await post(listener.url, callbackOf('b', 'failed'));
		const items = (await runsOf(n8n, listener)).map(
			({ runData }) => runData['APIXO Trigger'][0].data?.main.flat()[0]?.json,
		);
		expect(items).toHaveLength(2);
		expect(items).toEqual(
			expect.arrayContaining([
				{
					taskId: 'a',
					state: 'success',
					model: 'flux-2',
					reference: '7',
					resultUrls: [],
					deliveredBy: 'callback',
				},
				{ taskId: 'b', state: 'failed', resultUrls: [], deliveredBy: 'callback' },
			]),
		);
	});
});

describe('callbacks that are malformed or say nothing new', () => {
	it('are answered with what is wrong, and start nothing', async () => {
		const listener = await createListener(n8n, { credential });
		const url = signed(listener.url, simulator);
		const data = { taskId: 'a', state: 'success' };
		const json = (body: unknown) => JSON.stringify(body);
		const large = 'x'.repeat(10 * 1024 * 1024);
		const cases: Array<[what: string, body: string, status: number, message: RegExp]> = [
			// n8n parses the body before any node sees it.
			['malformed JSON', '{"data":', 422, /Failed to parse request body/],
			['empty body', '', 400, /The body is empty/],
			['empty object', '{}', 400, /'taskId' is missing/],
			['null', 'null', 400, /not a JSON object/],
			['text', '"success"', 400, /not a JSON object/],
			['a list', json([{ data }]), 400, /not a JSON object/],
			['no data', json({ code: 200 }), 400, /'taskId' is missing/],
			['taskId as object', json({ data: { ...data, taskId: {} } }), 400, /'taskId' is missing/],
			['no taskId', json({ data: { state: 'success' } }), 400, /'taskId' is missing/],
			['state as object', json({ data: { ...data, state: {} } }), 400, /'state' is missing/],
			['no state', json({ data: { taskId: 'a' } }), 400, /'state' is missing/],
			['10 MB of result', json({ data: { ...data, resultJson: large } }), 400, /bytes/],
			['10 MB of nonsense', json({ large }), 400, /bytes/],
			[
				'100,000 brackets',
				`{"data":${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
				400,
				/levels deep/,
			],
			['pending', callbackOf('a', 'pending'), 200, /Ignored: the state 'pending'/],
			['processing', callbackOf('a', 'processing'), 200, /Ignored: the state 'processing'/],
			['unknown state', callbackOf('a', 'exploded'), 200, /Ignored: the state 'exploded'/],
		];
		for (const [what, body, status, message] of cases) {
			expect([what, await post(url, body)]).toEqual([
				what,
				{ status, message: expect.stringMatching(message) },
			]);
		}
		expect((await fetch(url)).status).toBe(404);
		await expectExactlyOneRunFrom(listener);
	});

	it('find no trigger while the workflow is inactive, and one run once it is active', async () => {
		const listener = await createListener(n8n, { credential, inactive: true });
		const taskId = await submitTask(simulator, { callbackUrl: signed(listener.url, simulator) });
		await simulator.until((sim) => sim.task(taskId).callbackAttempts.length > 0);
		await api.activate(listener.workflowId);
		await simulator.until(
			(sim) => sim.task(taskId).callbackAttempts.at(-1)?.status === 200,
			20_000,
		);
		expect(simulator.task(taskId).callbackAttempts[0].status).toBe(404);
		expect(await runsOf(n8n, listener)).toHaveLength(1);
		expect(await api.listExecutions(listener.workflowId)).toHaveLength(1);
	});
});

describe('confirmation by the status API', () => {
	const confirming = { confirmWithApi: true };

	it('decides, whatever a forged body says', async () => {
		const listener = await createListener(n8n, { credential, parameters: confirming });
		const callbackUrl = signed(listener.url, simulator, { reference: 'order 7' });
		const taskId = await finishedTask(simulator, {
			callbackUrl,
			plan: { outcome: 'failed' },
		});
		const forged = JSON.parse(callbackOf(taskId, 'success')) as { data: object };
		Object.assign(forged.data, { resultJson: '{"resultUrls":["https://evil.example.com/"]}' });
		const answers = await simulator.sendCallback(taskId, { body: forged, times: 5, atOnce: true });
		expect(answers.map(({ status }) => status)).toEqual(Array(5).fill(200));
		const repeated = await simulator.sendCallback(taskId);
		expect(repeated[0]).toMatchObject({ status: 200, answer: expect.stringMatching(/before/) });

		const runs = await runsOf(n8n, listener);
		expect(runs).toHaveLength(1);
		const [item] = nodeOutput(runs[0], 'APIXO Trigger', { output: 1 });
		expect(item.json).toMatchObject({
			taskId,
			model: MODEL,
			state: 'failed',
			failCode: expect.any(String),
			resultUrls: [],
			reference: 'order 7',
			deliveredBy: 'callback',
		});
	});

	it('fetches the task no more once it has started the workflow', async () => {
		const listener = await createListener(n8n, { credential, parameters: confirming });
		const taskId = await finishedTask(simulator, { callbackUrl: signed(listener.url, simulator) });
		await simulator.sendCallback(taskId, { times: 3 });
		expect(simulator.task(taskId).statusCalls).toBe(1);
		expect(await runsOf(n8n, listener)).toHaveLength(1);
	});

	it('starts nothing that the API does not confirm', async () => {
		const listener = await createListener(n8n, { credential, parameters: confirming });
		const callbackUrl = signed(listener.url, simulator);
		expect(await post(callbackUrl, callbackOf('invented', 'success'))).toMatchObject({
			status: 400,
			message: expect.stringMatching(/can't find this task of model 'nano-banana'/),
		});
		const running = await submitTask(simulator, { callbackUrl, plan: { outcome: 'never' } });
		expect(await post(callbackUrl, callbackOf(running, 'success'))).toMatchObject({
			status: 503,
			message: expect.stringMatching(/send the callback again/),
		});
		expect(await api.listExecutions(listener.workflowId)).toEqual([]);
	});

	it('asks APIXO to send again while the API cannot be reached, and starts the workflow then', async () => {
		const listener = await createListener(n8n, { credential, parameters: confirming });
		const unreachable = { kind: 'http' as const, status: 503, retryAfterSeconds: 30 };
		const taskId = await finishedTask(simulator, {
			callbackUrl: signed(listener.url, simulator),
			plan: { statusFaults: [unreachable] },
		});
		const [first] = await simulator.sendCallback(taskId);
		expect(first).toMatchObject({
			status: 503,
			answer: expect.stringMatching(/send the callback again/),
		});
		expect(await api.listExecutions(listener.workflowId)).toEqual([]);
		const [second] = await simulator.sendCallback(taskId);
		expect(second.status).toBe(200);
		expect(await runsOf(n8n, listener)).toHaveLength(1);
	});

	it('needs the model in the URL', async () => {
		const listener = await createListener(n8n, {
			credential,
			parameters: { ...confirming, authentication: 'none' },
		});
		expect(await post(listener.url, callbackOf('a', 'success'))).toMatchObject({
			status: 400,
			message: expect.stringMatching(/which model/),
		});
		expect(await api.listExecutions(listener.workflowId)).toEqual([]);
	});
});
