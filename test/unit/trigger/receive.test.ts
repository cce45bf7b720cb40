import type { IWebhookFunctions } from 'n8n-workflow';

import { receive } from '../../../nodes/ApixoTrigger/receive';

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
const NOT_STARTED = { statusCode: 500, writableFinished: true };
const SENDER_GONE = { statusCode: 200, writableFinished: false };

let workflowCount = 0;

/** A trigger without authentication, in a workflow of its own. */
function createTrigger(parameters: Record<string, unknown> = {}, mode = 'webhook') {
	const workflowId = `workflow ${workflowCount++}`;
	const values: Record<string, unknown> = {
		events: ['success', 'failed'],
		authentication: 'none',
		confirmWithApi: false,
		...parameters,
	};
	return async (taskId: string, response = createResponse()) => {
		const context = {
			getBodyData: () => ({ data: { taskId, state: 'success' } }),
			getQueryData: () => ({}),
			getNodeParameter: (name: string, fallback?: unknown) => values[name] ?? fallback,
			getNode: () => ({ id: 'node', name: 'APIXO Trigger' }),
			getWorkflow: () => ({ id: workflowId }),
			getMode: () => mode,
			getResponseObject: () => response,
		};
		const { status, fire } = await receive(context as unknown as IWebhookFunctions);
		return { status, fired: fire !== undefined };
	};
}

const FIRED = { status: 200, fired: true };
const DROPPED = { status: 200, fired: false };

describe('a delivery that comes again', () => {
	it('is dropped once n8n has answered 200', async () => {
		const deliver = createTrigger();
		const response = createResponse();
		expect(await deliver('a', response)).toEqual(FIRED);
		response.close(SENT);
		expect(await deliver('a')).toEqual(DROPPED);
		expect(await deliver('b')).toEqual(FIRED);
	});

	it.each([
		['the run could not be started', NOT_STARTED],
		['the sender did not stay for the answer', SENDER_GONE],
	])('fires when at the first time %s', async (_what, how) => {
		const deliver = createTrigger();
		const response = createResponse();
		expect(await deliver('a', response)).toEqual(FIRED);
		response.close(how);
		expect(await deliver('a')).toEqual(FIRED);
	});

	it('fires when the sender of the first was gone before it was judged', async () => {
		const deliver = createTrigger();
		const response = createResponse();
		response.close(SENDER_GONE);
		await deliver('a', response);
		expect(await deliver('a')).toEqual(FIRED);
	});

	it.each([
		['dropped', SENT, DROPPED],
		['sent back', NOT_STARTED, { status: 503, fired: false }],
	])('while the first is under way is %s when that one ends', async (_what, how, expected) => {
		const deliver = createTrigger();
		const response = createResponse();
		await deliver('a', response);
		const second = deliver('a');
		response.close(how);
		expect(await second).toEqual(expected);
	});

	it.each([
		['without de-duplication', { 'options.deduplication': false }, 'webhook'],
		['in a test run', {}, 'manual'],
	])('fires %s', async (_what, parameters, mode) => {
		const deliver = createTrigger(parameters, mode);
		const response = createResponse();
		await deliver('a', response);
		response.close(SENT);
		expect(await deliver('a')).toEqual(FIRED);
	});

	it('fires at another trigger', async () => {
		const response = createResponse();
		await createTrigger()('a', response);
		response.close(SENT);
		expect(await createTrigger()('a')).toEqual(FIRED);
	});
});

describe('an authentication that nobody knows', () => {
	it('leaves no door open', async () => {
		const deliver = createTrigger({ authentication: 'Signed' });
		await expect(deliver('a')).rejects.toThrow('Choose an APIXO credential');
	});
});
