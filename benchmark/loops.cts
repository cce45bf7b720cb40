/** Waiting by polls: our node against n8n's HTTP Request + Wait + If. */
import { randomUUID } from 'node:crypto';
import {
	manualTrigger,
	node,
	noOp,
	waitNode,
	workflow,
	type TestNode,
} from '../test/e2e/harness/workflows.cts';
import type { Simulator } from '../test/simulator/simulator.cts';
import { inTurns, type Rounds } from './rounds.cts';
import {
	ENDS_WITHIN_MS,
	foxes,
	foxesOfLengths,
	generate,
	TASK_SECONDS,
	type Stage,
} from './stage.cts';

export interface Loop {
	/** From the task's end to the start of the next node. */
	delaySeconds: number;
	polls: number;
}

const LOOP_SECONDS = 5;

export async function pollingLoops(stage: Stage, rounds: number): Promise<Rounds<Loop>> {
	const { api, simulator, credential } = stage;
	const start = manualTrigger({ items: foxes(1) });
	const ours = workflow({
		name: 'APIXO node',
		nodes: [start, generate(credential, {}), noOp({ name: 'Next' })],
	});
	const submit = submitRequest(simulator);
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
	const theirs = workflow({
		name: 'HTTP Request + Wait + If',
		nodes: [start, submit, wait, status, check, noOp({ name: 'Next' })],
		connections: [
			{ from: start.name, to: submit.name },
			{ from: submit.name, to: wait.name },
			{ from: wait.name, to: status.name },
			{ from: status.name, to: check.name },
			{ from: check.name, to: 'Next', output: 0 },
			{ from: check.name, to: wait.name, output: 1 },
		],
	});
	const lengths = foxesOfLengths(rounds, TASK_SECONDS, 1).map(({ seconds }) => seconds);
	const measure = async (definition: typeof ours, seconds: number): Promise<Loop> => {
		simulator.plan({}, { seconds });
		const before = simulator.tasks().length;
		const execution = await api.runOnce(definition, { timeoutMs: ENDS_WITHIN_MS });
		const { finalAtMs = NaN, statusCalls: polls } = simulator.tasks()[before];
		return { delaySeconds: (execution.runData.Next[0].startTime - finalAtMs) / 1000, polls };
	};
	// Each length once, for both.
	const [ourLengths, theirLengths] = [lengths.values(), lengths.values()];
	return await inTurns(rounds, {
		'APIXO node': async () => await measure(ours, ourLengths.next().value ?? NaN),
		[`HTTP Request + Wait ${LOOP_SECONDS} s + If`]: async () =>
			await measure(theirs, theirLengths.next().value ?? NaN),
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
export function submitRequest(simulator: Simulator, callbackUrl?: string): TestNode {
	const body = {
		request_type: callbackUrl === undefined ? 'async' : 'callback',
		callback_url: callbackUrl,
		input: { mode: 'text-to-image', prompt: 'fox', aspect_ratio: '1:1' },
	};
	return httpRequest(simulator, 'Submit', {
		method: 'POST',
		url: `${simulator.baseUrl}/generateTask/nano-banana`,
		sendBody: true,
		specifyBody: 'json',
		jsonBody: `=${JSON.stringify(body)}`,
	});
}
