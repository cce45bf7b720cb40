import {
	sleep,
	type IExecuteFunctions,
	type IHookFunctions,
	type IHttpRequestOptions,
	type ILoadOptionsFunctions,
	type IWebhookFunctions,
} from 'n8n-workflow';
import { z } from 'zod/v4';

import { createClient, type ApixoClient } from '../api/client';
import type { FileResponse, HttpResponse, Timing, Transport } from '../api/transport';

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

/** What the credential says that is wrong, as a sentence; a value where it is right. */
export type CredentialResult =
	| { ok: true; credential: ApixoCredential }
	| { ok: false; problem: string };

/** Reads and checks the node's APIXO credential. Rejects as n8n does where none is chosen. */
export async function readCredential(context: Context): Promise<CredentialResult> {
	const parsed = credentialSchema.safeParse(await context.getCredentials(CREDENTIAL_NAME));
	return parsed.success
		? { ok: true, credential: parsed.data }
		: { ok: false, problem: `APIXO credential: ${parsed.error.issues[0].message}` };
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
		sleep: async (ms) => await sleep(ms, signal),
		random: () => Math.random(),
	};
}

function cancelSignalOf(context: Context): AbortSignal | undefined {
	return 'getExecutionCancelSignal' in context ? context.getExecutionCancelSignal() : undefined;
}

/** n8n's own helpers, so that proxies, egress rules, credentials and cancelling hold. */
function createTransport(context: Context): Transport {
	return {
		async send({ method, url, body, timeoutMs }): Promise<HttpResponse> {
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
			const response = await context.helpers.httpRequestWithAuthentication.call(
				context,
				CREDENTIAL_NAME,
				options,
			);
			return {
				status: response.statusCode,
				headers: response.headers,
				body: typeof response.body === 'string' ? response.body : JSON.stringify(response.body),
			};
		},

		async open(url, timeoutMs): Promise<FileResponse> {
			const response = await context.helpers.httpRequest({
				...ALWAYS,
				method: 'GET',
				url,
				encoding: 'stream',
				timeout: timeoutMs,
				abortSignal: cancelSignalOf(context),
			});
			return { status: response.statusCode, headers: response.headers, stream: response.body };
		},
	};
}

/** Every HTTP status is an answer. */
const ALWAYS = { returnFullResponse: true, ignoreHttpStatusErrors: true } as const;
