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

import { APIXO_BASE_URL } from '../api/baseUrl';
import { createClient, type ApixoClient } from '../api/client';
import type { ByteStream, FileResponse, HttpResponse, Timing, Transport } from '../api/transport';
import type { Checked } from '../result';

export const CREDENTIAL_NAME = 'apixoApi';

type Context = IExecuteFunctions | IHookFunctions | ILoadOptionsFunctions | IWebhookFunctions;

const credentialSchema = z.lazy(() =>
	z.object({
		apiKey: z.string().trim().min(1, "'API Key' is empty"),
		/** Without a slash at the end. */
		baseUrl: z
			.preprocess(
				(value) => value || APIXO_BASE_URL,
				z.url({ protocol: /^https?$/, error: "'Base URL' is not an HTTP or HTTPS URL" }),
			)
			.transform((url) => url.trim().replace(/(?<!\/)\/+$/, '')),
		callbackSecret: z.string().optional().default(''),
	}),
);

export type ApixoCredential = z.infer<typeof credentialSchema>;

export interface Connection {
	client: ApixoClient;
	credential: ApixoCredential;
	transport: Transport;
	timing: Timing;
}

/**
 * The parsed credential, or a message that says what is wrong with it.
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
	const transport = createTransport(context, credential);
	const timing = createTiming(context);
	return {
		client: createClient(transport, credential.baseUrl, timing),
		credential,
		transport,
		timing,
	};
}

/** Node fires timers with a longer delay at once. */
const MAX_SLEEP_MS = 2 ** 31 - 1;

function createTiming(context: Context): Timing {
	const cancelSignal = cancelSignalOf(context);
	return {
		now: () => Date.now(),
		random: () => Math.random(),
		isCancelled: () => cancelSignal?.aborted ?? false,
		async sleep(ms, signal) {
			const signals = [cancelSignal, signal].filter((one) => one !== undefined);
			const either = AbortSignal.any(signals);
			// n8n's `sleep` ignores the signal before n8n-workflow 2.34; then its timer outlives the sleep.
			// So a sleep without an end takes none.
			const end =
				ms === Infinity ? new Promise<void>(() => {}) : sleep(Math.min(ms, MAX_SLEEP_MS), either);
			await unlessAborted(end, either);
		},
	};
}

/** Settles as `work` does, or rejects with the reason of `signal` when that aborts first. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
	let stop = () => {};
	const aborted = new Promise<never>((_, reject) => {
		stop = () => reject(signal.reason);
	});
	if (signal.aborted) stop();
	signal.addEventListener('abort', stop);
	try {
		return await Promise.race([aborted, work]);
	} finally {
		signal.removeEventListener('abort', stop);
	}
}

/** Aborts when the run is cancelled; undefined in a context that cannot be, and in an old n8n. */
function cancelSignalOf(context: Context): AbortSignal | undefined {
	return 'getExecutionCancelSignal' in context ? context.getExecutionCancelSignal() : undefined;
}

interface RequestLimit {
	signal: AbortSignal;
	/** From now on only a cancelled run aborts. */
	endTimeout(): void;
	/** From now on nothing aborts. */
	end(): void;
}

/**
 * A signal that aborts after `timeoutMs`, and `cancelGraceMs` after the run is cancelled: axios'
 * own timeout counts anew with each byte.
 */
function limitRequest(
	timeoutMs: number,
	cancelSignal: AbortSignal | undefined,
	cancelGraceMs = 0,
): RequestLimit {
	const controller = new AbortController();
	const timeout = AbortSignal.timeout(timeoutMs);
	const onTimeout = () =>
		controller.abort(new Error(`no complete response within ${timeoutMs / 1000} seconds`));
	const onCancel = () => {
		const abort = () => controller.abort(new Error('the execution was cancelled'));
		if (cancelGraceMs === 0) abort();
		else AbortSignal.timeout(cancelGraceMs).addEventListener('abort', abort);
	};
	timeout.addEventListener('abort', onTimeout);
	if (cancelSignal?.aborted) onCancel();
	else cancelSignal?.addEventListener('abort', onCancel);

	const endTimeout = () => timeout.removeEventListener('abort', onTimeout);
	return {
		signal: controller.signal,
		endTimeout,
		end() {
			endTimeout();
			cancelSignal?.removeEventListener('abort', onCancel);
		},
	};
}

/**
 * The context with another cancel signal: n8n's `httpRequestWithAuthentication` replaces the
 * request's own by that of the context it is called with.
 */
function withCancelSignal(context: Context, signal: AbortSignal): Context {
	return Object.create(context, { getExecutionCancelSignal: { value: () => signal } });
}

/** Every HTTP status is an answer. */
const ALWAYS = { returnFullResponse: true, ignoreHttpStatusErrors: true } as const;

/** n8n's own helpers, so that proxies, egress rules, credentials and cancelling apply. */
function createTransport(context: Context, { apiKey }: ApixoCredential): Transport {
	const cancelSignal = cancelSignalOf(context);
	return {
		async send({ method, url, body, timeoutMs, cancelGraceMs }) {
			const limit = limitRequest(timeoutMs, cancelSignal, cancelGraceMs);
			const options: IHttpRequestOptions = {
				...ALWAYS,
				method,
				url,
				headers: body === undefined ? {} : { 'content-type': 'application/json' },
				body,
				encoding: 'text',
				timeout: timeoutMs,
				abortSignal: limit.signal,
				// A redirected POST may be sent twice, and takes the key to another host.
				disableFollowRedirect: true,
			};
			try {
				const request = context.helpers.httpRequestWithAuthentication.call(
					withCancelSignal(context, limit.signal),
					CREDENTIAL_NAME,
					options,
				);
				return withoutKey(textResponse(await unlessAborted(request, limit.signal)), apiKey);
			} finally {
				limit.end();
			}
		},

		async read(url, timeoutMs) {
			const limit = limitRequest(timeoutMs, cancelSignal);
			try {
				const request = context.helpers.httpRequest({
					...ALWAYS,
					url,
					encoding: 'text',
					timeout: timeoutMs,
					abortSignal: limit.signal,
				});
				return textResponse(await unlessAborted(request, limit.signal));
			} finally {
				limit.end();
			}
		},

		async open(url, timeoutMs) {
			const limit = limitRequest(timeoutMs, cancelSignal);
			try {
				const request = context.helpers.httpRequest({
					...ALWAYS,
					url,
					encoding: 'stream',
					timeout: timeoutMs,
					abortSignal: limit.signal,
				});
				const response: IN8nHttpFullResponse = await unlessAborted(request, limit.signal);
				return {
					status: response.statusCode,
					headers: response.headers as FileResponse['headers'],
					stream: response.body as ByteStream,
				};
			} finally {
				limit.endTimeout();
			}
		},
	};
}

/** A shorter text may stand in a response by chance. */
const MIN_KEY_CHARACTERS = 8;

/** A server may repeat the request that it got, and errors quote responses. */
function withoutKey(response: HttpResponse, apiKey: string): HttpResponse {
	if (apiKey.length < MIN_KEY_CHARACTERS) return response;
	return { ...response, body: response.body.replaceAll(apiKey, '[API key]') };
}

function textResponse({ statusCode, headers, body }: IN8nHttpFullResponse): HttpResponse {
	return {
		status: statusCode,
		headers: headers as HttpResponse['headers'],
		body: typeof body === 'string' ? body : JSON.stringify(body),
	};
}
