import type { IWebhookFunctions } from 'n8n-workflow';

import { receive, type Reply } from '../../../nodes/ApixoTrigger/receive';
import { newNonce, signCallbackUrl, signingKey } from '../../../nodes/shared/callbacks/url';

/** A response of n8n that a test answers and closes. */
function createResponse() {
	const listeners: Array<() => void> = [];
	const response = {
		statusCode: 200,
		writableFinished: false,
		closed: false,
		once: (_event: string, listener: () => void) => listeners.push(listener),
		close(how: { statusCode: number; writableFinished: boolean }) {
			Object.assign(response, how, { closed: true });
			listeners.splice(0).forEach((listener) => listener());
		},
	};
	return response;
}

const SENT = { statusCode: 200, writableFinished: true };
const FAILED_TO_START = { statusCode: 500, writableFinished: true };
const SENDER_GONE = { statusCode: 200, writableFinished: false };

interface Delivery {
	taskId: string;
	state?: string;
	/** Instead of the body that says task and state. */
	body?: string;
	query?: Record<string, unknown>;
	response?: ReturnType<typeof createResponse>;
}

interface Trigger {
	parameters?: Record<string, unknown>;
	mode?: string;
	/** May be replaced meanwhile. */
	credential?: Record<string, unknown>;
	/** How n8n reads it. */
	readCredential?: () => Promise<Record<string, unknown>>;
}

let workflowCount = 0;

/** A trigger in a workflow of its own, without authentication unless told otherwise. */
function createTrigger(trigger: Trigger = {}) {
	const { parameters = {}, mode = 'webhook' } = trigger;
	const workflowId = `workflow ${workflowCount++}`;
	const values: Record<string, unknown> = {
		events: ['success', 'failed'],
		authentication: 'none',
		confirmWithApi: false,
		...parameters,
	};
	const fetched = { credentials: 0 };
	const deliver = async (delivery: Delivery): Promise<Reply> => {
		const { taskId, state = 'success', query = {}, response = createResponse() } = delivery;
		const body = delivery.body ?? JSON.stringify({ data: { taskId, state } });
		const context = {
			getRequestObject: () => ({ body: {}, rawBody: Buffer.from(body) }),
			getQueryData: () => query,
			getNodeParameter: (name: string, fallback?: unknown) => values[name] ?? fallback,
			getNode: () => ({
				id: 'node',
				name: 'APIXO Trigger',
				credentials: trigger.credential && { apixoApi: { id: '1', name: 'APIXO' } },
			}),
			getWorkflow: () => ({ id: workflowId }),
			getMode: () => mode,
			getResponseObject: () => response,
			getCredentials: async () => {
				fetched.credentials++;
				return await (trigger.readCredential?.() ?? trigger.credential);
			},
		};
		return await receive(context as unknown as IWebhookFunctions);
	};
	return { deliver, fetched };
}

const STARTED = { status: 200, start: expect.objectContaining({ output: expect.anything() }) };
const DROPPED = { status: 200, message: expect.stringMatching(/^Ignored: /) };

describe('a callback that comes again', () => {
	it('is dropped once n8n has answered 200', async () => {
		const { deliver } = createTrigger();
		const response = createResponse();
		expect(await deliver({ taskId: 'a', response })).toMatchObject(STARTED);
		response.close(SENT);
		expect(await deliver({ taskId: 'a' })).toEqual(DROPPED);
		expect(await deliver({ taskId: 'b' })).toMatchObject(STARTED);
	});

	it.each([
		['the run could not be started', FAILED_TO_START],
		['the sender did not stay for the answer', SENDER_GONE],
	])('starts the workflow when at the first time %s', async (_what, how) => {
		const { deliver } = createTrigger();
		const response = createResponse();
		expect(await deliver({ taskId: 'a', response })).toMatchObject(STARTED);
		response.close(how);
		expect(await deliver({ taskId: 'a' })).toMatchObject(STARTED);
	});

	it('starts the workflow when the sender of the first was gone before it was read', async () => {
		const { deliver } = createTrigger();
		const response = createResponse();
		response.close(SENDER_GONE);
		await deliver({ taskId: 'a', response });
		expect(await deliver({ taskId: 'a' })).toMatchObject(STARTED);
	});

	it.each([
		['dropped when that one has started it', SENT, DROPPED],
		['sent back when that one has not', FAILED_TO_START, { status: 503 }],
	])('while the first is under way is %s', async (_what, how, expected) => {
		const { deliver } = createTrigger();
		const response = createResponse();
		await deliver({ taskId: 'a', response });
		const second = deliver({ taskId: 'a' });
		response.close(how);
		expect(await second).toMatchObject(expected);
	});

	it.each<[string, Trigger]>([
		['without deduplication', { parameters: { 'options.deduplication': false } }],
		['in a test run', { mode: 'manual' }],
	])('starts the workflow %s', async (_what, options) => {
		const { deliver } = createTrigger(options);
		const response = createResponse();
		await deliver({ taskId: 'a', response });
		response.close(SENT);
		expect(await deliver({ taskId: 'a' })).toMatchObject(STARTED);
	});

	it('starts the workflow of another trigger', async () => {
		const response = createResponse();
		await createTrigger().deliver({ taskId: 'a', response });
		response.close(SENT);
		expect(await createTrigger().deliver({ taskId: 'a' })).toMatchObject(STARTED);
	});
});

