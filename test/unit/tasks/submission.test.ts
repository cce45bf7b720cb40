import { createClient } from '../../../nodes/shared/api/client';
import { openLedger } from '../../../nodes/shared/tasks/ledger';
import { submitOrTakeUp } from '../../../nodes/shared/tasks/submission';
import { FakeTiming } from '../support/fakeTiming';
import { fakeTransport, networkError, http, success, type Scripted } from '../support/fakeTransport';

const BODY = { request_type: 'async' as const, input: { prompt: 'a red fox' } };
const REQUEST = { itemIndex: 0, model: 'nano-banana', fingerprint: 'f1', body: BODY };

/** A node whose tries share what n8n keeps for the execution. */
function node(...script: [Scripted, ...Scripted[]]) {
	const timing = new FakeTiming(1_000);
	const transport = fakeTransport(...script);
	const context = {};
	return {
		timing,
		submits: () => transport.requests.length,
		tryToSubmit: async (executionId = 'e1', request = REQUEST, runIndex = 0) =>
			await submitOrTakeUp(
				createClient(transport, 'https://api.example.com', timing),
				openLedger(context, executionId, runIndex),
				request,
				timing,
			),
	};
}

it('submits once and takes the task up at the next try', async () => {
	const { tryToSubmit, submits, timing } = node(success({ taskId: 't', state: 'processing' }));
	const task = { taskId: 't', model: 'nano-banana', submittedAtMs: 1_000 };
	expect(await tryToSubmit()).toEqual({ ok: true, task, state: 'processing' });
	await timing.sleep(60_000);
	expect(await tryToSubmit()).toEqual({ ok: true, task });
	expect(await tryToSubmit('e1', { ...REQUEST, fingerprint: 'changed' })).toEqual({
		ok: true,
		task,
	});
	expect(await tryToSubmit('e2')).toEqual({ ok: true, task });
	expect(submits()).toBe(1);
});

it('counts the time of a task from the answer, and keeps what else came', async () => {
	const { tryToSubmit, timing } = node(http(503, ''), async () => {
		await timing.sleep(4_000);
		return success({ taskId: 't', voice_id: 'v' });
	});
	expect(await tryToSubmit()).toMatchObject({
		task: { submittedAtMs: 1_000 + 500 + 4_000, extra: { voice_id: 'v' } },
	});
});

it.each<[string, Scripted]>([
	['a reset connection', networkError('ECONNRESET', 'read')],
	['HTTP 500', http(500, { code: 500, message: 'Internal error' })],
	['HTML', http(200, '<html></html>')],
	['no task id', success({})],
])('never sends again after %s', async (_, answer) => {
	const { tryToSubmit, submits } = node(answer, success({ taskId: 'second' }));
	const first = await tryToSubmit();
	expect(first).toMatchObject({
		ok: false,
		explanation: { message: expect.stringContaining('Nobody can tell whether APIXO accepted') },
	});
	const second = await tryToSubmit();
	expect(second).toMatchObject({
		ok: false,
		explanation: { message: expect.stringContaining('that an earlier try sent') },
	});
	expect((await tryToSubmit('e2')).ok).toBe(false);
	expect(submits()).toBe(1);
});

it.each<[string, Scripted]>([
	['HTTP 400', http(400, { code: 400, message: 'Invalid request' })],
	['HTTP 401', http(401, { code: 401, message: 'Invalid API key' })],
	['low balance', http(400, { code: 400, message: 'Insufficient credits', data: null })],
	['HTTP 404', http(404, '')],
])('submits anew at the next try after %s, which accepted nothing', async (_, answer) => {
	const { tryToSubmit, submits } = node(answer, success({ taskId: 'second' }));
	expect((await tryToSubmit()).ok).toBe(false);
	expect(await tryToSubmit()).toMatchObject({ ok: true, task: { taskId: 'second' } });
	expect(submits()).toBe(2);
});

it('submits anew after tries that never reached APIXO', async () => {
	const refused = networkError('ECONNREFUSED', 'connect');
	const { tryToSubmit, submits } = node(
		refused,
		refused,
		refused,
		refused,
		refused,
		refused,
		success({ taskId: 'seventh' }),
	);
	expect((await tryToSubmit()).ok).toBe(false);
	expect(submits()).toBe(6);
	expect(await tryToSubmit()).toMatchObject({ ok: true, task: { taskId: 'seventh' } });
});

it('submits anew for a changed request in a retried execution, and for another run or item', async () => {
	const { tryToSubmit, submits } = node(
		success({ taskId: 'a' }),
		success({ taskId: 'b' }),
		success({ taskId: 'c' }),
		success({ taskId: 'd' }),
	);
	await tryToSubmit();
	expect(await tryToSubmit('e1', REQUEST, 1)).toMatchObject({ task: { taskId: 'b' } });
	expect(await tryToSubmit('e1', { ...REQUEST, itemIndex: 1 })).toMatchObject({
		task: { taskId: 'c' },
	});
	expect(await tryToSubmit('e2', { ...REQUEST, fingerprint: 'mended' })).toMatchObject({
		task: { taskId: 'd' },
	});
	expect(submits()).toBe(4);
});

it('has noted the request before it goes out, and the task before anyone else learns of it', async () => {
	const context: { submitted?: Record<string, Record<string, object>> } = {};
	const noted: unknown[] = [];
	const timing = new FakeTiming();
	const transport = fakeTransport(() => {
		noted.push(structuredClone(context.submitted?.run0[0]));
		return success({ taskId: 't' });
	});
	const client = createClient(transport, 'https://api.example.com', timing);
	await submitOrTakeUp(client, openLedger(context, 'e1', 0), REQUEST, timing);
	expect(noted).toEqual([{ executionId: 'e1', fingerprint: 'f1' }]);
	expect(context.submitted?.run0[0]).toMatchObject({ task: { taskId: 't' } });
});

it('submits anew where the execution was cancelled while nothing was under way', async () => {
	const { tryToSubmit, submits, timing } = node(
		() => {
			timing.cancel(new Error('cancelled'));
			return http(503, '');
		},
		success({ taskId: 'second' }),
	);
	await expect(tryToSubmit()).rejects.toThrow('cancelled');
	expect(submits()).toBe(1);
	expect(await tryToSubmit('e2')).toMatchObject({ ok: true, task: { taskId: 'second' } });
});
