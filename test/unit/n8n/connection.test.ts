import { type IExecuteFunctions, type IHttpRequestOptions, sleep } from 'n8n-workflow';

import type { HttpRequest } from '../../../nodes/shared/api/transport';
import { connect, readCredential } from '../../../nodes/shared/n8n/connection';

const CREDENTIAL = {
	apiKey: 'sk-2b7f9c41',
	baseUrl: 'https://api.example.com/v1',
	callbackSecret: '',
};
const REQUEST: HttpRequest = {
	method: 'GET',
	url: `${CREDENTIAL.baseUrl}/x`,
	timeoutMs: 60_000,
	cancelGraceMs: 0,
};
const ANSWER = { statusCode: 200, headers: {}, body: 'answer' };

/** How n8n passes the abort signal on to axios: from the context it is called with, or not at all. */
type SignalFrom = 'context' | 'options' | 'nowhere';

/** A context of n8n whose requests are answered after `answerAfterMs`, or never. */
function n8nContext(signalFrom: SignalFrom, answerAfterMs?: number, answer = ANSWER) {
	const execution = new AbortController();
	const seen: { options?: IHttpRequestOptions; isAborted: boolean } = { isAborted: false };
	const request = async (options: IHttpRequestOptions, signal: unknown) => {
		seen.options = options;
		return await new Promise((resolve, reject) => {
			if (answerAfterMs !== undefined) void sleep(answerAfterMs).then(() => resolve(answer));
			(signal as AbortSignal | undefined)?.addEventListener('abort', () => {
				seen.isAborted = true;
				reject(new Error('canceled'));
			});
		});
	};
	const context = {
		getExecutionCancelSignal: () => execution.signal,
		getCredentials: async () => CREDENTIAL,
		helpers: {
			async httpRequestWithAuthentication(
				this: IExecuteFunctions,
				_type: string,
				options: IHttpRequestOptions,
			) {
				await this.getCredentials('apixoApi');
				const signal = {
					context: this.getExecutionCancelSignal(),
					options: options.abortSignal,
					nowhere: undefined,
				}[signalFrom];
				return await request(options, signal);
			},
			httpRequest: async (options: IHttpRequestOptions) =>
				await request(options, signalFrom === 'nowhere' ? undefined : options.abortSignal),
		},
	} as unknown as IExecuteFunctions;
	return { ...connect(context, CREDENTIAL), cancel: () => execution.abort(), seen, context };
}

describe.each<SignalFrom>(['context', 'options', 'nowhere'])(
	'a request whose signal n8n takes from %s',
	(signalFrom) => {
		it('is answered', async () => {
			const { transport } = n8nContext(signalFrom, 0);
			expect(await transport.send(REQUEST)).toEqual({ status: 200, headers: {}, body: 'answer' });
		});

		it('ends at its time limit, and says so', async () => {
			const { transport, seen } = n8nContext(signalFrom);
			await expect(transport.send({ ...REQUEST, timeoutMs: 20 })).rejects.toThrow(
				'no complete response within 0.02 seconds',
			);
			expect(seen.isAborted).toBe(signalFrom !== 'nowhere');
		});

		it('ends when the run is cancelled', async () => {
			const { transport, cancel } = n8nContext(signalFrom);
			const answer = transport.send(REQUEST);
			cancel();
			await expect(answer).rejects.toThrow('the execution was cancelled');
		});

		it('is answered within its grace after the run is cancelled', async () => {
			const { transport, cancel, seen } = n8nContext(signalFrom, 50);
			const answer = transport.send({ ...REQUEST, cancelGraceMs: 10_000 });
			cancel();
			expect(await answer).toMatchObject({ status: 200 });
			expect(seen.isAborted).toBe(false);
		});

		it('ends after its grace', async () => {
			const { transport, cancel } = n8nContext(signalFrom);
			const answer = transport.send({ ...REQUEST, cancelGraceMs: 20 });
			cancel();
			await expect(answer).rejects.toThrow('the execution was cancelled');
		});

		it.each(['read', 'open'] as const)('without key (%s) has a time limit', async (method) => {
			const { transport } = n8nContext(signalFrom);
			await expect(transport[method](REQUEST.url, 20)).rejects.toThrow('no complete response');
		});
	},
);

it('the body of a file has no time limit, and ends when the run is cancelled', async () => {
	const { transport, cancel, seen } = n8nContext('options', 0);
	await transport.open(REQUEST.url, 20);
	await sleep(60);
	expect(seen.isAborted).toBe(false);
	cancel();
	expect(seen.isAborted).toBe(true);
});