const CREDENTIAL = { apiKey: 'key', baseUrl: 'https://api.apixo.ai/api/v1', callbackSecret: '' };
const SIGNED = { authentication: 'signed' };

function signedQuery(nonce = newNonce()): Record<string, string> {
	const url = signCallbackUrl(
		'https://n8n.example.com/hook',
		{ model: 'nano-banana', reference: 'order 7', nonce },
		signingKey(CREDENTIAL),
	);
	return Object.fromEntries(new URL(url).searchParams);
}

describe('a signed URL', () => {
	it('belongs to the first task whose callback it brought', async () => {
		const { deliver } = createTrigger({ parameters: SIGNED, credential: CREDENTIAL });
		const query = signedQuery();
		expect(await deliver({ taskId: 'a', query })).toMatchObject({
			start: {
				output: { taskId: 'a', model: 'nano-banana', reference: 'order 7' },
				nonce: query.apixo_nonce,
			},
		});
		const other = await deliver({ taskId: 'b', query });
		expect(other).toMatchObject({ status: 409, taskId: 'b' });
		expect(other.start).toBeUndefined();
		expect(await deliver({ taskId: 'a', state: 'failed', query })).toMatchObject(STARTED);
		expect(await deliver({ taskId: 'b', query: signedQuery() })).toMatchObject(STARTED);
	});

	it('starts one workflow when two tasks come with it at the same moment', async () => {
		const { deliver } = createTrigger({ parameters: SIGNED, credential: CREDENTIAL });
		const query = signedQuery();
		const taskIds = ['a', 'b', 'c'];
		const replies = await Promise.all(
			taskIds.map(async (taskId) => await deliver({ taskId, query })),
		);
		expect(replies.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
	});

	it.each<[string, Trigger]>([
		['another trigger of the credential', { parameters: SIGNED }],
		[
			'a trigger without deduplication',
			{ parameters: { ...SIGNED, 'options.deduplication': false } },
		],
	])('starts nothing for another task at %s', async (_what, options) => {
		const query = signedQuery();
		const first = createTrigger({ parameters: SIGNED, credential: CREDENTIAL });
		await first.deliver({ taskId: 'a', query });
		const { deliver } = createTrigger({ ...options, credential: CREDENTIAL });
		expect(await deliver({ taskId: 'b', query })).toMatchObject({ status: 409 });
	});

	// docs/trigger.md, "What a leaked URL can do".
	it('that brought a made-up result of the real task makes its callback a duplicate', async () => {
		const { deliver } = createTrigger({ parameters: SIGNED, credential: CREDENTIAL });
		const query = signedQuery();
		const response = createResponse();
		expect(await deliver({ taskId: 'a', query, response })).toMatchObject(STARTED);
		response.close(SENT);
		expect(await deliver({ taskId: 'a', query })).toEqual(DROPPED);
	});

	it('starts any number of workflows for its task without deduplication', async () => {
		const parameters = { ...SIGNED, 'options.deduplication': false };
		const { deliver } = createTrigger({ parameters, credential: CREDENTIAL });
		const query = signedQuery();
		for (let count = 0; count < 3; count++) {
			expect(await deliver({ taskId: 'a', query })).toMatchObject(STARTED);
		}
	});

	it('starts a workflow for its task at another trigger of the credential', async () => {
		const query = signedQuery();
		for (let count = 0; count < 2; count++) {
			const { deliver } = createTrigger({ parameters: SIGNED, credential: CREDENTIAL });
			expect(await deliver({ taskId: 'a', query })).toMatchObject(STARTED);
		}
	});

	it.each(['processing', 'exploded'])('is not used up by the state %s', async (state) => {
		const { deliver } = createTrigger({ parameters: SIGNED, credential: CREDENTIAL });
		const query = signedQuery();
		expect(await deliver({ taskId: 'b', state, query })).toEqual(DROPPED);
		expect(await deliver({ taskId: 'a', query })).toMatchObject(STARTED);
	});
});

describe('what needs no credential is refused before it is fetched', () => {
	const query = signedQuery();
	it.each<[string, Omit<Delivery, 'taskId'>, number]>([
		['no signature', {}, 401],
		['half a signature', { query: { ...query, apixo_sig: query.apixo_sig.slice(32) } }, 401],
		['two signatures', { query: { ...query, apixo_sig: [query.apixo_sig, 'x'] } }, 401],
		['no JSON', { query, body: 'hello' }, 400],
		['no task', { query, body: '{"data":{}}' }, 400],
		['an unfinished state', { query, state: 'processing' }, 200],
		['an event that is not selected', { query, state: 'failed' }, 200],
	])('%s', async (_what, delivery, status) => {
		const { deliver, fetched } = createTrigger({
			parameters: { ...SIGNED, events: ['success'] },
			credential: CREDENTIAL,
		});
		const reply = await deliver({ taskId: 'a', ...delivery });
		expect(reply).toMatchObject({ status });
		expect(reply.start).toBeUndefined();
		expect(fetched.credentials).toBe(0);
	});

	it('a wrong signature is found with the credential alone', async () => {
		const { deliver, fetched } = createTrigger({ parameters: SIGNED, credential: CREDENTIAL });
		const forged = { ...query, apixo_ref: 'order 8' };
		expect(await deliver({ taskId: 'a', query: forged })).toMatchObject({ status: 401 });
		expect(fetched.credentials).toBe(1);
	});
});

describe('the credential of callbacks that come together', () => {
	const REPLACED = { ...CREDENTIAL, callbackSecret: 'new' };
	afterEach(() => jest.useRealTimers());

	it('is read once', async () => {
		const { deliver, fetched } = createTrigger({ parameters: SIGNED, credential: CREDENTIAL });
		const taskIds = Array.from({ length: 20 }, (_, index) => `task ${index}`);
		const replies = await Promise.all(
			taskIds.map((taskId) => deliver({ taskId, query: signedQuery() })),
		);
		expect(replies).toEqual(taskIds.map(() => expect.objectContaining(STARTED)));
		expect(fetched.credentials).toBe(1);
	});

	it('is read for each workflow, since an expression may mean something else there', async () => {
		const triggers = [CREDENTIAL, REPLACED].map((credential) =>
			createTrigger({ parameters: SIGNED, credential }),
		);
		const replies = await Promise.all(
			triggers.map(({ deliver }) => deliver({ taskId: 'a', query: signedQuery() })),
		);
		expect(replies.map(({ status }) => status)).toEqual([200, 401]);
		expect(triggers.map(({ fetched }) => fetched.credentials)).toEqual([1, 1]);
	});

	it('is read by each where reading it failed for the first', async () => {
		const failure = async () => {
			trigger.readCredential = undefined;
			throw new Error('no connection to the database');
		};
		const trigger: Trigger = {
			parameters: SIGNED,
			credential: CREDENTIAL,
			readCredential: failure,
		};
		const { deliver } = createTrigger(trigger);
		const first = deliver({ taskId: 'a', query: signedQuery() });
		const second = deliver({ taskId: 'b', query: signedQuery() });
		await expect(first).rejects.toThrow('no connection to the database');
		expect(await second).toMatchObject(STARTED);
	});

	it('is accepted at once when it is new, and for 5 s when it is replaced', async () => {
		jest.useFakeTimers();
		const trigger: Trigger = { parameters: SIGNED, credential: CREDENTIAL };
		const { deliver } = createTrigger(trigger);
		await deliver({ taskId: 'a', query: signedQuery() });
		trigger.credential = REPLACED;
		jest.advanceTimersByTime(5_000);
		expect(await deliver({ taskId: 'b', query: signedQuery() })).toMatchObject(STARTED);
		jest.advanceTimersByTime(1);
		expect(await deliver({ taskId: 'c', query: signedQuery() })).toMatchObject({ status: 401 });
		trigger.credential = CREDENTIAL;
		expect(await deliver({ taskId: 'd', query: signedQuery() })).toMatchObject(STARTED);
	});
});

describe('the credential of a trigger that only checks signatures', () => {
	it.each([
		['a broken base URL', { ...CREDENTIAL, baseUrl: 'nonsense' }],
		['no base URL', { apiKey: CREDENTIAL.apiKey }],
		['spaces round its key', { ...CREDENTIAL, apiKey: ' key ' }],
	])('may have %s', async (_what, credential) => {
		const { deliver } = createTrigger({ parameters: SIGNED, credential });
		expect(await deliver({ taskId: 'a', query: signedQuery() })).toMatchObject(STARTED);
	});

	it('needs a key', async () => {
		const { deliver } = createTrigger({ parameters: SIGNED, credential: { apiKey: ' ' } });
		const delivering = deliver({ taskId: 'a', query: signedQuery() });
		await expect(delivering).rejects.toThrow("'API Key' is empty");
	});

	it('must be chosen, whatever a file says instead of none', async () => {
		const { deliver } = createTrigger({ parameters: { authentication: 'Signed' } });
		const delivering = deliver({ taskId: 'a', query: signedQuery() });
		await expect(delivering).rejects.toThrow('Choose an APIXO credential');
	});
});
