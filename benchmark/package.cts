/** What the package costs an n8n that installs it: its size, and the time to load its node files. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { list } from 'tar';
import { ensureN8n } from '../test/e2e/harness/install.cts';
import { addPackage, packageTarball } from '../test/e2e/harness/package.cts';
import type { Rounds } from './rounds.cts';

export async function packageSize(): Promise<{ packedBytes: number; unpackedBytes: number }> {
	const file = await packageTarball();
	let unpackedBytes = 0;
	await list({ file, onReadEntry: ({ size }) => (unpackedBytes += size) });
	return { packedBytes: statSync(file).size, unpackedBytes };
}

export const NODE_FILES = ['Apixo/Apixo.node.js', 'ApixoTrigger/ApixoTrigger.node.js'];

/** Loads node files as n8n does at its start, once n8n's core is there, and describes the nodes. */
const LOAD = `
const [n8n, ...files] = process.argv.slice(1);
const load = require('node:module').createRequire(n8n);
for (const name of ['n8n-core', 'n8n-workflow', 'zod/v4']) load(name);
const times = files.map((file) => {
	const startedAtMs = performance.now();
	for (const Node of Object.values(require(file))) new Node().description;
	return performance.now() - startedAtMs;
});
console.log(JSON.stringify(times));`;

/** Milliseconds to load each node file, in a new process each round. */
export async function loadTimesMs(rounds: number): Promise<Rounds> {
	const { nodeBinary, n8nScript } = await ensureN8n({ log: () => {} });
	const userFolder = mkdtempSync(join(tmpdir(), 'n8n-nodes-apixo-load-'));
	try {
		await addPackage(userFolder);
		const dist = join(userFolder, '.n8n/nodes/node_modules/n8n-nodes-apixo/dist/nodes');
		const files = NODE_FILES.map((file) => join(dist, file));
		// As n8n sets it, so that community nodes find what n8n brings.
		const env = { ...process.env, NODE_PATH: join(dirname(n8nScript), '..', '..') };
		const times: Rounds = {};
		for (let round = 0; round < rounds; round++) {
			const args = ['-e', LOAD, n8nScript, ...files];
			const output = execFileSync(nodeBinary, args, { encoding: 'utf8', env });
			const [action, trigger] = JSON.parse(output.trim().split('\n').at(-1) ?? '') as number[];
			(times.APIXO ??= []).push(action);
			(times['APIXO Trigger'] ??= []).push(trigger);
			(times.Both ??= []).push(action + trigger);
		}
		return times;
	} finally {
		rmSync(userFolder, { recursive: true, force: true });
	}
}
