import { request } from 'undici';
import { type Stage, openStage, runOf } from '../action/support.cts';
import { manualTrigger, noOp, workflow } from '../harness/workflows.cts';
import {
	type PausedRun,
	TIMER_WITHIN_MS,
	finish,
	isPaused,
	numbered,
	pairs,
	pairsOf,
	pause,
	pauseWorkflow,
	pausing,
	untilPaused,
	UNTIL_TOLD,
} from './support.cts';

const next = noOp({ name: 'Next' });
const runsOfNext = async ({ api }: Stage, executionId: string) =>
	(await api.getExecution(executionId)).runData.Next?.length ?? 0;

const envelope = (data: object) => ({ code: 200, message: 'success', data });

/** Sends a body to a callback URL, and returns the status of the answer. */
async function post(url: string, body: unknown, method: 'GET' | 'POST' = 'POST'): Promise<number> {
	const text = typeof body === 'string' ? body : JSON.stringify(body);
	const answer = await request(url, {
		method,
		headers: { 'content-type': 'application/json' },
		body: method === 'POST' ? text : undefined,
	});
	await answer.body.dump();
	return answer.statusCode;
}

describe('a callback that is delivered more than once', () => {
	/** An execution whose task is called back 20 times at once. */
	async function calledBack20Times() {
		const stage = await openStage({
			defaults: { seconds: 3_600, callback: { times: 20, atOnce: true } },
		});
		const run = await pause(stage, { then: [next] });
		finish(stage, 'a red fox');
		const { status } = await stage.api.waitForExecution(run.executionId);
		expect(status).toBe('success');
		return { stage, ...run };
	}

	it.concurrent('resumes the execution once, when it comes 20 times at once', async () => {
		const { stage, executionId, workflowId } = await calledBack20Times();
		const { callbackAttempts } = stage.taskOf('a red fox');
		await stage.simulator.until(() => callbackAttempts.length >= 20);
		expect(callbackAttempts.map(({ status }) => status)).toContain(200);
		expect(await runsOfNext(stage, executionId)).toBe(1);
		expect(await stage.api.listExecutions(workflowId)).toHaveLength(1);
		expect(stage.simulator.counts()).toMatchObject({ generateTask: 1, statusTask: 1 });
	});

	it.concurrent('changes nothing when it comes after the end of the execution', async () => {
		const { stage, executionId } = await calledBack20Times();
		const { taskId } = stage.taskOf('a red fox');
		const late = await stage.simulator.sendCallback(taskId, { times: 3 });
		expect(late.map(({ status }) => status)).toEqual([409, 409, 409]);
		expect(await runsOfNext(stage, executionId)).toBe(1);
		expect(stage.simulator.counts()).toMatchObject({ generateTask: 1, statusTask: 1 });
	});

	it.concurrent('does not resume a second node of the same execution', async () => {
		const stage = await openStage(UNTIL_TOLD);
		const definition = workflow({
			name: 'Two in a row',
			nodes: [
				manualTrigger({ name: 'Prompts', items: [{ prompt: 'first' }] }),
				stage.node({ name: 'First', parameters: pausing() }),
				stage.node({ parameters: pausing({ prompt: 'second' }) }),
				next,
			],
		});
		const run = await pauseWorkflow(stage, definition);
		const { taskId } = stage.taskOf('first');
		finish(stage, 'first');
		await untilPaused(stage, run.executionId, 2);

		const late = await stage.simulator.sendCallback(taskId, { times: 5, atOnce: true });
		expect(late.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404]);
		expect(await isPaused(stage, run)).toBe(true);

		finish(stage, 'second');
		const { output } = runOf(await stage.api.waitForExecution(run.executionId));
		expect(output[0].json.taskId).toBe(stage.taskOf('second').taskId);
		expect(await runsOfNext(stage, run.executionId)).toBe(1);
		expect(stage.submits).toBe(2);
	});

	it.concurrent('does not resume while other tasks of the run are under way', async () => {
		const stage = await openStage(UNTIL_TOLD);
		const run = await pause(stage, { items: numbered(3), then: [pairs] });
		finish(stage, 'prompt 1');
		await stage.simulator.until(() => stage.taskOf('prompt 1').callbackAttempts.length === 1);
		const again = await stage.simulator.sendCallback(stage.taskOf('prompt 1').taskId, { times: 3 });
		expect(again.map(({ status }) => status)).toEqual([200, 200, 200]);
		expect(await isPaused(stage, run)).toBe(true);
		finish(stage, 'prompt 0');
		finish(stage, 'prompt 2');
		expect(pairsOf(await stage.api.waitForExecution(run.executionId))).toEqual([0, 1, 2]);
	});
});

