/** What the package costs an n8n that installs it: its size, and the time to load its node files. */
import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { list } from 'tar';
import { packageTarball } from '../test/e2e/harness/package.cts';
import { measured, type Measured } from './inN8n.cts';

const NODES = ['dist/nodes/Apixo/Apixo.node.js', 'dist/nodes/ApixoTrigger/ApixoTrigger.node.js'];

export async function packageSize(): Promise<{ packedBytes: number; unpackedBytes: number }> {
	const file = await packageTarball();
	let unpackedBytes = 0;
	await list({ file, onReadEntry: ({ size }) => (unpackedBytes += size) });
	return { packedBytes: statSync(file).size, unpackedBytes };
}

/** What a fresh process does: n8n has loaded n8n-workflow and zod before it loads a node. */
const LOAD = `
require('n8n-workflow');
require('zod/v4');
const started = performance.now();
for (const file of process.argv.slice(1)) require(file);
console.log(performance.now() - started);`;

/** Milliseconds to load both node files in a process that has loaded what n8n has anyway. */
export function loadTimeMs(rounds: number): Measured {
	const files = NODES.map((file) => resolve(file));
	const times = Array.from({ length: rounds }, () =>
		Number(execFileSync(process.execPath, ['-e', LOAD, ...files], { encoding: 'utf8' })),
	);
	return measured(times);
}
