import type { Fault } from '../../simulator/simulator.cts';
import { type Stage, byId, openStage } from './support.cts';

interface Case {
	name: string;
	/** What the user reads. */
	message: RegExp;
	description: RegExp;
	/** What n8n shows as the HTTP code. */
	httpCode?: string;
	submits: number;
	faults?: Fault[];
	prepare?: (stage: Stage) => void;
	model?: string;
}

const NOBODY_CAN_TELL = /^Nobody can tell whether APIXO accepted the request for 'nano-banana'$/;
const LOOK_IN_DASHBOARD = /may already be running and paid for: look for it in the APIXO dashboard/;
const NOTHING_SUBMITTED = /^Nothing was submitted to 'nano-banana'\. /;

const refusals: Case[] = [
	{
		name: 'a low balance as 402',
		message: /balance is too low: top up \[Insufficient balance, please top up\]$/,
		description: /Nothing was submitted.* Top up in the APIXO dashboard/,
		httpCode: '402',
		submits: 1,
		prepare: ({ simulator }) => simulator.addKey(simulator.apiKey, { balanceUsd: 0 }),
	},
	{
		name: 'a low balance as 400',
		message: /balance is too low: top up \[Insufficient credits\]$/,
		description: /Nothing was submitted.* Top up in the APIXO dashboard/,
		httpCode: '400',
		submits: 1,
		prepare: ({ simulator }) => {
			simulator.lowBalanceAs('400');
			simulator.addKey(simulator.apiKey, { balanceUsd: 0 });
		},
	},
	{
		name: 'a low balance as the fail code of a task',
		message:
			/^APIXO task [0-9a-f]{32} has state 'failed' \[INSUFFICIENT_CREDITS: Insufficient credits\]$/,
		description: /top up/i,
		submits: 1,
		prepare: ({ simulator }) => {
			simulator.lowBalanceAs('failCode');
			simulator.addKey(simulator.apiKey, { balanceUsd: 0 });
		},
	},
	{
		name: 'a key without permission',
		message: /^APIXO refused the request: .*\[The API key lacks permission for this request\]$/,
		description: /policy|content.*permissions and the IP allow-list of the key/,
		httpCode: '403',
		submits: 1,
		prepare: ({ simulator }) => simulator.addKey(simulator.apiKey, { forbidden: true }),
	},
	{
		name: 'a prompt against the policy, at once',
		message: /^APIXO refused the request: .*\[Forbidden: SensitiveContent\]$/,
		description: /policy/,
		httpCode: '403',
		submits: 1,
		faults: [
			{
				kind: 'http',
				status: 403,
				body: { code: 403, message: 'Forbidden', data: { failCode: 'SensitiveContent' } },
			},
		],
	},
	{
		name: 'a model that APIXO does not know',
		message:
			/^APIXO does not know the model 'unknown-model-1' \[Model not found: unknown-model-1\]$/,
		description: /upper and lower case matter/,
		httpCode: '404',
		submits: 1,
		model: 'unknown-model-1',
	},
	{
		name: 'a server fault, after which nobody knows',
		message: NOBODY_CAN_TELL,
		description: LOOK_IN_DASHBOARD,
		httpCode: '500',
		submits: 1,
		faults: [{ kind: 'http', status: 500, afterAccept: true }],
	},
	{
		name: 'a connection that is cut after the task was accepted',
		message: NOBODY_CAN_TELL,
		description: LOOK_IN_DASHBOARD,
		submits: 1,
		faults: [{ kind: 'dropAfterAccept' }],
	},
	{
		name: 'a connection that is cut at once, which looks the same from here',
		message: NOBODY_CAN_TELL,
		description: LOOK_IN_DASHBOARD,
		submits: 1,
		faults: [{ kind: 'drop' }],
	},
	{
		name: 'HTTP 200 with a code that says no',
		message: /^APIXO did not accept the request \[Wrong size\]$/,
		description: NOTHING_SUBMITTED,
		httpCode: '400',
		submits: 1,
		faults: [{ kind: 'code', code: 400, message: 'Wrong size' }],
	},
	{
		name: 'HTTP 200 with a code that tells of a server fault',
		message: NOBODY_CAN_TELL,
		description: LOOK_IN_DASHBOARD,
		httpCode: '500',
		submits: 1,
		faults: [{ kind: 'code', code: 500, message: 'Oops', afterAccept: true }],
	},
	{
		name: 'a page that is no answer of the API',
		message: NOBODY_CAN_TELL,
		description: /Down for maintenance/,
		httpCode: '200',
		submits: 1,
		faults: [{ kind: 'garbage', afterAccept: true }],
	},
	{
		name: 'a gateway that gives up',
		message: NOBODY_CAN_TELL,
		description: LOOK_IN_DASHBOARD,
		httpCode: '504',
		submits: 1,
		faults: [{ kind: 'http', status: 504, body: '<h1>Gateway Time-out</h1>', afterAccept: true }],
	},
];

