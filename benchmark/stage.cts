/** A real n8n with the package, and the simulator of the APIXO API that it talks to. */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { N8nApi } from '../test/e2e/harness/api.cts';
import { isFinished, nodeError } from '../test/e2e/harness/executions.cts';
import { type N8n, startN8n } from '../test/e2e/harness/n8n.cts';
import { startQueueMode } from '../test/e2e/harness/queueMode.cts';
import {
	apixoNode,
	type CredentialReference,
	type TestNode,
} from '../test/e2e/harness/workflows.cts';
import { type Simulator, startSimulator } from '../test/simulator/simulator.cts';
import { eventually } from '../test/support/eventually.cts';
import { drawSeconds, seededRandom } from './lengths.cts';

export interface Stage extends Running {
	api: N8nApi;
	simulator: Simulator;
	credential: CredentialReference;
	/** Where collectGarbage.cjs writes. */
	memoryFolder: string;
}

/** n8n as one process, or in queue mode. */
interface Running {
	/** Of several processes the main one. */
	n8n: N8n;
	processes: N8n[];
	databaseBytes(): Promise<number>;
	dispose(): Promise<void>;
}

interface StageOptions {
	env?: NodeJS.ProcessEnv;
	/** One webhook process and two workers, on PostgreSQL; default: one process on SQLite. */
	inQueueMode?: true;
	log: (line: string) => void;
}

export const ENDS_WITHIN_MS = 180_000;
/** The middle of the usual length of `nano-banana`, the model of most tasks here. */
export const TASK_SECONDS = 12;

/** Runs work in an n8n and a simulator of its own, which end with it. */
export async function withStage<T>(
	work: (stage: Stage) => Promise<T>,
	options: StageOptions,
): Promise<T> {
	const simulator = await startSimulator({
		defaults: { seconds: TASK_SECONDS },
		balanceUsd: 100_000,
	});
	const collector = join(__dirname, 'collectGarbage.cjs');
	const memoryFolder = mkdtempSync(join(tmpdir(), 'n8n-nodes-apixo-memory-'));
	const env = {
		BENCHMARK_MEMORY_FOLDER: memoryFolder,
		N8N_CUSTOM_EXTENSIONS: join(__dirname, 'bareTrigger'),
		NODE_OPTIONS: `--expose-gc --require ${JSON.stringify(collector)}`,
		...options.env,
	};
	const start = options.inQueueMode ? startSeveral : startOne;
	const running = await start({ ...options, env });
	try {
		const { api } = running.n8n;
		const credential = await api.createCredential('Benchmark', 'apixoApi', {
			apiKey: simulator.apiKey,
			baseUrl: simulator.baseUrl,
		});
		return await work({ ...running, api, simulator, credential, memoryFolder });
	} finally {
		await running.dispose();
		await simulator.stop();
		rmSync(memoryFolder, { recursive: true });
	}
}

async function startOne({ env, log }: StageOptions): Promise<Running> {
	const n8n = await startN8n({ withPackage: true, env, log });
	await n8n.api.setupOwner();
	const database = join(n8n.userFolder, '.n8n', 'database.sqlite');
	return {
		n8n,
		processes: [n8n],
		databaseBytes: async () =>
			['', '-wal'].reduce((sum, ending) => sum + statSync(database + ending).size, 0),
		dispose: async () => await n8n.dispose(),
	};
}

async function startSeveral({ env, log }: StageOptions): Promise<Running> {
	const queueMode = await startQueueMode({ workers: 2, env, log });
	const { main, webhookProcesses, workers, postgres, dispose } = queueMode;
	return {
		n8n: main,
		processes: [main, ...webhookProcesses, ...workers],
		databaseBytes: async () => {
			// Gives back the space of rows that were replaced: new rows would fill it.
			await postgres.query('VACUUM FULL');
			return Number(await postgres.query('SELECT pg_database_size(current_database())'));
		},
		dispose,
	};
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

/** What n8n's processes still use after their garbage is collected, but for V8's isolates. */
export async function usedBytes({ processes, memoryFolder }: Stage): Promise<number> {
	const files = processes.map(({ pid }) => join(memoryFolder, String(pid)));
	for (const file of files) rmSync(file, { force: true });
	for (const { pid } of processes) process.kill(pid, 'SIGUSR2');
	const areWritten = async () => files.every((file) => existsSync(file)) || undefined;
	await eventually('garbage to be collected', areWritten, ENDS_WITHIN_MS);
	return files.reduce((sum, file) => sum + Number(readFileSync(file, 'utf8')), 0);
}

/** The same, once they have nothing to do. */
export async function idleBytes(stage: Stage): Promise<number> {
	await untilIdle(stage.api);
	return await usedBytes(stage);
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
