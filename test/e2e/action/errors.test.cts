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

const UNCLEAR = /^It is unclear whether APIXO accepted the request for 'nano-banana'$/;
const CHECK_DASHBOARD = /may already be running and paid for: check the APIXO dashboard/;
const NOTHING_SUBMITTED = /^No task was created, and nothing was charged\. /;

/** What a submission meets. */
const cases: Case[] = [
	{
		name: 'a low balance as 402',
		message: /^The APIXO balance of USD 0 is too low \[Insufficient balance, please top up\]$/,
		description: /nothing was charged\. Top up in the APIXO dashboard \(https:/,
		httpCode: '402',
		submits: 1,
		prepare: ({ simulator }) => simulator.addKey(simulator.apiKey, { balanceUsd: 0 }),
	},
	{
		name: 'a low balance as 400',
		message: /^The APIXO balance of USD 0 is too low \[Insufficient credits\]$/,
		description: /nothing was charged\. Top up in the APIXO dashboard \(https:/,
		httpCode: '400',
		submits: 1,
		prepare: ({ simulator }) => {
			simulator.lowBalanceAs('400');
			simulator.addKey(simulator.apiKey, { balanceUsd: 0 });
		},
	},
	{
		name: 'a low balance as the fail code of a task',
		message: /^Task failed: Insufficient credits \[INSUFFICIENT_CREDITS\] \(task [0-9a-f]{32}\)$/,
		description: /top up/i,
		submits: 1,
		prepare: ({ simulator }) => {
			simulator.lowBalanceAs('failCode');
			simulator.addKey(simulator.apiKey, { balanceUsd: 0 });
		},
	},
	{
		name: 'a key without permission',
		message:
			/^APIXO refused the request because of its content policy .*\[The API key lacks permission for this request\]$/,
		description: /check the key's permissions and IP allowlist in the APIXO dashboard/,
		httpCode: '403',
		submits: 1,
		prepare: ({ simulator }) => simulator.addKey(simulator.apiKey, { forbidden: true }),
	},
	{
		name: 'a prompt against the policy',
		message: /^APIXO refused the request .*\[Forbidden: SensitiveContent\]$/,
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
		message: /^APIXO can't find the model 'unknown-model-1' \[Model not found: unknown-model-1\]$/,
		description: /IDs are case-sensitive/,
		httpCode: '404',
		submits: 1,
		model: 'unknown-model-1',
	},
	{
		name: 'HTTP 500',
		message: UNCLEAR,
		description: CHECK_DASHBOARD,
		httpCode: '500',
		submits: 1,
		faults: [{ kind: 'http', status: 500, afterAccept: true }],
	},
	{
		name: 'a connection that is cut after the task was accepted',
		message: UNCLEAR,
		description: CHECK_DASHBOARD,
		submits: 1,
		faults: [{ kind: 'dropAfterAccept' }],
	},
	{
		name: 'a connection that is cut before the task was accepted',
		message: UNCLEAR,
		description: CHECK_DASHBOARD,
		submits: 1,
		faults: [{ kind: 'drop' }],
	},
	{
		name: 'HTTP 200 with code 400',
		message: /^APIXO rejected the request \[Wrong size\]$/,
		description: NOTHING_SUBMITTED,
		httpCode: '400',
		submits: 1,
		faults: [{ kind: 'code', code: 400, message: 'Wrong size' }],
	},
	{
		name: 'HTTP 200 with code 500',
		message: UNCLEAR,
		description: CHECK_DASHBOARD,
		httpCode: '500',
		submits: 1,
		faults: [{ kind: 'code', code: 500, message: 'Oops', afterAccept: true }],
	},
	{
		name: 'a page that is no answer of the API',
		message: UNCLEAR,
		description: /Down for maintenance/,
		httpCode: '200',
		submits: 1,
		faults: [{ kind: 'garbage', afterAccept: true }],
	},
	{
		name: 'a gateway timeout',
		message: UNCLEAR,
		description: CHECK_DASHBOARD,
		httpCode: '504',
		submits: 1,
		faults: [{ kind: 'http', status: 504, body: '<h1>Gateway Time-out</h1>', afterAccept: true }],
	},
];

describe('a submission', () => {
	// A refused connection is tried again for two minutes: the API may be restarting.
	it.concurrent(
		'names the base URL where nobody listens there',
		async () => {
			const stage = await openStage();
			const credential = await stage.api.createCredential('Nobody', 'apixoApi', {
				apiKey: 'any',
				baseUrl: 'http://127.0.0.1:9/api/v1',
			});
			const { error } = await stage.withCredential(credential).run({}, 220_000);
			expect(error.message).toMatch(/^APIXO could not be reached \[.*ECONNREFUSED/);
			expect(error.description).toMatch(/nothing was charged.*'Base URL'/);
		},
		240_000,
	);

	it.concurrent.each(cases)(
		'that meets $name ends with an error that says so',
		async ({ faults, prepare, model, ...expected }) => {
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
		},
	);

	it.concurrent.each(['documented', 'missing', 'null', 'detail'] as const)(
		'that meets a wrong key, with its data %s, names the credential',
		async (errorData) => {
			const stage = await openStage({ errorData });
			const credential = await stage.api.createCredential('Wrong key', 'apixoApi', {
				apiKey: 'wrong',
				baseUrl: stage.simulator.baseUrl,
			});
			const { error } = await stage.withCredential(credential).run();
			expect(error.message).toMatch(/^APIXO rejected the API key \[Invalid or missing API key/);
			expect(error.description).toMatch(/Check the key in the APIXO credential/);
			expect(error.httpCode).toBe('401');
			expect(stage.simulator.tasks()).toEqual([]);
		},
	);

	it.concurrent('that is one too many waits as long as Retry-After says', async () => {
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

	it.concurrent('that meets HTTP 503 is sent again', async () => {
		const stage = await openStage();
		stage.simulator.faultNext('generateTask', [{ kind: 'http', status: 503 }]);
		const { output } = await stage.run();
		expect(output[0].json).toMatchObject({ state: 'success' });
		expect(stage.submits).toBe(2);
		expect(stage.simulator.tasks()).toHaveLength(1);
	});
});

describe('a poll', () => {
	it.concurrent('that meets transient failures of all kinds is repeated', async () => {
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

	it.concurrent('that APIXO refuses once costs the task nothing', async () => {
		const stage = await openStage({
			defaults: { seconds: 0, statusFaults: [{ kind: 'http', status: 403 }] },
		});
		const { output } = await stage.run();
		expect(output[0].json).toMatchObject({ state: 'success' });
		expect(stage.simulator.counts()).toMatchObject({ generateTask: 1, statusTask: 2 });
	});

	it.concurrent(
		'that APIXO refuses for 30 s ends the wait with the task and how to resume it',
		async () => {
			const stage = await openStage({ defaults: { seconds: 0 } });
			stage.simulator.outage('statusTask', { kind: 'http', status: 403 });
			const { error } = await stage.run();
			const [{ taskId }] = stage.simulator.tasks();
			expect(error.message).toMatch(
				new RegExp(
					`^APIXO refused .*, so the state of the task could not be read \\(task ${taskId}\\)$`,
				),
			);
			expect(error.description).toContain(
				`To pick it up at no extra cost, use resource Task, operation Wait with model 'nano-banana' and task ID '${taskId}'`,
			);
			expect(error.context).toMatchObject({ taskId, model: 'nano-banana' });
			const polls = stage.simulator.requests({ endpoint: 'statusTask' });
			expect(polls.length).toBeGreaterThanOrEqual(3);
			expect(polls.at(-1)!.atMs - polls[0].atMs).toBeGreaterThanOrEqual(29_000);
			expect(stage.submits).toBe(1);
		},
	);
});

describe('the balance', () => {
	it.concurrent('is an error of each item, where it cannot be read', async () => {
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
					error: expect.stringMatching(/^APIXO refused the request .*lacks permission/),
					description: expect.stringContaining('IP allowlist'),
				},
				pairedItem: { item },
			})),
		);
	});
});