describe('a submission that meets', () => {
	it.concurrent('a host where nobody listens says so', async () => {
		const stage = await openStage();
		const credential = await stage.api.createCredential('Nobody', 'apixoApi', {
			apiKey: 'any',
			baseUrl: 'http://127.0.0.1:9/api/v1',
		});
		const { error } = await stage.withCredential(credential).run();
		expect(error.message).toMatch(/^APIXO could not be reached \[.*ECONNREFUSED/);
		expect(error.description).toMatch(/Nothing was submitted.*'Base URL'/);
	});

	it.concurrent.each(refusals)('$name', async ({ faults, prepare, model, ...expected }) => {
		const stage = await openStage();
		if (faults) stage.simulator.faultNext('generateTask', faults);
		prepare?.(stage);
		const { execution, error } = await stage.run({
			parameters: { ...(model && { model: byId(model) }) },
		});
		expect(execution.status).toBe('error');
		expect(error.message).toMatch(expected.message);
		expect(error.description).toMatch(expected.description);
		expect(error.httpCode ?? undefined).toBe(expected.httpCode);
		expect(error.context.itemIndex).toBe(0);
		expect(stage.submits).toBe(expected.submits);
	});

	it.concurrent.each(['documented', 'missing', 'null', 'detail'] as const)(
		'a wrong key, with its data %s',
		async (look) => {
			const stage = await openStage({ errorData: look });
			const credential = await stage.api.createCredential('Wrong key', 'apixoApi', {
				apiKey: 'wrong',
				baseUrl: stage.simulator.baseUrl,
			});
			const { error } = await stage.withCredential(credential).run();
			expect(error.message).toMatch(
				/^APIXO does not accept the API key \[Invalid or missing API key/,
			);
			expect(error.description).toMatch(/Check the key in the APIXO credential/);
			expect(error.httpCode).toBe('401');
			expect(stage.simulator.tasks()).toEqual([]);
		},
	);

	it.concurrent('too many requests waits as long as it is told to', async () => {
		const stage = await openStage();
		stage.simulator.faultNext('generateTask', [
			{ kind: 'http', status: 429, retryAfterSeconds: 2 },
			{ kind: 'http', status: 429, retryAfterSeconds: 2, retryAfterDate: true },
		]);
		const { output } = await stage.run();
		expect(output[0].json).toMatchObject({ state: 'success' });
		const times = stage.simulator.requests({ endpoint: 'generateTask' }).map(({ atMs }) => atMs);
		expect(times).toHaveLength(3);
		expect(times[1] - times[0]).toBeGreaterThanOrEqual(2000);
		expect(times[1] - times[0]).toBeLessThan(5000);
		expect(times[2] - times[1]).toBeGreaterThanOrEqual(1500);
		expect(stage.simulator.tasks()).toHaveLength(1);
	});

	it.concurrent('a service that is away for a moment tries again', async () => {
		const stage = await openStage();
		stage.simulator.faultNext('generateTask', [{ kind: 'http', status: 503 }]);
		const { output } = await stage.run();
		expect(output[0].json).toMatchObject({ state: 'success' });
		expect(stage.submits).toBe(2);
		expect(stage.simulator.tasks()).toHaveLength(1);
	});
});

describe('a look at a task that meets', () => {
	it.concurrent('passing faults of all kinds looks again', async () => {
		const stage = await openStage({ defaults: { seconds: 0 } });
		stage.simulator.faultNext('statusTask', [
			{ kind: 'http', status: 503 },
			{ kind: 'drop' },
			{ kind: 'garbage' },
			{ kind: 'code', code: 500 },
			{ kind: 'http', status: 429, retryAfterSeconds: 1 },
		]);
		const { output } = await stage.run({
			parameters: { options: { initialWait: 1, timeout: 60 } },
		});
		expect(output[0].json).toMatchObject({ state: 'success' });
		expect(stage.simulator.counts()).toMatchObject({ generateTask: 1, statusTask: 6 });
	});

	it.concurrent('a fault that stays names the task, and how it is taken up', async () => {
		const stage = await openStage({
			defaults: { seconds: 0, statusFaults: [{ kind: 'http', status: 403 }] },
		});
		const { error } = await stage.run();
		const [{ taskId }] = stage.simulator.tasks();
		expect(error.message).toMatch(
			new RegExp(`^The state of APIXO task ${taskId} could not be read: APIXO refused`),
		);
		expect(error.description).toContain(`task ID '${taskId}'; it is not paid for again`);
		expect(error.context).toMatchObject({ taskId, model: 'nano-banana' });
		expect(stage.simulator.counts()).toMatchObject({ generateTask: 1, statusTask: 1 });
	});
});

describe('the balance', () => {
	it.concurrent('that cannot be read is an error of each item', async () => {
		const stage = await openStage();
		stage.simulator.addKey(stage.simulator.apiKey, { forbidden: true });
		const { output } = await stage.run({
			items: [{}, {}],
			parameters: { resource: 'account', operation: 'getBalance' },
			onError: 'continueRegularOutput',
		});
		expect(output).toEqual(
			[0, 1].map((item) => ({
				json: {
					error: expect.stringMatching(/^APIXO refused the request: .*lacks permission/),
					description: expect.stringContaining('IP allow-list'),
				},
				pairedItem: { item },
			})),
		);
	});
});
