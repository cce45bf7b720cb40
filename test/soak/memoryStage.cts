import { setTimeout as delay } from 'node:timers/promises';
import type { Simulator } from '../simulator/simulator.cts';
import { nodeError, nodeOutput } from '../e2e/harness/executions.cts';
import { type N8n, startN8n } from '../e2e/harness/n8n.cts';
import {
	type CredentialReference,
	apixoNode,
	manualTrigger,
	workflow,
} from '../e2e/harness/workflows.cts';

export const MEGABYTE = 1024 * 1024;

/** While a video of 300 MB passes. */
export const LIMIT_BYTES = 60 * MEGABYTE;

const WARM_UP_BYTES = 40 * MEGABYTE;
const MOST_WARM_UP_RUNS = 15;
/** n8n has settled when a download makes it grow by no more than this. */
const SETTLED_BYTES = 5 * MEGABYTE;
const SAMPLE_EVERY_MS = 10;
/** Within this time n8n has ended what belongs to the run before. */
const SETTLE_MS = 2_000;

/** What a download did to n8n's resident memory. */
export interface MemoryUse {
	fileBytes: number;
	baselineBytes: number;
	peakBytes: number;
	growthBytes: number;
	seconds: number;
}

/** An n8n that keeps binary data in files, and a credential for the simulator. */
export class MemoryStage {
	private constructor(
		readonly n8n: N8n,
		private readonly simulator: Simulator,
		private readonly credential: CredentialReference,
	) {}

	static async open(simulator: Simulator): Promise<MemoryStage> {
		const n8n = await startN8n({
			withPackage: true,
			env: { N8N_DEFAULT_BINARY_DATA_MODE: 'filesystem' },
		});
		await n8n.api.setupOwner();
		const credential = await n8n.api.createCredential('Simulator', 'apixoApi', {
			apiKey: simulator.apiKey,
			baseUrl: simulator.baseUrl,
		});
		return new MemoryStage(n8n, simulator, credential);
	}

	/**
	 * Downloads small files until n8n grows no more: it has loaded what it needs, and has the room
	 * that V8 takes for buffers of any stream, up to 64 MB, before it collects those that are done.
	 */
	async warmUp(): Promise<void> {
		for (let run = 0; run < MOST_WARM_UP_RUNS; run++) {
			const { growthBytes } = await this.measure(WARM_UP_BYTES);
			if (growthBytes <= SETTLED_BYTES) return;
		}
	}

	/** Downloads a video of this size, and watches n8n's resident memory meanwhile. */
	async measure(fileBytes: number): Promise<MemoryUse> {
		await delay(SETTLE_MS);
		const baselineBytes = this.n8n.residentMemoryBytes();
		let peakBytes = baselineBytes;
		const sampling = setInterval(() => {
			peakBytes = Math.max(peakBytes, this.n8n.residentMemoryBytes());
		}, SAMPLE_EVERY_MS);
		const startedAtMs = Date.now();
		try {
			await this.download(fileBytes);
		} finally {
			clearInterval(sampling);
		}
		const seconds = (Date.now() - startedAtMs) / 1000;
		const growthBytes = peakBytes - baselineBytes;
		return { fileBytes, baselineBytes, peakBytes, growthBytes, seconds };
	}

	private async download(fileBytes: number): Promise<void> {
		const prompt = `A video of ${fileBytes} bytes`;
		this.simulator.plan({ promptIncludes: prompt }, { seconds: 0, fileType: 'mp4', fileBytes });
		const execution = await this.n8n.api.runOnce(
			workflow({
				name: prompt,
				nodes: [
					manualTrigger(),
					apixoNode({
						credential: this.credential,
						parameters: {
							resource: 'video',
							operation: 'generate',
							model: { __rl: true, mode: 'id', value: 'veo-3-1' },
							prompt,
							options: {
								initialWait: 1,
								pollInterval: 1,
								validateInput: false,
								downloadResults: true,
							},
						},
					}),
				],
			}),
			{ timeoutMs: 120_000 },
		);
		const stored = nodeOutput(execution, 'APIXO')[0]?.binary?.data.bytes;
		if (stored !== fileBytes) {
			const reason = nodeError(execution)?.message ?? `${stored} of ${fileBytes} bytes`;
			throw new Error(`n8n did not store the file: ${reason}`);
		}
	}
}
