import { Agent, interceptors, request } from 'undici';
import type { Dispatcher } from 'undici';
import type { HttpResponse, Transport } from '../../nodes/shared/api/transport.ts';

const MAX_REDIRECTIONS = 5;

/** A transport outside n8n. */
export interface UndiciTransport extends Transport {
	/** Closes every connection; requests under way reject. */
	close(): Promise<void>;
}

/**
 * Opens a transport with connections of its own that sends the API key as n8n's credential does.
 * Nothing cancels its requests.
 */
export function undiciTransport(apiKey: string): UndiciTransport {
	const agent = new Agent();
	const following = agent.compose(interceptors.redirect({ maxRedirections: MAX_REDIRECTIONS }));
	return {
		send: async ({ method, url, body, timeoutMs }) =>
			await textResponse(
				await request(url, {
					method,
					body,
					headers: {
						authorization: `Bearer ${apiKey}`,
						...(body !== undefined && { 'content-type': 'application/json' }),
					},
					signal: AbortSignal.timeout(timeoutMs),
					dispatcher: agent,
				}),
			),
		read: async (url, timeoutMs) =>
			await textResponse(
				await request(url, { signal: AbortSignal.timeout(timeoutMs), dispatcher: following }),
			),
		async open(url, timeoutMs) {
			const { statusCode, headers, body } = await request(url, {
				headersTimeout: timeoutMs,
				dispatcher: following,
			});
			return { status: statusCode, headers: plain(headers), stream: body };
		},
		close: async () => await agent.destroy(),
	};
}

async function textResponse({
	statusCode,
	headers,
	body,
}: Dispatcher.ResponseData): Promise<HttpResponse> {
	return { status: statusCode, headers: plain(headers), body: await body.text() };
}

function plain(headers: Dispatcher.ResponseData['headers']): HttpResponse['headers'] {
	return Object.fromEntries(
		Object.entries(headers).map(([name, value]) => [
			name,
			Array.isArray(value) ? value.join(', ') : value,
		]),
	);
}
