import type { IDataObject, IExecuteFunctions, IWebhookFunctions } from 'n8n-workflow';

import { ApixoTrigger } from '../../../nodes/ApixoTrigger/ApixoTrigger.node';
import { createDatabase } from './database';

/** A trigger's `execute`, with n8n's database behind it. */
function createRun() {
	const { context: database, row } = createDatabase();
	const hints: string[] = [];
	const run = async (
		json: IDataObject,
		{ mode = 'webhook', events = ['success', 'failed'], deduplication = true } = {},
	) => {
		const parameters: Record<string, unknown> = { events, 'options.deduplication': deduplication };
		const context = {
			...database,
			getInputData: () => [{ json: { state: 'success', ...json } }],
			getNodeParameter: (name: string) => parameters[name],
			getMode: () => mode,
			addExecutionHints: ({ message }: { message: string }) => hints.push(message),
		};
		const outputs = await new ApixoTrigger().execute.call(context as unknown as IExecuteFunctions);
		return outputs.map((items) => items.map((item) => item.json.taskId));
	};
	return { run, hints, row };
}

describe('the run that a callback started', () => {
	it('puts the task into the output of its state, without the nonce', async () => {
		const { run } = createRun();
		expect(await run({ taskId: 'a', nonce: 'n' })).toEqual([['a'], []]);
		expect(await run({ taskId: 'b', state: 'failed' })).toEqual([[], ['b']]);
		expect(await run({ taskId: 'c', state: 'failed' }, { events: ['failed'] })).toEqual([['c']]);
	});

	it('stops where the same task and state came before', async () => {
		const { run, hints } = createRun();
		await run({ taskId: 'a', nonce: 'n' });
		expect(await run({ taskId: 'a', nonce: 'n' })).toEqual([[], []]);
		expect(hints).toEqual([
			"Task a was already delivered as 'success', so this execution stops here",
		]);
		expect(await run({ taskId: 'a', state: 'failed', nonce: 'n' })).toEqual([[], ['a']]);
	});

	it('stops, each time, where its signed URL was used for another task', async () => {
		const { run, hints } = createRun();
		await run({ taskId: 'a', nonce: 'n' });
		for (const state of ['success', 'failed', 'success']) {
			expect(await run({ taskId: '<b>', state, nonce: 'n' })).toEqual([[], []]);
		}
		expect(hints[2]).toMatch(/^Task &lt;b&gt; came with a signed URL that was used for another/);
		expect(await run({ taskId: '<b>', nonce: 'of its own' })).toEqual([['<b>'], []]);
	});

	it('stops each run of the other task, also where they come at the same moment', async () => {
		const { run } = createRun();
		await run({ taskId: 'a', nonce: 'n' });
		const states = ['success', 'failed'];
		const runs = states.map(async (state) => await run({ taskId: 'b', state, nonce: 'n' }));
		expect(await Promise.all(runs)).toEqual([
			[[], []],
			[[], []],
		]);
	});

	it('stops for the nonce also without deduplication, and for nothing else', async () => {
		const { run } = createRun();
		const options = { deduplication: false };
		expect(await run({ taskId: 'a', nonce: 'n' }, options)).toEqual([['a'], []]);
		expect(await run({ taskId: 'a', nonce: 'n' }, options)).toEqual([['a'], []]);
		expect(await run({ taskId: 'b', nonce: 'n' }, options)).toEqual([[], []]);
	});

	it('leaves the database alone where there is nothing to compare', async () => {
		const { run, row } = createRun();
		await run({ taskId: 'a' }, { deduplication: false });
		expect(row()).toEqual([]);
	});

	it.each(['retry', 'manual'])('goes on where a person asked for it: mode %s', async (mode) => {
		const { run } = createRun();
		await run({ taskId: 'a', nonce: 'n' });
		expect(await run({ taskId: 'a', nonce: 'n' }, { mode })).toEqual([['a'], []]);
	});
});

describe('the log', () => {
	/** Sends a callback to a trigger that wants a signature. */
	function createWebhook(nodeId: string) {
		const lines: string[] = [];
		const statuses: number[] = [];
		const context = {
			getNode: () => ({ id: nodeId, name: 'APIXO\nTrigger', credentials: undefined }),
			getWorkflow: () => ({ id: 'workflow' }),
			getMode: () => 'webhook',
			getNodeParameter: (name: string) => (name === 'authentication' ? 'signed' : ['success']),
			getRequestObject: () => ({
				body: {},
				rawBody: Buffer.from('{"data":{"taskId":"a\\n\\u001b[31mfake","state":"success"}}'),
			}),
			getQueryData: () => ({
				apixo_model: 'm',
				apixo_nonce: 'n',
				apixo_sig: '0'.repeat(64),
			}),
			getResponseObject: () => ({
				status: (status: number) => {
					statuses.push(status);
					return { json: () => {} };
				},
			}),
			getCredentials: async () => ({ apiKey: 'key' }),
			logger: {
				warn: (line: string) => lines.push(line),
				error: (line: string) => lines.push(line),
			},
		};
		const send = async (credentials?: object) => {
			context.getNode = () => ({
				id: nodeId,
				name: 'APIXO\nTrigger',
				credentials: credentials as undefined,
			});
			await new ApixoTrigger().webhook.call(context as unknown as IWebhookFunctions);
		};
		return { send, lines, statuses };
	}

	it('gets one line for a refusal, and few for many', async () => {
		const { send, lines, statuses } = createWebhook('noisy');
		for (let count = 0; count < 50; count++) await send({ apixoApi: { id: '1', name: 'APIXO' } });
		expect(statuses).toEqual(Array(50).fill(401));
		expect(lines).toHaveLength(10);
		expect(lines[0]).toMatch(/answered 401: .* \[task a\\u000a\\u001b\[31mfake\]$/);
		expect(lines.join('')).not.toMatch(/\p{Cc}/u);
	});

	it('says what is wrong with the trigger, which the sender is not told', async () => {
		const { send, lines, statuses } = createWebhook('without credential');
		await send();
		expect(statuses).toEqual([500]);
		expect(lines).toEqual([
			"APIXO Trigger 'APIXO\\u000aTrigger' answered 500: Choose an APIXO credential",
		]);
	});
});
