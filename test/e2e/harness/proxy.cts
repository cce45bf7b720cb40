import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A reverse proxy on loopback: one public URL in front of several processes. */
export interface Proxy {
	/** Without a slash at the end. */
	readonly url: string;
	/** Sends the next webhook requests to these in turn. */
	sendTo(...targets: Array<{ url: string }>): void;
	/** Sends all other requests, for signed URLs of files for example, to this one. */
	sendOthersTo(target: { url: string }): void;
	end(): Promise<void>;
}

const KEEP_ALIVE_MS = 600_000;

export async function startProxy(): Promise<Proxy> {
	let targets: Array<{ url: string }> = [];
	let targetOfOthers: { url: string } | undefined;
	let next = 0;
	const server = createServer((incoming, outgoing) => {
		const isWebhook = incoming.url?.startsWith('/webhook');
		const target = isWebhook ? targets[next++ % targets.length] : targetOfOthers;
		if (!target) return refuse(outgoing);
		forward(incoming, outgoing, target.url);
	});
	// A client that keeps its connection must not find it closed at its next request.
	server.keepAliveTimeout = KEEP_ALIVE_MS;
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		sendTo: (...newTargets) => {
			targets = newTargets;
			next = 0;
		},
		sendOthersTo: (target) => {
			targetOfOthers = target;
		},
		end: async () => {
			server.closeAllConnections();
			server.close();
			await once(server, 'close');
		},
	};
}

/** As a reverse proxy answers while nothing behind it does. */
function refuse(outgoing: ServerResponse): void {
	if (outgoing.headersSent) outgoing.destroy();
	else outgoing.writeHead(502).end('Bad Gateway');
}

function forward(incoming: IncomingMessage, outgoing: ServerResponse, targetUrl: string): void {
	const { method, headers } = incoming;
	// A connection for each request: the target may have been restarted since the last.
	const passedOn = request(new URL(incoming.url ?? '/', targetUrl), {
		method,
		headers,
		agent: false,
	});
	passedOn.on('response', (answer) => {
		// A request answered before it was fully read would block the connection.
		const connection = incoming.complete ? {} : { connection: 'close' };
		outgoing.writeHead(answer.statusCode ?? 502, { ...answer.headers, ...connection });
		answer.on('error', () => outgoing.destroy()).pipe(outgoing);
	});
	passedOn.on('error', () => refuse(outgoing));
	outgoing.on('close', () => passedOn.destroy());
	incoming.pipe(passedOn);
}
