import type { Session } from '../../../../nodes/Apixo/run/session';
import { submit } from '../../../../nodes/Apixo/run/submit';
import type { Completion } from '../../../../nodes/Apixo/options/waiting';
import type { SubmittedTask } from '../../../../nodes/shared/api/client';
import type { Answer, ApiFailure } from '../../../../nodes/shared/api/failure';
import { FakeTiming } from '../../support/fakeTiming';
import { FakeExecution } from '../fakeExecution';
import { EVERY_10_S, settings } from '../states';

/** Submits item 3 at 1 s; the answer comes at 5 s. */
async function submitFor(answer: Answer<SubmittedTask>, completion: Completion = 'auto') {
	const timing = new FakeTiming(1_000);
	const execution = new FakeExecution();
	const client = {
		async submit() {
			await timing.sleep(4_000);
			return answer;
		},
		getBalance: async () => ({ ok: true, value: 0.02 }),
	};
	const session = { client, timing } as unknown as Session;
	const item = await submit(execution.context, session, {
		itemIndex: 3,
		model: 'nano-banana',
		body: { request_type: 'async', input: {} },
		schedule: () => EVERY_10_S,
		settings: settings(completion),
		fingerprint: 'request 3',
	});
	return { item, log: execution.log };
}

const accepted = (more: Partial<SubmittedTask> = {}): Answer<SubmittedTask> => ({
	ok: true,
	value: { taskId: 'b6c1', ...more },
});
const refused = (kind: ApiFailure['kind'], more: Partial<ApiFailure> = {}): Answer<never> => ({
	ok: false,
	error: { kind, message: 'words of APIXO', ...more },
});

describe('a request that APIXO accepts', () => {
	it('becomes a task, whose time counts from the answer', async () => {
		const { item } = await submitFor(accepted());
		expect(item).toMatchObject({
			status: 'task',
			itemIndex: 3,
			fingerprint: 'request 3',
			settings: settings('auto'),
			wait: {
				task: { taskId: 'b6c1', model: 'nano-banana', submittedAtMs: 5_000 },
				isOwn: true,
				startedAtMs: 5_000,
				nextPollAtMs: 10_000,
			},
		});
		expect(item).not.toHaveProperty('wait.outcome');
	});

	it('keeps what else came with the answer', async () => {
		const { item } = await submitFor(accepted({ submitData: { voice_id: 'v' } }));
		expect(item).toMatchObject({ wait: { task: { submitData: { voice_id: 'v' } } } });
	});

	it('is logged with execution, node, item, model and task', async () => {
		const { log } = await submitFor(accepted());
		expect(log).toEqual([
			"info: APIXO task b6c1 of model nano-banana is under way (execution execution 1, node 'APIXO', item 3)",
		]);
	});

	it.each([
		[undefined, 'running', 'pending'],
		['processing', 'running', 'processing'],
		['success', 'success', 'success'],
	])('is done with where nobody waits for it, with its state %j', async (state, kind, shown) => {
		const { item } = await submitFor(accepted({ state }), 'none');
		expect(item).toMatchObject({
			wait: { outcome: { kind, answer: { taskId: 'b6c1', state: shown } }, deliveredBy: 'submit' },
		});
	});
});

describe('a request that failed', () => {
	it.each<[string, Answer<never>]>([
		['no connection', refused('network', { neverSent: true })],
		['HTTP 400', refused('invalidRequest', { status: 400 })],
		['HTTP 401', refused('unauthorized', { status: 401 })],
		['HTTP 402', refused('lowBalance', { status: 402 })],
		['HTTP 404', refused('notFound', { status: 404 })],
		['HTTP 429 to the end', refused('rateLimited', { status: 429 })],
		['HTTP 503 to the end', refused('unavailable', { status: 503 })],
		['a redirect', refused('redirected', { status: 301 })],
	])('accepted nothing, and may be sent again: %s', async (_, answer) => {
		const { item, log } = await submitFor(answer);
		expect(item).toEqual({ status: 'refused', itemIndex: 3, explanation: expect.anything() });
		expect(log).toEqual([]);
	});

	it('for a low balance names what is left', async () => {
		const { item } = await submitFor(refused('lowBalance', { status: 402 }));
		expect(item).toHaveProperty(
			'explanation.message',
			expect.stringContaining('balance of USD 0.02 is too low'),
		);
	});

	it.each<[string, Answer<never>]>([
		['a broken connection', refused('network', { neverSent: false })],
		['HTTP 500', refused('serverError', { status: 500 })],
		['a page of a proxy', refused('unreadable', { status: 200 })],
		['HTTP 408', refused('invalidRequest', { status: 408 })],
		['HTTP 409', refused('invalidRequest', { status: 409 })],
	])('may have been accepted, and is never sent again: %s', async (_, answer) => {
		const { item } = await submitFor(answer);
		expect(item).toMatchObject({
			status: 'sending',
			itemIndex: 3,
			fingerprint: 'request 3',
			explanation: { message: expect.stringContaining('It is unclear') },
		});
	});
});
