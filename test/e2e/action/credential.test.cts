import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Fault } from '../../simulator/simulator.cts';
import { nodeOutput } from '../harness/executions.cts';
import { manualTrigger, node, workflow } from '../harness/workflows.cts';
import { openStage } from './support.cts';

interface Case {
	name: string;
	/** The fields that differ from those that are right. */
	fields?: (baseUrl: string) => { apiKey?: string; baseUrl?: string };
	fault?: Fault;
	forbidden?: boolean;
	message: RegExp;
}

const KEY_REFUSED = /^APIXO rejected this API key\. Check it, or create a new one/;
const KEY_FORBIDDEN = /^This API key isn't allowed to be used here\. .*IP allowlist/;
const NO_BALANCE = /^The response contained no balance\. Check 'Base URL'/;

const cases: Case[] = [
	{ name: 'a wrong key', fields: () => ({ apiKey: 'wrong' }), message: KEY_REFUSED },
	{ name: 'a key without permission', forbidden: true, message: KEY_FORBIDDEN },
	{
		name: 'HTTP 200 with code 401',
		fault: { kind: 'code', code: 401, message: 'Invalid API key' },
		message: KEY_REFUSED,
	},
	{
		name: 'HTTP 200 with code 403',
		fault: { kind: 'code', code: 403, data: null },
		message: KEY_FORBIDDEN,
	},
	{
		name: 'HTTP 200 with code 500',
		fault: { kind: 'code', code: 500, data: null },
		message: NO_BALANCE,
	},
	{ name: 'a page that is no answer of the API', fault: { kind: 'garbage' }, message: NO_BALANCE },
	{
		name: 'a base URL where the API is not',
		fields: (baseUrl) => ({ baseUrl: `${baseUrl}/v2` }),
		message: /^No APIXO API found at this address\. Check 'Base URL'/,
	},
	{
		name: 'too many requests',
		fault: { kind: 'http', status: 429 },
		message: /^Too many requests from this account/,
	},
	// Without an answer, n8n shows the code of the error and asks no rule of the credential.
	{
		name: 'a base URL where nobody listens',
		fields: () => ({ baseUrl: 'http://127.0.0.1:9/api/v1' }),
		message: /^ECONNREFUSED$/,
	},
	{
		name: 'a base URL that is none',
		fields: () => ({ baseUrl: 'api.apixo' }),
		message: /^ERR_INVALID_URL$/,
	},
];

// One after the other: n8n keeps what it tests in one place for all.
describe('the test of the credential', () => {
	it('is passed by a right key, whatever ends the base URL', async () => {
		const { api, credential, simulator } = await openStage({ balanceUsd: 0 });
		const { apiKey, baseUrl } = simulator;
		for (const url of [baseUrl, `${baseUrl}/`, ` ${baseUrl}// `]) {
			expect(await api.testCredential(credential, { apiKey, baseUrl: url })).toMatchObject({
				status: 'OK',
			});
		}
		expect(simulator.counts()).toMatchObject({ balance: 3, other: 0 });
	});

	it('is passed by a key with spaces round it', async () => {
		const { api, credential, simulator } = await openStage();
		const { apiKey, baseUrl } = simulator;
		const fields = { apiKey: ` ${apiKey}\n`, baseUrl };
		expect(await api.testCredential(credential, fields)).toMatchObject({ status: 'OK' });
	});

	it('is failed by a base URL that redirects, and the key goes nowhere else', async () => {
		const { api, credential, simulator } = await openStage();
		const server = createServer((request, response) => {
			response.writeHead(308, { location: `${simulator.url}${request.url}` }).end();
		}).listen(0, '127.0.0.1');
		await new Promise((resolve) => server.once('listening', resolve));
		const { port } = server.address() as AddressInfo;
		const answer = await api.testCredential(credential, {
			apiKey: simulator.apiKey,
			baseUrl: `http://127.0.0.1:${port}/api/v1`,
		});
		server.close();
		expect(answer).toEqual({
			status: 'Error',
			message: expect.stringMatching(/^The address in 'Base URL' redirects to another one/),
		});
		expect(simulator.requests()).toEqual([]);
	});

	it.each(cases)('is failed by $name', async ({ fields, fault, forbidden, message }) => {
		const { api, credential, simulator } = await openStage();
		const { apiKey, baseUrl } = simulator;
		if (fault) simulator.faultNext('balance', [fault, fault]);
		if (forbidden) simulator.addKey(apiKey, { forbidden });
		const answer = await api.testCredential(credential, {
			apiKey,
			baseUrl,
			...fields?.(baseUrl),
		});
		expect(answer).toEqual({ status: 'Error', message: expect.stringMatching(message) });
	});
});

it("lets n8n's HTTP Request node call the rest of the API", async () => {
	const { api, credential, simulator } = await openStage({ balanceUsd: 12.5 });
	const request = node({
		type: 'n8n-nodes-base.httpRequest',
		typeVersion: 4.2,
		name: 'Ask APIXO',
		parameters: {
			url: `${simulator.baseUrl}/apikeys/current-balance`,
			authentication: 'predefinedCredentialType',
			nodeCredentialType: 'apixoApi',
			options: {},
		},
		credentials: { apixoApi: credential },
	});
	const nodes = [manualTrigger({ items: [{}] }), request];
	const execution = await api.runOnce(workflow({ name: 'HTTP Request', nodes }));
	expect(execution.status).toBe('success');
	expect(nodeOutput(execution, 'Ask APIXO')[0].json).toMatchObject({ code: 200, data: 12.5 });
	// The editor offers the types that have this.
	const type = (await api.credentialTypes()).find(({ name }) => name === 'apixoApi');
	expect(type?.authenticate).toBeDefined();
});
