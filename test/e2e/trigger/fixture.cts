import { randomUUID } from 'node:crypto';
import type { INodeParameters } from 'n8n-workflow';
import { fetch } from 'undici';
import {
	type CallbackClaims,
	newNonce,
	signCallbackUrl,
	signingKey,
} from '../../../nodes/shared/callbacks/url';
import type { Simulator, TaskPlan } from '../../simulator/simulator.cts';
import type { Execution } from '../harness/executions.cts';
import type { RunningN8n } from '../harness/n8n.cts';
import {
	type CredentialReference,
	type TestNode,
	apixoTriggerNode,
	noOp,
	waitNode,
	workflow,
} from '../harness/workflows.cts';

export const MODEL = 'nano-banana';

/** n8n's Wait node, which keeps the execution running for less than 65 s. */
export function wait({ seconds }: { seconds: number }): TestNode {
	return waitNode({ amount: seconds, unit: 'seconds' });
}

/** A workflow that begins with an APIXO Trigger, with a node behind each of its outputs. */
export interface Listener {
	workflowId: string;
	/** The production URL, unsigned. */
	url: string;
	testUrl: string;
}

export async function createCredential(
	{ api }: RunningN8n,
	simulator: Simulator,
	data: { apiKey?: string; callbackSecret?: string; baseUrl?: string } = {},
): Promise<CredentialReference> {
	return await api.createCredential(`Simulator ${randomUUID()}`, 'apixoApi', {
		apiKey: simulator.apiKey,
		baseUrl: simulator.baseUrl,
		callbackSecret: '',
		...data,
	});
}

/** Active, unless told otherwise. */
export async function createListener(
	{ api, url }: RunningN8n,
	{
		inactive,
		firstOutput = noOp(),
		...options
	}: {
		credential?: CredentialReference;
		parameters?: INodeParameters;
		inactive?: true;
		firstOutput?: TestNode;
	},
): Promise<Listener> {
	const webhookId = randomUUID();
	const { id } = await api.createWorkflow(
		workflow({
			name: `Listener ${webhookId}`,
			nodes: [
				apixoTriggerNode({ parameters: {}, ...options, webhookId }),
				{ ...firstOutput, name: 'First Output' },
				noOp({ name: 'Second Output' }),
			],
			connections: [
				{ from: 'APIXO Trigger', to: 'First Output', output: 0 },
				{ from: 'APIXO Trigger', to: 'Second Output', output: 1 },
			],
		}),
	);
	if (!inactive) await api.activate(id);
	return {
		workflowId: id,
		url: `${url}/webhook/${webhookId}/apixo`,
		testUrl: `${url}/webhook-test/${webhookId}/apixo`,
	};
}

/** Signs as an APIXO node with this credential does; the simulator's own has no secret. */
export function signed(
	url: string,
	credential: { apiKey: string; callbackSecret?: string },
	claims: Partial<CallbackClaims> = {},
): string {
	const allClaims = { model: MODEL, nonce: newNonce(), ...claims };
	return signCallbackUrl(url, allClaims, signingKey(credential));
}

/** Submits a task to the simulator, which calls back by itself as `plan` says; returns its id. */
export async function submitTask(
	simulator: Simulator,
	options: { callbackUrl: string; plan?: TaskPlan },
): Promise<string> {
	const answer = await fetch(`${simulator.baseUrl}/generateTask/${MODEL}`, {
		method: 'POST',
		headers: {
			authorization: `Bearer ${simulator.apiKey}`,
			'content-type': 'application/json',
		},
		body: JSON.stringify({
			request_type: 'callback',
			callback_url: options.callbackUrl,
			input: {
				mode: 'text-to-image',
				prompt: 'a fox',
				simulate: { seconds: 0, ...options.plan },
			},
		}),
	});
	const { data } = (await answer.json()) as { data: { taskId: string } };
	return data.taskId;
}

/** A task that is final and has called nobody: its callbacks are sent by hand. */
export async function finishedTask(
	simulator: Simulator,
	{ callbackUrl, plan }: { callbackUrl: string; plan?: TaskPlan },
): Promise<string> {
	const taskId = await submitTask(simulator, {
		callbackUrl,
		plan: { ...plan, callback: { never: true } },
	});
	await simulator.until((sim) => sim.task(taskId).finalAtMs !== undefined);
	return taskId;
}

/** The executions in which something came out of the trigger, once none is under way any more. */
export async function runsOf({ api }: RunningN8n, listener: Listener): Promise<Execution[]> {
	const executions: Execution[] = [];
	let isAnyNew = true;
	// At least twice: n8n may not list one that ends between its queries for current and finished ones.
	for (let round = 0; round < 2 || isAnyNew; round++) {
		const listed = await api.listExecutions(listener.workflowId);
		const found = listed.filter(({ id }) => !executions.some((known) => known.id === id));
		for (const { id } of found) executions.push(await api.waitForExecution(id));
		isAnyNew = found.length > 0;
	}
	return executions.filter(({ runData }) => runData['First Output'] ?? runData['Second Output']);
}