describe('a request to the callback URL that is no callback of a task that is waited for', () => {
	const MAX_BODY_BYTES = 10 * 1024 * 1024;

	interface Call {
		url: string;
		taskId: string;
		/** A callback that would be true once the task is done. */
		success: object;
	}

	interface Case {
		what: string;
		status: number;
		send: (call: Call) => Promise<number>;
	}

	const withoutToken = (url: string) => url.replace(/\?.*/, '');
	const cases: Case[] = [
		{
			what: 'without a token',
			status: 401,
			send: async ({ url, success }) => await post(withoutToken(url), success),
		},
		{
			what: 'with a wrong token',
			status: 401,
			send: async ({ url, success }) =>
				await post(`${withoutToken(url)}?signature=${'0'.repeat(64)}`, success),
		},
		{
			what: 'with a path that names no node',
			status: 404,
			send: async ({ url, success }) => await post(url.replace(/\/[^/?]+\?/, '?'), success),
		},
		{ what: 'by GET', status: 404, send: async ({ url }) => await post(url, '', 'GET') },
		{
			what: 'about an unfinished state',
			status: 200,
			send: async ({ url, taskId }) => await post(url, envelope({ taskId, state: 'processing' })),
		},
		{
			what: 'about a state that APIXO does not have',
			status: 200,
			send: async ({ url, taskId }) => await post(url, envelope({ taskId, state: 'success ' })),
		},
		{
			what: 'about a task that the execution does not have',
			status: 404,
			send: async ({ url }) => await post(url, envelope({ taskId: '__proto__', state: 'success' })),
		},
		{
			what: 'of malformed JSON',
			status: 422,
			send: async ({ url }) => await post(url, '{"code": 200, "data": {'),
		},
		{ what: 'with an empty body', status: 400, send: async ({ url }) => await post(url, '') },
		{ what: 'of a text', status: 400, send: async ({ url }) => await post(url, '"success"') },
		{
			what: 'of a list',
			status: 400,
			send: async ({ url, success }) => await post(url, [success]),
		},
		{
			what: 'without data',
			status: 400,
			send: async ({ url }) => await post(url, { code: 200, message: 'success' }),
		},
		{
			what: 'with a task ID that is a list',
			status: 400,
			send: async ({ url, taskId }) =>
				await post(url, envelope({ taskId: [taskId], state: 'success' })),
		},
		{
			what: 'of over 10 MB',
			status: 400,
			send: async ({ url, success }) =>
				await post(url, { ...success, padding: 'x'.repeat(MAX_BODY_BYTES) }),
		},
		{
			what: 'of more than n8n takes',
			status: 500,
			send: async ({ url, success }) =>
				await post(url, { ...success, padding: 'x'.repeat(2 * MAX_BODY_BYTES) }),
		},
	];

	// All of them meet one execution, which must have survived each one before.
	let stage: Stage;
	let run: PausedRun;
	let call: Call;

	beforeAll(async () => {
		stage = await openStage(UNTIL_TOLD);
		run = await pause(stage, { then: [next] });
		const { taskId, callbackUrl } = stage.taskOf('a red fox');
		const success = envelope({ taskId, state: 'success', resultJson: '{"resultUrls":[]}' });
		call = { url: String(callbackUrl), taskId, success };
	});

	it.each(cases)('$what is answered $status and leaves it paused', async ({ status, send }) => {
		expect(await send(call)).toBe(status);
		expect(await isPaused(stage, run)).toBe(true);
	});

	it("about another execution's task is answered 404 and leaves both as they are", async () => {
		const other = await pause(stage, { items: [{ prompt: 'a blue fox' }] });
		const { taskId } = stage.taskOf('a blue fox');
		expect(await post(call.url, envelope({ taskId, state: 'success' }))).toBe(404);
		expect(await isPaused(stage, run)).toBe(true);
		expect(await isPaused(stage, other)).toBe(true);
	});

	it('does not keep the true one from resuming the execution', async () => {
		finish(stage, 'a red fox');
		const execution = await stage.api.waitForExecution(run.executionId);
		const { taskId } = call;
		expect(runOf(execution).output[0].json).toMatchObject({ taskId, state: 'success' });
		expect(execution.runData.Next).toHaveLength(1);
		expect(stage.statusCalls).toBe(1);
	});
});

it(
	'a callback that claims the end of an unfinished task costs one status request and pauses again',
	async () => {
		const stage = await openStage(UNTIL_TOLD);
		const run = await pause(stage, { then: [next] });
		const { taskId, callbackUrl } = stage.taskOf('a red fox');
		expect(await post(String(callbackUrl), envelope({ taskId, state: 'success' }))).toBe(200);
		await stage.simulator.until(() => stage.statusCalls === 1);
		await untilPaused(stage, run.executionId);
		expect(await runsOfNext(stage, run.executionId)).toBe(0);

		finish(stage, 'a red fox');
		// The next poll is due after 10 s: where that is past, n8n's timer comes first.
		const execution = await stage.api.waitForExecution(run.executionId, {
			timeoutMs: TIMER_WITHIN_MS,
		});
		const { output } = runOf(execution);
		expect(output[0].json).toMatchObject({ taskId, state: 'success', deliveredBy: 'callback' });
		expect(stage.submits).toBe(1);
	},
	2 * TIMER_WITHIN_MS,
);

it('a callback that comes before the pause is refused, comes again, and resumes the execution', async () => {
	// APIXO tries again after 30 s: here after 3 s.
	const stage = await openStage({
		timeScale: 10,
		defaults: { seconds: 0, submitFaults: [{ kind: 'hang', seconds: 1 }] },
	});
	const { executionId } = await stage.start({ parameters: pausing() });
	const { output } = runOf(await stage.api.waitForExecution(executionId));
	expect(output[0].json).toMatchObject({ state: 'success', deliveredBy: 'callback' });
	const { callbackAttempts } = stage.taskOf('a red fox');
	expect(callbackAttempts[0].status).toBeGreaterThanOrEqual(400);
	expect(callbackAttempts.at(-1)?.status).toBe(200);
	expect(stage.simulator.counts()).toMatchObject({ generateTask: 1, statusTask: 1 });
});
