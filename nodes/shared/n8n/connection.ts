import {
	sleep,
	type IExecuteFunctions,
	type IHookFunctions,
	type IHttpRequestOptions,
	type IN8nHttpFullResponse,
	type ILoadOptionsFunctions,
	type IWebhookFunctions,
} from 'n8n-workflow';
import { z } from 'zod/v4';

import { createClient, type ApixoClient } from '../api/client';
import type { ByteStream, FileResponse, HttpResponse, Timing, Transport } from '../api/transport';
import type { Checked } from '../result';

export const CREDENTIAL_NAME = 'apixoApi';

type Context = IExecuteFunctions | IHookFunctions | ILoadOptionsFunctions | IWebhookFunctions;

const credentialSchema = z.object({
	apiKey: z.string().trim().min(1, "'API Key' is empty"),
	baseUrl: z.url({ protocol: /^https?$/, error: "'Base URL' is not an http(s) URL" }),
	callbackSecret: z.string().optional().default(''),
});

export type ApixoCredential = z.infer<typeof credentialSchema>;

export interface Connection {
	client: ApixoClient;
	credential: ApixoCredential;
	transport: Transport;
	timing: Timing;
}

/**
 * The node's APIXO credential, or a sentence on what is wrong with it.
 * @throws as n8n does where no credential is chosen
 */
export async function readCredential(context: Context): Promise<Checked<ApixoCredential>> {
	const parsed = credentialSchema.safeParse(await context.getCredentials(CREDENTIAL_NAME));
	return parsed.success
		? { ok: true, value: parsed.data }
		: { ok: false, error: `APIXO credential: ${parsed.error.issues[0].message}` };
}

/** Everything that the shared code needs of n8n. */
export function connect(context: Context, credential: ApixoCredential): Connection {
	const transport = createTransport(context);
	const timing = createTiming(context);
	return {
		client: createClient(transport, credential.baseUrl, timing),
		credential,
		transport,
		timing,
	};
}

function createTiming(context: Context): Timing {
	const signal = cancelSignalOf(context);
	return {
		now: () => Date.now(),
		sleep: async (ms, own) =>
			await sleep(ms, own && signal ? AbortSignal.any([signal, own]) : (own ?? signal)),
		random: () => Math.random(),
	};
}

function cancelSignalOf(context: Context): AbortSignal | undefined {
	return 'getExecutionCancelSignal' in context ? context.getExecutionCancelSignal() : undefined;
}

/** Every HTTP status is an answer. */
const ALWAYS = { returnFullResponse: true, ignoreHttpStatusErrors: true } as const;

/** n8n's own helpers, so that proxies, egress rules, credentials and cancelling hold. */
function createTransport(context: Context): Transport {
	const abortSignal = cancelSignalOf(context);
	return {
		async send({ method, url, body, timeoutMs }) {
			const options: IHttpRequestOptions = {
				...ALWAYS,
				method,
				url,
				headers: body === undefined ? {} : { 'content-type': 'application/json' },
				body,
				encoding: 'text',
				timeout: timeoutMs,
				// A redirected POST may be sent twice, and takes the key to another host.
				disableFollowRedirect: true,
			};
			return textResponse(
				await context.helpers.httpRequestWithAuthentication.call(context, CREDENTIAL_NAME, options),
			);
		},

		async read(url, timeoutMs) {
			return textResponse(
				await context.helpers.httpRequest({
					...ALWAYS,
					url,
					encoding: 'text',
					timeout: timeoutMs,
					abortSignal,
				}),
			);
		},

		async open(url, timeoutMs) {
			const response = (await context.helpers.httpRequest({
				...ALWAYS,
				url,
				encoding: 'stream',
				timeout: timeoutMs,
				abortSignal,
			})) as IN8nHttpFullResponse;
			return {
				status: response.statusCode,
				headers: response.headers as FileResponse['headers'],
				stream: response.body as ByteStream,
			};
		},
	};
}

function textResponse({ statusCode, headers, body }: IN8nHttpFullResponse): HttpResponse {
	return {
		status: statusCode,
		headers: headers as HttpResponse['headers'],
		body: typeof body === 'string' ? body : JSON.stringify(body),
	};
}
