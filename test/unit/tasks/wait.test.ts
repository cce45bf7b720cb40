import { createClient } from '../../../nodes/shared/api/client';
import type { Transport } from '../../../nodes/shared/api/transport';
import { pollingFigures } from '../../../nodes/shared/models/pollingFigures';
import { GUIDE_BACKOFF_FACTOR, type PollSchedule } from '../../../nodes/shared/tasks/schedule';
import { waitForTask } from '../../../nodes/shared/tasks/wait';
import { fakeApi } from '../support/fakeApi';
import { FakeTiming } from '../support/fakeTiming';
import { fakeTransport, networkError, http, success, type Scripted } from '../support/fakeTransport';

const EVERY_10_S: PollSchedule = {
	strategy: 'fixed',
	initialWaitSeconds: 5,
	intervalSeconds: 10,
	backoffFactor: 1,
	maxIntervalSeconds: 10,
	timeoutSeconds: 40,
};
const running = (state = 'processing') => success({ taskId: 't', state });
const DONE = success({ taskId: 't', state: 'success', resultJson: '{"resultUrls":["u"]}' });

const START_MS = 5_000_000;

/** Waits for a task that was submitted `sinceSeconds` ago, and tells when it was looked at. */
async function waitWith(script: [Scripted, ...Scripted[]], sinceSeconds = 0) {
	const timing = new FakeTiming(START_MS);
	const looks: number[] = [];
	const submittedAtMs = START_MS - sinceSeconds * 1000;
	const scripted = fakeTransport(...script);
	const transport: Transport = {
		...scripted,
		async send(request) {
			looks.push((timing.now() - submittedAtMs) / 1000);
			return await scripted.send(request);
		},
	};
	const client = createClient(transport, 'https://api.example.com/api/v1', timing);
	const outcome = await waitForTask(
		client,
		{ taskId: 't', model: 'm', submittedAtMs },
		EVERY_10_S,
		timing,
	);
	return { outcome, polls };
}

describe('the end of a wait', () => {
	it.each([
		['success', DONE, { kind: 'success', answer: { state: 'success' } }],
		[
			'failed',
			success({ taskId: 't', state: 'failed', failCode: 'NSFW' }),
			{ kind: 'failed', answer: { state: 'failed', failCode: 'NSFW' } },
		],
	])('comes with the state %s', async (_, last, expected) => {
		const { outcome, polls } = await waitWith([running('pending'), running(), last]);
		expect(outcome).toMatchObject(expected);
		expect(looks).toEqual([5, 15, 25]);
	});

	it('does not come with a state that nobody has documented', async () => {
		const { outcome } = await waitWith([running('processing_r2'), running('SUCCESS'), DONE]);
		expect(outcome.kind).toBe('success');
	});

	it('comes with the limit, which keeps the last state', async () => {
		const { outcome, polls } = await waitWith([running('pending'), running('processing_r2')]);
		expect(outcome).toMatchObject({
			kind: 'timedOut',
			timeoutSeconds: 40,
			answer: { state: 'processing_r2' },
		});
		expect(looks).toEqual([5, 15, 25, 35, 40]);
	});

	it('may come with the look at the limit', async () => {
		const { outcome, polls } = await waitWith([running(), running(), running(), running(), DONE]);
		expect(outcome.kind).toBe('success');
		expect(looks.at(-1)).toBe(40);
	});
});

describe('looks that are overdue', () => {
	it('become one at once', async () => {
		const { outcome, polls } = await waitWith([running(), DONE], 27);
		expect(outcome.kind).toBe('success');
		expect(looks).toEqual([27, 35]);
	});

	it('are none where the next is due now', async () => {
		expect((await waitWith([running(), DONE], 25)).looks).toEqual([25, 35]);
	});

	it('become one after the limit, too', async () => {
		const done = await waitWith([DONE], 4_000);
		expect(done).toMatchObject({ outcome: { kind: 'success' }, looks: [4_000] });
		const stillRunning = await waitWith([running()], 4_000);
		expect(stillRunning).toMatchObject({ outcome: { kind: 'timedOut' }, looks: [4_000] });
	});

	it('become one after a slow answer', async () => {
		const timing = new FakeTiming();
		const looks: number[] = [];
		const transport = fakeTransport(async () => {
			looks.push(timing.now() / 1000);
			await timing.sleep(looks.length === 1 ? 22_000 : 0);
			return looks.length < 4 ? running() : DONE;
		});
		const client = createClient(transport, 'https://api.example.com', timing);
		const task = { taskId: 't', model: 'm', submittedAtMs: 0 };
		expect((await waitForTask(client, task, EVERY_10_S, timing)).kind).toBe('success');
		expect(looks).toEqual([5, 27, 35, 40]);
	});
});

