import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { request } from 'undici';
import { type Proxy, startProxy } from '../../e2e/harness/proxy.cts';

let proxy: Proxy;
const servers: Server[] = [];

beforeEach(async () => {
	proxy = await startProxy();
});
afterEach(async () => {
	await proxy.end();
	for (const server of servers.splice(0)) {
		server.closeAllConnections();
		server.close();
	}
});

/** A server that answers its name and what it got; one that breaks off ends half way. */
async function target(name: string, breaksOff = false): Promise<{ url: string; server: Server }> {
	const server = createServer((incoming, outgoing) => {
		const chunks: Buffer[] = [];
		incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
		incoming.on('end', () => {
			const body = Buffer.concat(chunks).toString();
			outgoing.writeHead(201, { 'x-target': name });
			outgoing.write(`${incoming.method} ${incoming.url} ${incoming.headers['x-test']} ${body}`);
			if (breaksOff) setImmediate(() => outgoing.destroy());
			else outgoing.end();
		});
	});
	servers.push(server);
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

const call = async (path = '/webhook/') =>
	await request(`${proxy.url}${path}`, {
		method: 'POST',
		headers: { 'x-test': 'kept' },
		body: 'body',
	});
const nameOf = async () => (await call()).headers['x-target'];

it('passes a request on as it is, and its answer', async () => {
	proxy.sendTo(await target('one'));
	const { statusCode, headers, body } = await call('/webhook/a%20b?c=%2F&d');
	expect(statusCode).toBe(201);
	expect(headers['x-target']).toBe('one');
	expect(await body.text()).toBe('POST /webhook/a%20b?c=%2F&d kept body');
});

it('sends to its targets in turn, and to others when told so', async () => {
	const [one, two] = [await target('one'), await target('two')];
	proxy.sendTo(one, two);
	expect([await nameOf(), await nameOf(), await nameOf()]).toEqual(['one', 'two', 'one']);
	proxy.sendTo(one);
	expect([await nameOf(), await nameOf()]).toEqual(['one', 'one']);
});

it('sends what is no webhook to the target of others', async () => {
	proxy.sendTo(await target('webhooks'));
	expect((await call('/rest/binary-data/signed?token=t')).statusCode).toBe(502);
	proxy.sendOthersTo(await target('main'));
	const { headers } = await call('/rest/binary-data/signed?token=t');
	expect(headers['x-target']).toBe('main');
	expect(await nameOf()).toBe('webhooks');
});

it('answers 502 where there is no target, or none that listens', async () => {
	expect((await call()).statusCode).toBe(502);
	const { url, server } = await target('gone');
	server.close();
	await once(server, 'close');
	proxy.sendTo({ url });
	expect((await call()).statusCode).toBe(502);
});

it('breaks an answer off where its target does', async () => {
	proxy.sendTo(await target('one', true));
	const broken = call().then(async ({ body }) => await body.text());
	await expect(broken).rejects.toThrow();
});
