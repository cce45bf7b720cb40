/**
 * Comparisons in a real n8n, against the simulator of the APIXO API. Each measure is of several
 * rounds, in which what is compared takes turns, so that a busy moment of the machine hits both.
 */
import { randomUUID } from 'node:crypto';
import { fetch } from 'undici';
import { type N8nApi } from '../test/e2e/harness/api.cts';
import { nodeOutput } from '../test/e2e/harness/executions.cts';
import { type N8n, startN8n } from '../test/e2e/harness/n8n.cts';
import {
	apixoNode,
	apixoTriggerNode,
	manualTrigger,
	node,
	noOp,
	webhookTrigger,
	workflow,
	type CredentialReference,
	type TestNode,
} from '../test/e2e/harness/workflows.cts';
import { type Simulator, startSimulator } from '../test/simulator/simulator.cts';
import { eventually } from '../test/support/eventually.cts';

/** The middle of some rounds, with the least and the greatest. */
export interface Measured {
	median: number;
	least: number;
	most: number;
}

export interface Stage {
	n8n: N8n;
	api: N8nApi;
	simulator: Simulator;
	credential: CredentialReference;
}

const ENDS_WITHIN_MS = 180_000;

/** Runs work in an n8n and a simulator of its own, which end with it. */
export async function withStage<T>(
	seconds: number,
	work: (stage: Stage) => Promise<T>,
	log: (line: string) => void,
): Promise<T> {
	const simulator = await startSimulator({ defaults: { seconds }, balanceUsd: 100_000 });
	const n8n = await startN8n({ withPackage: true, log });
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

export function measured(values: number[]): Measured {
	const sorted = [...values].sort((a, b) => a - b);
	return {
		median: sorted[Math.floor(sorted.length / 2)],
		least: sorted[0],
		most: sorted[sorted.length - 1],
	};
}

const generate = (credential: CredentialReference, parameters: TestNode['parameters']) =>
	apixoNode({
		credential,
		parameters: {
			resource: 'image',
			operation: 'generate',
			model: { __rl: true, mode: 'id', value: 'nano-banana' },
			mode: 'text-to-image',
			prompt: '={{ $json.prompt }}',
			...parameters,
		},
	});

export interface ItemsTime {
	items: number;
	/** Wall time of the node, and that time as a multiple of the longest task. */
	seconds: number;
	timesLongest: number;
}

/** Wall time of the node for many items, each task as long as the simulator's. */
export async function itemsTime(
	{ api, credential }: Stage,
	taskSeconds: number,
	counts: number[],
): Promise<ItemsTime[]> {
	const times: ItemsTime[] = [];
	for (const items of counts) {
		const execution = await api.runOnce(
			workflow({
				name: `${items} items`,
				nodes: [
					manualTrigger({
						items: Array.from({ length: items }, (_, index) => ({ prompt: `fox ${index}` })),
					}),
					generate(credential, {
						options: {
							pollingStrategy: 'fixed',
							initialWait: 1,
							pollInterval: 1,
							maxConcurrency: 1000,
						},
					}),
				],
			}),
			{ timeoutMs: ENDS_WITHIN_MS },
		);
		if (nodeOutput(execution, 'APIXO').length !== items) throw new Error('Items are missing');
		const seconds = execution.runData.APIXO[0].executionTime / 1000;
		times.push({ items, seconds, timesLongest: seconds / taskSeconds });
	}
	return times;
}

export interface Loop {
	delaySeconds: Measured;
	polls: Measured;
}

/** From a task's end to the start of the next node: our node against HTTP Request + Wait + If. */
export async function pollingLoops(
	{ api, simulator, credential }: Stage,
	rounds: number,
): Promise<{ ours: Loop; theirs: Loop }> {
	const start = manualTrigger({ items: [{ prompt: 'fox' }] });
	const ours = workflow({
		name: 'Our node',
		nodes: [start, generate(credential, { options: {} }), noOp({ name: 'Next' })],
	});
	const authorization = { name: 'Authorization', value: `Bearer ${simulator.apiKey}` };
	const headers = { sendHeaders: true, headerParameters: { parameters: [authorization] } };
	const http = (name: string, parameters: TestNode['parameters']) =>
		node({
			type: 'n8n-nodes-base.httpRequest',
			typeVersion: 4.2,
			name,
			parameters: { ...headers, ...parameters, options: {} },
		});
	const submit = http('Submit', {
		method: 'POST',
		url: `${simulator.baseUrl}/generateTask/nano-banana`,
		sendBody: true,
		specifyBody: 'json',
		jsonBody: JSON.stringify({
			request_type: 'async',
			input: { mode: 'text-to-image', prompt: 'fox', aspect_ratio: '1:1' },
		}),
	});
	const status = http('Status', {
		url: `=${simulator.baseUrl}/statusTask/nano-banana?taskId={{ $('Submit').item.json.data.taskId }}`,
	});
	const wait = node({
		type: 'n8n-nodes-base.wait',
		typeVersion: 1.1,
		name: 'Wait',
		webhookId: randomUUID(),
		parameters: { amount: 5, unit: 'seconds' },
	});
	const check = node({
		type: 'n8n-nodes-base.if',
		typeVersion: 2,
		name: 'If',
		parameters: {
			conditions: {
				options: { caseSensitive: true, leftValue: '', typeValidation: 'loose' },
				combinator: 'and',
				conditions: [
					{
						id: randomUUID(),
						leftValue: '={{ $json.data.state }}',
						rightValue: 'success',
						operator: { type: 'string', operation: 'equals' },
					},
				],
			},
			options: {},
		},
	});
	const next = noOp({ name: 'Next' });
	const theirs = workflow({
		name: 'HTTP Request + Wait + If',
		nodes: [start, submit, wait, status, check, next],
		connections: [
			{ from: start.name, to: 'Submit' },
			{ from: 'Submit', to: 'Wait' },
			{ from: 'Wait', to: 'Status' },
			{ from: 'Status', to: 'If' },
			{ from: 'If', to: 'Next', output: 0 },
			{ from: 'If', to: 'Wait', output: 1 },
		],
	});

	const results = { ours: newRounds(), theirs: newRounds() };
	for (let round = 0; round < rounds; round++) {
		for (const [name, definition] of Object.entries({ ours, theirs })) {
			const before = simulator.tasks().length;
			const execution = await api.runOnce(definition, { timeoutMs: ENDS_WITHIN_MS });
			const task = simulator.tasks()[before];
			const { finalAtMs: endedAtMs = NaN } = task;
			const [run] = execution.runData.Next;
			const { delays, polls } = results[name as keyof typeof results];
			delays.push((run.startTime - endedAtMs) / 1000);
			polls.push(task.statusCalls);
		}
	}
	const loopOf = ({ delays, polls }: ReturnType<typeof newRounds>): Loop => ({
		delaySeconds: measured(delays),
		polls: measured(polls),
	});
	return { ours: loopOf(results.ours), theirs: loopOf(results.theirs) };
}

const newRounds = () => ({ delays: [] as number[], polls: [] as number[] });

/** From the request that resumes a paused execution to the start of the next node, in ms. */
export async function callbackToNext(
	{ api, simulator, credential }: Stage,
	rounds: number,
): Promise<{ ours: Measured; theirs: Measured }> {
	const [oursMs, theirsMs]: number[][] = [[], []];
	const start = manualTrigger({ items: [{ prompt: 'fox' }] });
	const ours = await api.createWorkflow(
		workflow({
			name: 'Pause Until Callback',
			nodes: [start, generate(credential, { completion: 'callback' }), noOp({ name: 'Next' })],
		}),
	);
	const receiver = node({
		type: 'n8n-nodes-base.set',
		typeVersion: 3.4,
		name: 'URL',
		parameters: {
			assignments: {
				assignments: [
					{ id: randomUUID(), name: 'url', value: '={{ $execution.resumeUrl }}', type: 'string' },
				],
			},
			options: {},
		},
	});
	const wait = node({
		type: 'n8n-nodes-base.wait',
		typeVersion: 1.1,
		name: 'Wait',
		webhookId: randomUUID(),
		parameters: { resume: 'webhook', httpMethod: 'POST', options: {} },
	});
	const theirs = await api.createWorkflow(
		workflow({ name: "n8n's Wait", nodes: [start, receiver, wait, noOp({ name: 'Next' })] }),
	);
	for (let round = 0; round < rounds; round++) {
		const before = simulator.tasks().length;
		const id = await api.runManually(ours.id);
		await untilWaiting(api, id);
		const task = simulator.tasks()[before];
		simulator.finish(task.taskId);
		const done = await api.waitForExecution(id, { timeoutMs: ENDS_WITHIN_MS });
		const taken = simulator.task(task.taskId).callbackAttempts.find(({ status }) => status === 200);
		oursMs.push(done.runData.Next[0].startTime - (taken?.atMs ?? NaN));

		const waitingId = await api.runManually(theirs.id);
		await untilWaiting(api, waitingId);
		const { runData } = await api.getExecution(waitingId);
		const url = runData.URL[0].data?.main[0]?.[0].json.url as string;
		const sentAtMs = Date.now();
		await (await fetch(url, { method: 'POST', body: '{}' })).arrayBuffer();
		const resumed = await api.waitForExecution(waitingId, { timeoutMs: ENDS_WITHIN_MS });
		theirsMs.push(resumed.runData.Next[0].startTime - sentAtMs);
	}
	return { ours: measured(oursMs), theirs: measured(theirsMs) };
}

async function untilWaiting(api: N8nApi, executionId: string): Promise<void> {
	await eventually(`execution ${executionId} to wait`, async () =>
		(await api.getExecution(executionId)).status === 'waiting' ? true : undefined,
	);
}

/** Deliveries a second that are answered, ours against n8n's Webhook node. */
export async function triggerRate(
	{ n8n, api }: Stage,
	rounds: number,
	deliveries: number,
): Promise<{ ours: Measured; theirs: Measured }> {
	const trigger = apixoTriggerNode({
		parameters: { events: ['success'], authentication: 'none', options: {} },
	});
	const path = randomUUID();
	const ours = await api.createWorkflow(
		workflow({ name: 'APIXO Trigger', nodes: [trigger, noOp()] }),
	);
	const theirs = await api.createWorkflow(
		workflow({ name: 'Webhook', nodes: [webhookTrigger({ path }), noOp()] }),
	);
	await api.activate(ours.id);
	await api.activate(theirs.id);
	const urls = {
		ours: `${n8n.url}/webhook/${trigger.webhookId}/apixo`,
		theirs: `${n8n.url}/webhook/${path}`,
	};
	const rates = { ours: [] as number[], theirs: [] as number[] };
	for (let round = 0; round < rounds; round++) {
		for (const name of ['ours', 'theirs'] as const) {
			const startedAtMs = Date.now();
			await deliver(urls[name], deliveries);
			rates[name].push(deliveries / ((Date.now() - startedAtMs) / 1000));
		}
	}
	return { ours: measured(rates.ours), theirs: measured(rates.theirs) };
}

const DELIVERIES_AT_ONCE = 10;

async function deliver(url: string, count: number): Promise<void> {
	let left = count;
	const send = async () => {
		while (left-- > 0) {
			const now = Date.now();
			const data = {
				taskId: randomUUID(),
				state: 'success',
				resultJson: '{"resultUrls":["https://cdn.example.com/1.png"]}',
				createTime: now - 10_000,
				completeTime: now,
			};
			const answer = await fetch(url, {
				method: 'POST',
				headers: { 'content-type': 'application/json' },
				body: JSON.stringify({ code: 200, message: 'success', data }),
			});
			const text = await answer.text();
			if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${text}`);
		}
	};
	await Promise.all(Array.from({ length: DELIVERIES_AT_ONCE }, send));
}
