/** Waiting by polls: our node against n8n's HTTP Request + Wait + If. */
import { randomUUID } from 'node:crypto';
import {
	manualTrigger,
	node,
	noOp,
	waitNode,
	workflow,
	type TestNode,
	type WorkflowDefinition,
} from '../test/e2e/harness/workflows.cts';
import type { Simulator } from '../test/simulator/simulator.cts';
import { inTurns, type Rounds } from './rounds.cts';
import { ENDS_WITHIN_MS, foxesOfLengths, generate, TASK_SECONDS, type Stage } from './stage.cts';

export interface Loop {
	/** From the task's end to the start of the next node. */
	delaySeconds: number;
	polls: number;
}

const LOOP_SECONDS = 5;
/** Tasks of each contender in a round, all at once. */
const TASKS = 20;
const NEXT = noOp({ name: 'Next' });

/** Means over the tasks of a round; both contenders have the same ones. */
export async function pollingLoops(stage: Stage, rounds: number): Promise<Rounds<Loop>> {
	const { api, simulator, credential } = stage;
	const measure = async (definitionOf: (start: TestNode) => WorkflowDefinition, seed: number) => {
		const items = foxesOfLengths(TASKS, TASK_SECONDS, seed);
		const before = simulator.tasks().length;
		const delays = await Promise.all(
			items.map(async ({ prompt }) => {
				const definition = definitionOf(manualTrigger({ items: [{ prompt }] }));
				const execution = await api.runOnce(definition, { timeoutMs: ENDS_WITHIN_MS });
				const tasks = simulator.tasks().slice(before);
				const { finalAtMs = NaN } = tasks.find((task) => task.prompt === prompt) ?? {};
				return (execution.runData.Next[0].startTime - finalAtMs) / 1000;
			}),
		);
		const polls = simulator
			.tasks()
			.slice(before)
			.map(({ statusCalls }) => statusCalls);
		return { delaySeconds: mean(delays), polls: mean(polls) };
	};
	const ours = (start: TestNode) =>
		workflow({ name: 'APIXO node', nodes: [start, generate(credential, {}), NEXT] });
	const theirs = (start: TestNode) => loop(simulator, start);
	// Ours has learned from these.
	await measure(ours, 0);
	await measure(theirs, 0);
	const seeds = Array.from({ length: rounds }, (_, round) => round + 1);
	const [ourSeeds, theirSeeds] = [seeds.values(), seeds.values()];
	return await inTurns(rounds, {
		[`APIXO node, after ${TASKS} tasks`]: async () =>
			await measure(ours, ourSeeds.next().value ?? NaN),
		[`HTTP Request + Wait ${LOOP_SECONDS} s + If`]: async () =>
			await measure(theirs, theirSeeds.next().value ?? NaN),
	});
}

function mean(values: number[]): number {
	return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function loop(simulator: Simulator, start: TestNode): WorkflowDefinition {
	const submit = submitRequest(simulator, { prompt: '{{ $json.prompt }}' });
	const status = statusRequest(simulator);
	const wait = waitNode({ amount: LOOP_SECONDS, unit: 'seconds' });
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
	return workflow({
		name: 'HTTP Request + Wait + If',
		nodes: [start, submit, wait, status, check, NEXT],
		connections: [
			{ from: start.name, to: submit.name },
			{ from: submit.name, to: wait.name },
			{ from: wait.name, to: status.name },
			{ from: status.name, to: check.name },
			{ from: check.name, to: NEXT.name, output: 0 },
			{ from: check.name, to: wait.name, output: 1 },
		],
	});
}

function httpRequest(
	{ apiKey }: Simulator,
	name: string,
	parameters: TestNode['parameters'],
): TestNode {
	const authorization = { name: 'Authorization', value: `Bearer ${apiKey}` };
	const headers = { sendHeaders: true, headerParameters: { parameters: [authorization] } };
	return node({
		type: 'n8n-nodes-base.httpRequest',
		typeVersion: 4.2,
		name,
		parameters: { ...headers, ...parameters, options: {} },
	});
}

/** n8n's HTTP Request that asks for the status of the task that `submitRequest` has submitted. */
export function statusRequest(simulator: Simulator): TestNode {
	const taskId = "{{ $('Submit').item.json.data.taskId }}";
	const url = `=${simulator.baseUrl}/statusTask/nano-banana?taskId=${taskId}`;
	return httpRequest(simulator, 'Status', { url });
}

/** n8n's HTTP Request that submits a task as our node does. */
export function submitRequest(
	simulator: Simulator,
	{ callbackUrl, prompt = 'fox' }: { callbackUrl?: string; prompt?: string } = {},
): TestNode {
	const body = {
		request_type: callbackUrl === undefined ? 'async' : 'callback',
		callback_url: callbackUrl,
		input: { mode: 'text-to-image', prompt, aspect_ratio: '1:1' },
	};
	return httpRequest(simulator, 'Submit', {
		method: 'POST',
		url: `${simulator.baseUrl}/generateTask/nano-banana`,
		sendBody: true,
		specifyBody: 'json',
		jsonBody: `=${JSON.stringify(body)}`,
	});
}