it('the key goes to no other host: redirects are not followed', async () => {
	const { transport, seen } = n8nContext('context', 0);
	await transport.send(REQUEST);
	expect(seen.options).toMatchObject({ disableFollowRedirect: true });
});

it.each([
	['JSON', `{"headers":{"authorization":"Bearer ${CREDENTIAL.apiKey}"}}`],
	['text', `Bad key ${CREDENTIAL.apiKey}: ${CREDENTIAL.apiKey}`],
])('the key is not in a response that repeats the request, as %s', async (_, body) => {
	const { transport } = n8nContext('context', 0, { ...ANSWER, body });
	const { body: read } = await transport.send(REQUEST);
	expect(read).toBe(body.replaceAll(CREDENTIAL.apiKey, '[API key]'));
	expect(read).not.toContain(CREDENTIAL.apiKey);
});

describe('sleep', () => {
	it('rejects when the run is cancelled meanwhile or before', async () => {
		const { timing, cancel } = n8nContext('context');
		const sleeping = timing.sleep(60_000);
		expect(timing.isCancelled()).toBe(false);
		cancel();
		await expect(sleeping).rejects.toThrow();
		await expect(timing.sleep(60_000)).rejects.toThrow();
		expect(timing.isCancelled()).toBe(true);
	});

	it('rejects when its own signal aborts, and the run goes on', async () => {
		const { timing } = n8nContext('context');
		const stop = new AbortController();
		const sleeping = timing.sleep(60_000, stop.signal);
		stop.abort(new Error('enough'));
		await expect(sleeping).rejects.toThrow('enough');
		expect(timing.isCancelled()).toBe(false);
		await timing.sleep(1);
	});

	it('without an end takes no timer, which would outlive it in an old n8n', async () => {
		const { timing } = n8nContext('context');
		const stop = new AbortController();
		jest.useFakeTimers();
		try {
			const sleeping = timing.sleep(Infinity, stop.signal);
			expect(jest.getTimerCount()).toBe(0);
			stop.abort(new Error('enough'));
			await expect(sleeping).rejects.toThrow('enough');
		} finally {
			jest.useRealTimers();
		}
	});

	it('of more than a timer takes does not end at once', async () => {
		const { timing } = n8nContext('context');
		const stop = new AbortController();
		const sleeping = timing.sleep(1e12, stop.signal);
		const first = await Promise.race([sleeping, timing.sleep(30).then(() => 'the other')]);
		expect(first).toBe('the other');
		stop.abort();
		await expect(sleeping).rejects.toThrow();
	});
});

it('works in a context that cannot be cancelled, and in an old n8n', async () => {
	const { getCredentials, helpers } = n8nContext('options', 0).context;
	const old = { getCredentials, helpers } as IExecuteFunctions;
	const { timing, transport } = connect(old, CREDENTIAL);
	await timing.sleep(1);
	expect(timing.isCancelled()).toBe(false);
	expect(await transport.send(REQUEST)).toMatchObject({ status: 200 });
});

it.each([
	[
		{ ...CREDENTIAL, apiKey: `  ${CREDENTIAL.apiKey}\n` },
		{ ok: true, value: CREDENTIAL },
	],
	[
		{ apiKey: CREDENTIAL.apiKey, baseUrl: CREDENTIAL.baseUrl },
		{ ok: true, value: CREDENTIAL },
	],
	[
		{ ...CREDENTIAL, baseUrl: '' },
		{ ok: true, value: { ...CREDENTIAL, baseUrl: 'https://api.apixo.ai/api/v1' } },
	],
	[
		{ ...CREDENTIAL, baseUrl: ` ${CREDENTIAL.baseUrl}// ` },
		{ ok: true, value: CREDENTIAL },
	],
	[
		{ ...CREDENTIAL, apiKey: ' ' },
		{ ok: false, error: "APIXO credential: 'API Key' is empty" },
	],
	[
		{ ...CREDENTIAL, baseUrl: 'ftp://x' },
		{ ok: false, error: "APIXO credential: 'Base URL' is not an HTTP or HTTPS URL" },
	],
])('the credential %j is read as %j', async (fields, expected) => {
	const context = { getCredentials: async () => fields } as unknown as IExecuteFunctions;
	expect(await readCredential(context)).toEqual(expected);
});
