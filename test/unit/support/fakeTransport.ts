import type { HttpRequest, HttpResponse, Transport } from '../../../nodes/shared/api/transport';

/** An answer, an error that keeps it away, or a function that makes one of the two. */
export type Scripted =
	| HttpResponse
	| Error
	| ((request: HttpRequest) => HttpResponse | Error | Promise<HttpResponse | Error>);

export interface FakeTransport extends Transport {
	/** What was sent, in order. */
	readonly requests: HttpRequest[];
}

/** Answers the calls of `send` one by one from the script; the last entry answers all further ones. */
export function fakeTransport(...script: [Scripted, ...Scripted[]]): FakeTransport {
	const requests: HttpRequest[] = [];
	const notScripted = async () => await Promise.reject(new Error('Not in the script'));
	return {
		requests,
		async send(request) {
			requests.push(request);
			const entry = script[Math.min(requests.length, script.length) - 1];
			const answer = typeof entry === 'function' ? await entry(request) : entry;
			return answer instanceof Error ? await Promise.reject(answer) : answer;
		},
		read: notScripted,
		open: notScripted,
	};
}

/** An HTTP answer; anything but a string is sent as JSON. Names of headers in lower case. */
export function http(
	status: number,
	body: unknown,
	headers: HttpResponse['headers'] = {},
): HttpResponse {
	return { status, headers, body: typeof body === 'string' ? body : JSON.stringify(body) };
}

/** A successful answer. */
export function success(data: unknown): HttpResponse {
	return http(200, { code: 200, message: 'success', data });
}

/** An error as Node's network code makes it. */
export function networkError(code: string, syscall?: string): Error {
	return Object.assign(new Error(`${syscall ?? 'call'} ${code}`), { code, syscall });
}
