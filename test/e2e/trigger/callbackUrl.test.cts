import { fetch } from 'undici';
import { type Simulator, startSimulator } from '../../simulator/simulator.cts';
import { nodeOutput } from '../harness/executions.cts';
import { sharedN8n } from '../harness/shared.cts';
import {
	type CredentialReference,
	apixoNode,
	manualTrigger,
	workflow,
} from '../harness/workflows.cts';
import {
	MODEL,
	createCredential,
	createListener,
	finishedTask,
	runsOf,
	signed,
} from './fixture.cts';

const n8n = sharedN8n();
const { api } = n8n;

let simulator: Simulator;
let credential: CredentialReference;

beforeAll(async () => {
	simulator = await startSimulator({ timeScale: 20, minAcknowledgeMs: 10_000 });
	credential = await createCredential(n8n, simulator);
});
afterAll(async () => await simulator.stop());

/** Submits one task for each URL, and goes on after errors. */
async function submitWith(callbackUrls: string[], by: CredentialReference) {
	return await api.runOnce(
		workflow({
			name: 'Sender',
			nodes: [
				manualTrigger({ items: callbackUrls.map((callbackUrl) => ({ callbackUrl })) }),
				apixoNode({
					credential: by,
					onError: 'continueRegularOutput',
					parameters: {
						resource: 'image',
						model: { __rl: true, mode: 'id', value: MODEL },
						mode: 'text-to-image',
						prompt: 'a fox [[callback.never=true]]',
						completion: 'none',
						callbackUrl: '={{ $json.callbackUrl }}',
					},
				}),
			],
		}),
	);
}

describe('the callback URL of an APIXO node', () => {
	it('is refused before anything is paid for, where APIXO could not call it', async () => {
		const real = await createCredential(n8n, simulator, {
			baseUrl: 'https://api.example.invalid/api/v1',
		});
		const urls = [
			'http://n8n.example.com/webhook/6f2c/apixo',
			'http://localhost:5678/webhook/6f2c/apixo',
			'https://127.0.0.1:5678/webhook/6f2c/apixo',
			'https://192.168.1.20/webhook/6f2c/apixo',
			'https://n8n.local/webhook/6f2c/apixo',
		];
		const items = nodeOutput(await submitWith(urls, real), 'APIXO');
		expect(items).toHaveLength(urls.length);
		for (const { json } of items) {
			expect(json.error).toMatch(/callback URL.*N8N_WEBHOOK_URL \(formerly WEBHOOK_URL\)/);
			expect(json).not.toHaveProperty('taskId');
		}
	});

	it('may be on loopback where the API is, as the simulator is, and nowhere private', async () => {
		const { url } = await createListener(n8n, { credential, inactive: true });
		const submittedBefore = simulator.counts().generateTask;
		const urls = [url, 'https://192.168.1.20/hook'];
		const [local, privately] = nodeOutput(await submitWith(urls, credential), 'APIXO');
		expect(local.json.taskId).toEqual(expect.any(String));
		expect(privately.json.error).toMatch(/private network/);
		expect(simulator.counts().generateTask).toBe(submittedBefore + 1);
		const task = simulator.task(local.json.taskId as string);
		expect(task.callbackUrl).toMatch(
			/\?apixo_model=nano-banana&apixo_nonce=\w{32}&apixo_sig=\w{64}$/,
		);
	});

	it('gets a nonce of its own for each task', async () => {
		const { url } = await createListener(n8n, { credential, inactive: true });
		const items = nodeOutput(await submitWith([url, url, url], credential), 'APIXO');
		const taskIds = items.map(({ json }) => json.taskId as string);
		const urls = taskIds.map((taskId) => simulator.task(taskId).callbackUrl);
		expect(new Set(urls).size).toBe(3);
	});

	it('brings a warning when it is the test URL', async () => {
		const { testUrl } = await createListener(n8n, { credential, inactive: true });
		const execution = await submitWith([testUrl], credential);
		expect(nodeOutput(execution, 'APIXO')[0].json.taskId).toEqual(expect.any(String));
		expect(execution.runData.APIXO[0].hints).toContainEqual({
			message: expect.stringMatching(/test URL.*production URL/),
		});
	});
});

describe('the test URL of an APIXO Trigger', () => {
	it('takes one callback while the editor listens, also one that came before', async () => {
		const listener = await createListener(n8n, { credential });
		const taskId = await finishedTask(simulator, { callbackUrl: signed(listener.url, simulator) });
		await simulator.sendCallback(taskId);
		const [production] = await runsOf(n8n, listener);
		expect(production.mode).toBe('webhook');

		const testUrl = signed(listener.testUrl, simulator);
		const deliver = async () => (await simulator.sendCallback(taskId, { url: testUrl }))[0].status;
		for (let round = 0; round < 2; round++) {
			expect(await deliver()).toBe(404);
			await api.runManually(listener.workflowId);
			expect((await fetch(listener.testUrl, { method: 'POST' })).status).toBe(401);
			expect(await deliver()).toBe(200);
		}
		const runs = await runsOf(n8n, listener);
		expect(runs.map(({ mode }) => mode).sort()).toEqual(['manual', 'manual', 'webhook']);
		const [test] = runs.filter(({ mode }) => mode === 'manual');
		expect(nodeOutput(test, 'APIXO Trigger')[0].json).toEqual(
			nodeOutput(production, 'APIXO Trigger')[0].json,
		);
	});
});
