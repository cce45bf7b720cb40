/**
 * Measures how much n8n's resident memory grows while videos pass through the APIXO node into its
 * binary store (filesystem mode): first of an n8n that has just started, then of one that has
 * moved files before. Ends with code 1 where the latter grows by more than the limit.
 *
 *     npx tsx benchmark/downloadMemory.cts
 */
import { LIMIT_BYTES, MEGABYTE, MemoryStage, type MemoryUse } from '../test/soak/memoryStage.cts';
import { startSimulator } from '../test/simulator/simulator.cts';

const SIZES_MEGABYTES = [30, 100, 300, 300, 900];

function print(use: MemoryUse, remark = ''): void {
	const percent = (share: number) => `${(100 * share).toFixed(0)} %`.padStart(8);
	console.log(
		megabytes(use.fileBytes),
		megabytes(use.growthBytes),
		percent(use.growthBytes / use.fileBytes),
		percent(use.growthBytes / LIMIT_BYTES),
		megabytes(use.baselineBytes),
		`${use.seconds.toFixed(1)} s`.padStart(8),
		remark,
	);
}

const megabytes = (bytes: number) => `${(bytes / MEGABYTE).toFixed(1)} MB`.padStart(9);

/** A video of 300 MB, of an n8n that has moved files before. */
export async function downloadMemory(): Promise<MemoryUse> {
	const simulator = await startSimulator();
	let stage: MemoryStage | undefined;
	try {
		stage = await MemoryStage.open(simulator);
		await stage.warmUp();
		return await stage.measure(300 * MEGABYTE);
	} finally {
		await stage?.n8n.dispose();
		await simulator.stop();
	}
}

async function main(): Promise<void> {
	const simulator = await startSimulator();
	let stage: MemoryStage | undefined;
	try {
		stage = await MemoryStage.open(simulator);
		console.log('     file    growth  of file  of limit   at rest      time');
		print(await stage.measure(300 * MEGABYTE), '(just started)');
		await stage.warmUp();
		for (const sizeMegabytes of SIZES_MEGABYTES) {
			const use = await stage.measure(sizeMegabytes * MEGABYTE);
			print(use);
			if (use.growthBytes >= LIMIT_BYTES) process.exitCode = 1;
		}
		console.log(`Limit: ${megabytes(LIMIT_BYTES).trim()}`);
	} finally {
		await stage?.n8n.dispose();
		await simulator.stop();
	}
}

if (require.main === module) void main();
