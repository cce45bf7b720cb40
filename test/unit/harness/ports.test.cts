import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { freePort } from '../../e2e/harness/ports.cts';

const FIRST_PORT_OF_CONNECTIONS = 32_768;

const servers: Server[] = [];

async function listen(port: number): Promise<void> {
	const server = createServer().listen(port, '127.0.0.1');
	servers.push(server);
	await once(server, 'listening');
}

/** As a worker of jest that does not exist, so that no test's program is about to use the port. */
async function choose(count: number, worker = '7'): Promise<number[]> {
	const workerBefore = process.env.JEST_WORKER_ID;
	process.env.JEST_WORKER_ID = worker;
	try {
		return await Promise.all(Array.from({ length: count }, async () => await freePort()));
	} finally {
		process.env.JEST_WORKER_ID = workerBefore;
	}
}

afterEach(() => servers.splice(0).forEach((server) => server.close()));

it('chooses different ports, also before anybody listens on them', async () => {
	expect(new Set(await choose(200)).size).toBe(200);
});

it('chooses no port that the system may give to an outgoing connection', async () => {
	expect(Math.max(...(await choose(200)))).toBeLessThan(FIRST_PORT_OF_CONNECTIONS);
	expect(Math.max(...(await choose(200, '11')))).toBeLessThan(FIRST_PORT_OF_CONNECTIONS);
});

it('chooses no port that another worker may choose at the same time', async () => {
	const all = [...(await choose(1_000, '7')), ...(await choose(1_000, '8'))];
	expect(new Set(all).size).toBe(2_000);
});

it('passes over a port on which somebody listens', async () => {
	const taken = await choose(3);
	await Promise.all(taken.map(listen));
	const all = await choose(1_000);
	expect(all.filter((port) => taken.includes(port))).toEqual([]);
});

it('chooses the preferred port, and another where that is taken', async () => {
	const [preferred] = await choose(1);
	expect(await freePort(preferred)).toBe(preferred);
	await listen(preferred);
	expect(await freePort(preferred)).not.toBe(preferred);
});
