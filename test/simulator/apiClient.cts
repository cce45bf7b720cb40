import { createServer } from 'node:http';
import type { IncomingHttpHeaders, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent, request } from 'undici';
import type { Simulator } from './simulator.cts';

/** An answer as a client of the API reads it. */
export interface Reply {
	status: number;
	headers: IncomingHttpHeaders;
	text: string;
	/** The parsed envelope; empty where the text is no JSON. */
	envelope: { code?: number; message?: string; data?: unknown };
}

/** A bare client of the API, for the simulator's own tests. */
export interface ApiClient {
	/** Sends a submit; `body` replaces the usual one, `key` the valid one. */
	submit(options?: SubmitOptions): Promise<Reply>;
	/** Submits and answers the task id; rejects when there is none. */
	taskId(options?: SubmitOptions): Promise<string>;
	status(taskId: string, model?: string, key?: string): Promise<Reply>;
	/** The data of a status answer. */
	data(taskId: string): Promise<Record<string, unknown>>;
	balance(key?: string): Promise<Reply>;
	get(url: string): Promise<Reply>;
	post(url: string, body: unknown): Promise<Reply>;
	close(): Promise<void>;
}

export interface SubmitOptions {
	model?: string;
	input?: Record<string, unknown>;
	callbackUrl?: string;
	body?: unknown;
	key?: string;
}

/** Opens a client of its own connections. */
export function apiClient(simulator: Simulator): ApiClient {
	const dispatcher = new Agent();
	const send = async (
		method: 'GET' | 'POST',
		url: string,
		key: string | undefined,
		body?: unknown,
	): Promise<Reply> => {
		const response = await request(url, {
			method,
			dispatcher,
			headers: {
				...(key !== undefined && { authorization: `Bearer ${key}` }),
				...(body !== undefined && { 'content-type': 'application/json' }),
			},
			body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
		});
		const text = await response.body.text();
		return {
			status: response.statusCode,
			headers: response.headers,
			text,
			envelope: parsed(text),
		};
	};
	const { apiKey, baseUrl } = simulator;
	const client: ApiClient = {
		submit: async ({ model = 'nano-banana', input, callbackUrl, body, key = apiKey } = {}) =>
			await send(
				'POST',
				`${baseUrl}/generateTask/${model}`,
				key,
				body ?? {
					input: { mode: 'text-to-image', prompt: 'a red fox', ...input },
					...(callbackUrl && { request_type: 'callback', callback_url: callbackUrl }),
				},
			),
		taskId: async (options) => {
			const { envelope, text } = await client.submit(options);
			const { taskId } = (envelope.data ?? {}) as { taskId?: string };
			if (taskId === undefined) throw new Error(`No task: ${text}`);
			return taskId;
		},
		status: async (taskId, model = 'nano-banana', key = apiKey) =>
			await send('GET', `${baseUrl}/statusTask/${model}?taskId=${taskId}`, key),
		data: async (taskId) => (await client.status(taskId)).envelope.data as Record<string, unknown>,
		balance: async (key = apiKey) =>
			await send('GET', `${baseUrl}/apikeys/current-balance`, key || undefined),
		get: async (url) => await send('GET', url, undefined),
		post: async (url, body) => await send('POST', url, undefined, body),
		close: async () => await dispatcher.destroy(),
	};
	return client;
}

function parsed(text: string): Reply['envelope'] {
	try {
		return JSON.parse(text) as Reply['envelope'];
	} catch {
		return {};
	}
}

/** A receiver of callbacks. */
export interface Receiver {
	url: string;
	received: Array<{ path: string; headers: IncomingHttpHeaders; body: string }>;
	/** The statuses of the next answers, then 200; `silent` never answers. */
	answers: Array<number | 'silent'>;
	/** The most requests that were open at the same moment. */
	mostAtOnce(): number;
	close(): Promise<void>;
}

/** Starts a receiver on loopback. `delayMs` holds every answer back. */
export async function startReceiver(delayMs = 0): Promise<Receiver> {
	let open = 0;
	let most = 0;
	const server: Server = createServer((incoming, outgoing) => {
		open += 1;
		most = Math.max(most, open);
		outgoing.on('close', () => (open -= 1));
		const chunks: Buffer[] = [];
		incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
		incoming.on('end', () => {
			const body = Buffer.concat(chunks).toString();
			receiver.received.push({ path: incoming.url ?? '', headers: incoming.headers, body });
			const answer = receiver.answers.shift() ?? 200;
			if (answer === 'silent') return;
			setTimeout(
				() => outgoing.writeHead(answer, { location: '/elsewhere' }).end('noted'),
				delayMs,
			);
		});
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const receiver: Receiver = {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?item=1`,
		received: [],
		answers: [],
		mostAtOnce: () => most,
		close: async () => {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	};
	return receiver;
}
