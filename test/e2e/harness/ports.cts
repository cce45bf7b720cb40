import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Linux gives the ports from 32768 on to outgoing connections, and to whoever asks for any; macOS
 * those from 49152 on. One of these may be taken between the choice and its use, or while what
 * listened there is restarted.
 */
const FIRST_PORT = 20_000;
const PORTS_PER_PROCESS = 1_000;
const PROCESSES = 12;

/** Jest's workers choose at the same time; each, and the process without a number, has its own. */
function firstPortOfProcess(): number {
	const worker = Number(process.env.JEST_WORKER_ID ?? 0);
	return FIRST_PORT + (worker % PROCESSES) * PORTS_PER_PROCESS;
}

/** Two runs at once on one machine begin at different ports. */
let chosen = randomInt(PORTS_PER_PROCESS);

async function canListen(port: number): Promise<boolean> {
	const server = createServer().listen(port, '127.0.0.1');
	try {
		await once(server, 'listening');
	} catch {
		return false;
	}
	server.close();
	await once(server, 'close');
	return true;
}

/**
 * A port of 127.0.0.1 that nobody listens on: the preferred one, else another. It stays free until
 * the caller listens on it: this process does not choose it again before a thousand others, other
 * workers of jest never do, and no outgoing connection gets it.
 * @throws Error when none of this process's ports is free.
 */
export async function freePort(preferred?: number): Promise<number> {
	if (preferred !== undefined && (await canListen(preferred))) return preferred;
	for (let attempt = 0; attempt < PORTS_PER_PROCESS; attempt++) {
		chosen = (chosen + 1) % PORTS_PER_PROCESS;
		const port = firstPortOfProcess() + chosen;
		if (await canListen(port)) return port;
	}
	throw new Error(`No port is free from ${firstPortOfProcess()} on`);
}
