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

const OURS = {
	APIXO: 'Apixo/Apixo.node.js',
	'APIXO Trigger': 'ApixoTrigger/ApixoTrigger.node.js',
};
/** For comparison; n8n loads its own nodes only when they are used. */
const THEIRS = {
	'HTTP Request': 'HttpRequest/HttpRequest.node.js',
	Webhook: 'Webhook/Webhook.node.js',
};

/**
 * Loads node files as n8n does at its start, once n8n's core is there, and describes the nodes.
 * Prints the CPU time of each in ms, which on an idle machine is the time that passes.
 */
const LOAD = `
const [n8n, ...files] = process.argv.slice(1);
const load = require('node:module').createRequire(n8n);
for (const name of ['n8n-core', 'n8n-workflow', 'zod/v4']) load(name);
const times = files.map((file) => {
	const before = process.cpuUsage();
	for (const Node of Object.values(require(file))) new Node().description;
	const { user, system } = process.cpuUsage(before);
	return (user + system) / 1000;
});
console.log(JSON.stringify(times));`;

/** Milliseconds to load each node file, in a new process each round. */
export async function loadTimesMs(rounds: number): Promise<Rounds> {
	const { nodeBinary, n8nScript } = await ensureN8n({ log: () => {} });
	const userFolder = mkdtempSync(join(tmpdir(), 'n8n-nodes-apixo-load-'));
	try {
		await addPackage(userFolder);
		const modules = join(dirname(n8nScript), '..', '..');
		const ours = join(userFolder, '.n8n/nodes/node_modules/n8n-nodes-apixo/dist/nodes');
		const theirs = join(modules, 'n8n-nodes-base/dist/nodes');
		const files = [
			...Object.values(OURS).map((file) => join(ours, file)),
			...Object.values(THEIRS).map((file) => join(theirs, file)),
		];
		const names = [...Object.keys(OURS), ...Object.keys(THEIRS)];
		// As n8n sets it, so that community nodes find what n8n brings.
		const env = { ...process.env, NODE_PATH: modules };
		const times: Rounds = {};
		for (let round = 0; round < rounds; round++) {
			const args = ['-e', LOAD, n8nScript, ...files];
			const output = execFileSync(nodeBinary, args, { encoding: 'utf8', env });
			const loaded = JSON.parse(output.trim().split('\n').at(-1) ?? '') as number[];
			names.forEach((name, index) => (times[name] ??= []).push(loaded[index]));
		}
		return times;
	} finally {
		rmSync(userFolder, { recursive: true, force: true });
	}
}
