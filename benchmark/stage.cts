/** A real n8n with the package, and the simulator of the APIXO API that it talks to. */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { N8nApi } from '../test/e2e/harness/api.cts';
import { isFinished, nodeError } from '../test/e2e/harness/executions.cts';
import { type N8n, startN8n } from '../test/e2e/harness/n8n.cts';
import {
	apixoNode,
	type CredentialReference,
	type TestNode,
} from '../test/e2e/harness/workflows.cts';
import { type Simulator, startSimulator } from '../test/simulator/simulator.cts';
import { eventually } from '../test/support/eventually.cts';
import { drawSeconds, seededRandom } from './lengths.cts';

export interface Stage {
	n8n: N8n;
	api: N8nApi;
	simulator: Simulator;
	credential: CredentialReference;
}

export const ENDS_WITHIN_MS = 180_000;
/** The middle of the usual length of `nano-banana`, the model of most tasks here. */
export const TASK_SECONDS = 12;

/** Runs work in an n8n and a simulator of its own, which end with it. */
export async function withStage<T>(
	work: (stage: Stage) => Promise<T>,
	options: { env?: NodeJS.ProcessEnv; log: (line: string) => void },
): Promise<T> {
	const simulator = await startSimulator({
		defaults: { seconds: TASK_SECONDS },
		balanceUsd: 100_000,
	});
	const collector = join(__dirname, 'collectGarbage.cjs');
	const env = {
		NODE_OPTIONS: `--expose-gc --require ${JSON.stringify(collector)}`,
		...options.env,
	};
	const n8n = await startN8n({ withPackage: true, ...options, env });
	try {
		await n8n.api.setupOwner();
		const credential = await n8n.api.createCredential('Benchmark', 'apixoApi', {
			apiKey: simulator.apiKey,
			baseUrl: simulator.baseUrl,
		});
		return await work({ n8n, api: n8n.api, simulator, credential });
	} finally {
		await n8n.dispose();
		await simulator.stop();
	}
}

/** Our node, which generates an image. */
export const generate = (
	credential: CredentialReference,
	parameters: TestNode['parameters'],
	model = 'nano-banana',
) =>
	apixoNode({
		credential,
		parameters: {
			resource: 'image',
			operation: 'generate',
			model: { __rl: true, mode: 'id', value: model },
			mode: 'text-to-image',
			prompt: '={{ $json.prompt }}',
			options: {},
			...parameters,
		},
	});

export const foxes = (count: number) =>
	Array.from({ length: count }, (_, index) => ({ prompt: `fox ${index}` }));

/** Prompts of tasks whose lengths are spread by 25 %, always the same ones. */
export function foxesOfLengths(count: number, meanSeconds: number, seed: number) {
	const random = seededRandom(seed);
	return foxes(count).map(({ prompt }) => {
		const seconds = drawSeconds({ meanSeconds, deviationSeconds: meanSeconds / 4 }, random);
		return { prompt: `${prompt} [[seconds=${seconds.toFixed(2)}]]`, seconds };
	});
}

/** Waits until n8n runs nothing, so that no round is slowed down by what the one before left. */
export async function untilIdle(api: N8nApi): Promise<void> {
	const filter = encodeURIComponent(JSON.stringify({ status: ['new', 'running'] }));
	const path = `/rest/executions?limit=1&filter=${filter}`;
	await eventually(
		'n8n to be idle',
		async () => {
			const { results } = await api.call<{ results: unknown[] }>('GET', path);
			return results.length === 0 || undefined;
		},
		ENDS_WITHIN_MS,
	);
}

/** V8 gives memory back in steps, some seconds apart. */
const SETTLED_AFTER_MS = 20_000;

/** Resident memory of n8n that it still uses once it has nothing to do. */
export async function idleMemoryBytes({ n8n, api }: Stage): Promise<number> {
	await untilIdle(api);
	process.kill(n8n.pid, 'SIGUSR2');
	await delay(SETTLED_AFTER_MS);
	return n8n.residentMemoryBytes();
}

/** @throws Error where the execution ends instead */
export async function untilWaiting(api: N8nApi, executionId: string): Promise<void> {
	await eventually(
		`execution ${executionId} to wait`,
		async () => {
			const execution = await api.getExecution(executionId);
			if (isFinished(execution)) throw new Error(nodeError(execution)?.message ?? 'It has ended');
			return execution.status === 'waiting' || undefined;
		},
		ENDS_WITHIN_MS,
	);
}
