import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type N8nApi, LOGIN } from '../test/e2e/harness/api.cts';
import { exampleFiles, importExample } from '../test/e2e/harness/examples.cts';
import { nodeError, nodeOutput } from '../test/e2e/harness/executions.cts';
import { startN8n } from '../test/e2e/harness/n8n.cts';
import { freePort } from '../test/e2e/harness/ports.cts';
import { startQueueMode } from '../test/e2e/harness/queueMode.cts';
import { startSimulator } from '../test/simulator/simulator.cts';

const USAGE = `Shows the package in a real n8n, against a simulator of the APIXO API.

  npm run demo              runs an example and keeps n8n open for you until Ctrl+C
  npm run demo -- --once    ends after the example's result
  npm run demo -- --queue   runs n8n in queue mode: main, webhook process, two workers, PostgreSQL, Redis`;

const MAIN_EXAMPLE = 'image-to-next-node.json';
/** An image, which takes 8 s, is there after 2 s, and so at the node's first poll. */
const TIME_SCALE = 4;
const RESULT_WITHIN_MS = 120_000;
const USUAL_N8N_PORT = 5678;
const USUAL_SIMULATOR_PORT = 8787;

const startedAt = Date.now();
function log(line: string) {
	console.log(`[${Math.round((Date.now() - startedAt) / 1000)} s] ${line}`);
}

/** An n8n with the package installed; its owner is LOGIN. */
interface RunningDemo {
	url: string;
	api: N8nApi;
	dispose(): Promise<void>;
}

async function startOneProcess(): Promise<RunningDemo> {
	const n8n = await startN8n({ withPackage: true, port: await freePort(USUAL_N8N_PORT), log });
	await n8n.api.setupOwner();
	return n8n;
}

async function startManyProcesses(): Promise<RunningDemo> {
	const script = join(__dirname, '..', 'scripts', 'ensure-programs.sh');
	execFileSync(script, ['redis-server', 'postgresql'], { stdio: 'inherit' });
	const port = await freePort(USUAL_N8N_PORT);
	const { main, webhookProcesses, workers, proxy, dispose } = await startQueueMode({
		workers: 2,
		mainPort: port,
		log,
	});
	log(`Workers: ${workers.length}; callbacks go to ${proxy.url}, and from there to`);
	for (const { url } of webhookProcesses) log(`  the webhook process at ${url}`);
	return { url: main.url, api: main.api, dispose };
}

/** Runs the example and prints what came of it. */
async function runExample(api: N8nApi, workflowId: string) {
	log('Running the example: an image is generated and passed to the next node');
	const executionId = await api.runManually(workflowId);
	const execution = await api.waitForExecution(executionId, { timeoutMs: RESULT_WITHIN_MS });
	if (execution.status !== 'success') {
		const reason = nodeError(execution)?.message ?? 'n8n gives no reason';
		throw new Error(`The example ended with status ${execution.status}: ${reason}`);
	}
	const [task] = nodeOutput(execution, 'Generate Image');
	const [received] = nodeOutput(execution, 'Use the Image');
	const { taskId, state, resultUrls } = task.json;
	console.log(`
  Task        ${taskId} (${state})
  Image       ${(resultUrls as string[])[0]}
  Next node   received ${JSON.stringify(received.json)}
`);
}

async function main() {
	const { values: options } = parseArgs({
		// `npm run demo -- --queue -- --once` passes the second one on.
		args: process.argv.slice(2).filter((argument) => argument !== '--'),
		options: {
			once: { type: 'boolean' },
			queue: { type: 'boolean' },
			help: { type: 'boolean' },
		},
	});
	if (options.help) {
		console.log(USAGE);
		return;
	}
	// What was started ends with this process; see n8n.cts.
	for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit());

	const simulator = await startSimulator({
		port: await freePort(USUAL_SIMULATOR_PORT),
		timeScale: TIME_SCALE,
	});
	// The example of a refusal by the content policy needs one.
	simulator.plan({ promptIncludes: 'blood' }, { outcome: 'failed', failCode: 'NSFW' });
	log(`The simulator of the APIXO API answers at ${simulator.url}`);
	const n8n = await (options.queue ? startManyProcesses() : startOneProcess());
	log(`n8n, with the package installed, answers at ${n8n.url}`);

	const credential = await n8n.api.createCredential('APIXO (simulator)', 'apixoApi', {
		apiKey: simulator.apiKey,
		baseUrl: simulator.baseUrl,
	});
	const workflowIds = new Map<string, string>();
	for (const file of exampleFiles()) {
		workflowIds.set(file, (await importExample(n8n.api, file, credential)).id);
		log(`Imported examples/${file}`);
	}
	await runExample(n8n.api, workflowIds.get(MAIN_EXAMPLE) ?? '');
	if (options.once) {
		await n8n.dispose();
		await simulator.stop();
		return;
	}
	console.log(`
  Open        ${n8n.url}
  E-mail      ${LOGIN.email}
  Password    ${LOGIN.password}

The examples are among the workflows. Ctrl+C ends the demo and removes all it made.`);
}

main().catch((error: Error) => {
	console.error(`The demo did not come to its end. ${error.message}`);
	process.exit(1);
});