describe('looks that fail', () => {
	it('are made up for, and the schedule goes on', async () => {
		const { outcome, polls } = await waitWith([
			networkError('ECONNRESET', 'read'),
			http(503, ''),
			running(),
			http(500, ''),
			DONE,
		]);
		expect(outcome.kind).toBe('success');
		expect(looks).toEqual([5, 5.5, 6.5, 15, 15.5]);
	});

	it('end the wait where six in a row did', async () => {
		const { outcome, polls } = await waitWith([http(503, '')]);
		expect(outcome).toMatchObject({ kind: 'unknown', failure: { kind: 'unavailable' } });
		expect(looks).toEqual([5, 5.5, 6.5, 8.5, 12.5, 20.5]);
	});

	it.each([401, 403, 404])('end the wait at once with HTTP %i', async (status) => {
		const { outcome, polls } = await waitWith([http(status, { code: status, message: 'No' })]);
		expect(outcome).toMatchObject({ kind: 'unknown', failure: { status } });
		expect(looks).toHaveLength(1);
	});

	it('end it at the last look, too, with 404', async () => {
		const { outcome } = await waitWith([http(404, '')], 4_000);
		expect(outcome).toMatchObject({ kind: 'unknown', failure: { kind: 'notFound' } });
	});

	it('at the limit leave what was seen last', async () => {
		const { outcome } = await waitWith([
			running(),
			running(),
			running(),
			running('processing_r2'),
			http(503, ''),
		]);
		expect(outcome).toMatchObject({ kind: 'timedOut', answer: { state: 'processing_r2' } });
	});

	it('at the limit leave nothing where nothing was seen', async () => {
		const { outcome } = await waitWith([http(503, '')], 4_000);
		expect(outcome).toEqual({ kind: 'timedOut', timeoutSeconds: 40 });
	});

	it('never make the wait longer than its limit, however slow each answer is', async () => {
		const timing = new FakeTiming();
		const transport = fakeTransport(async ({ timeoutMs }) => {
			await timing.sleep(timeoutMs);
			return networkError('ECONNABORTED');
		});
		const client = createClient(transport, 'https://api.example.com', timing);
		const task = { taskId: 't', model: 'm', submittedAtMs: 0 };
		const outcome = await waitForTask(client, task, EVERY_10_S, timing);
		expect(outcome.kind).toBe('timedOut');
		// The last looks have 5 s each, or they could never be answered.
		expect(timing.now()).toBeLessThanOrEqual((40 + 10) * 1000);
	});
});

it('rejects when the run is cancelled, and looks no more', async () => {
	const timing = new FakeTiming();
	const transport = fakeTransport(() => {
		timing.cancel(new Error('cancelled'));
		return running();
	});
	const client = createClient(transport, 'https://api.example.com', timing);
	const task = { taskId: 't', model: 'm', submittedAtMs: 0 };
	await expect(waitForTask(client, task, EVERY_10_S, timing)).rejects.toThrow('cancelled');
	expect(transport.requests).toHaveLength(1);
});

it('waits for many tasks together as long as for the longest', async () => {
	const seconds = [20, 7, 33, 20, 1];
	const timing = new FakeTiming();
	const { client, polls } = fakeApi(timing, seconds);
	const figures = pollingFigures(undefined, 'image');
	const schedule = {
		strategy: 'backoff' as const,
		backoffFactor: GUIDE_BACKOFF_FACTOR,
		...figures,
	};
	const body = { request_type: 'async' as const, input: {} };
	const kinds = await Promise.all(
		seconds.map(async () => {
			const submitted = await client.submit('m', body);
			const taskId = submitted.ok ? submitted.data.taskId : '';
			const task = { taskId, model: 'm', submittedAtMs: timing.now() };
			return (await waitForTask(client, task, schedule, timing)).kind;
		}),
	);
	expect(kinds).toEqual(seconds.map(() => 'success'));
	expect(timing.now() / 1000).toBeLessThan(33 + 5.5);
	expect(seconds.map((_, index) => polls(`task-${index}`).length)).toEqual([5, 2, 7, 5, 1]);
});
