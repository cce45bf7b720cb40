/** Whole generations in n8n's queue mode: two workers beside one. */
import { startQueueMode } from '../test/e2e/harness/queueMode.cts';
import { webhookTrigger, workflow } from '../test/e2e/harness/workflows.cts';
import { startSimulator } from '../test/simulator/simulator.cts';
import { eventually } from '../test/support/eventually.cts';
import { inTurns, type Rounds } from './rounds.cts';
import { generate } from './stage.cts';

const GENERATIONS = 40;
/** Of each worker: what an execution that polls occupies, and so what a second worker adds. */
const PLACES = 4;
const TASK_SECONDS = 6;
const ALL_WITHIN_MS = 300_000;

/** Generations a second. */
export async function twoWorkers(rounds: number, log: (line: string) => void): Promise<Rounds> {
	const simulator = await startSimulator({ defaults: { seconds: TASK_SECONDS } });
	const env = { N8N_CONCURRENCY_PRODUCTION_LIMIT: String(PLACES) };
	const queueMode = await startQueueMode({ workers: 2, env, log });
	const { main, workers } = queueMode;
	try {
		const { apiKey, baseUrl } = simulator;
		const credential = await main.api.createCredential('Benchmark', 'apixoApi', {
			apiKey,
			baseUrl,
		});
		const options = { pollingStrategy: 'fixed', initialWait: TASK_SECONDS, pollInterval: 1 };
		const { id } = await main.api.createWorkflow(
			workflow({
				name: 'Generations',
				nodes: [
					webhookTrigger({ path: 'generate' }),
					generate(credential, { completion: 'poll', prompt: 'a fox', options }),
				],
			}),
		);
		await main.api.activate(id);
		const measure = async () => {
			const before = (await main.api.listExecutions(id)).length;
			const startedAtMs = performance.now();
			for (let count = 0; count < GENERATIONS; count++) await main.api.callWebhook('generate');
			await eventually(
				`${GENERATIONS} generations`,
				async () => {
					const executions = await main.api.listExecutions(id);
					const done = executions.filter(({ status }) => status === 'success');
					return done.length === before + GENERATIONS || undefined;
				},
				ALL_WITHIN_MS,
				250,
			);
			return (GENERATIONS * 1000) / (performance.now() - startedAtMs);
		};
		// Loads what a generation needs, in both.
		await measure();
		return await inTurns(rounds, {
			'2 workers': measure,
			'1 worker': async () => {
				await workers[1].stop();
				const perSecond = await measure();
				await workers[1].start();
				return perSecond;
			},
		});
	} finally {
		await queueMode.dispose();
		await simulator.stop();
	}
}
