import type { INode } from 'n8n-workflow';
import { type RunOptions, type Stage, QUICK, runOf } from '../action/support.cts';
import { type Execution, nodeOutput } from '../harness/executions.cts';
import { type WorkflowDefinition, editFields } from '../harness/workflows.cts';
import { eventually } from '../../support/eventually.cts';

export { eventually };

/** A stage whose tasks end only when the test says so. */
export const UNTIL_TOLD = { defaults: { seconds: 3_600 } };

/** How long a wake-up may take: n8n looks for executions that are due once a minute. */
export const WAKE_UP_MS = 100_000;

/** An execution that waits for its callbacks. */
export interface ParkedRun {
	workflowId: string;
	executionId: string;
}

/** Options of a node that wakes by itself as soon as n8n can, at most half a minute after that. */
export const WAKES_SOON = { ...QUICK, pollInterval: 30 };

/** These parameters for a node that pauses until the callback; by itself it wakes late. */
export function pausing(parameters: INode['parameters'] = {}): INode['parameters'] {
	const { options, ...rest } = parameters as { options?: object };
	return {
		completion: 'callback',
		options: { initialWait: 3_000, timeout: 3_600, ...options },
		...rest,
	};
}

/** Starts a run of an APIXO node that pauses, and waits until it is parked. */
export async function park(stage: Stage, options: RunOptions = {}): Promise<ParkedRun> {
	const parameters = pausing(options.parameters);
	return await parkWorkflow(stage, stage.workflow({ ...options, parameters }));
}

/** Starts a workflow by hand, and waits until it is parked. */
export async function parkWorkflow(
	stage: Stage,
	definition: WorkflowDefinition,
): Promise<ParkedRun> {
	const { id: workflowId } = await stage.api.createWorkflow(definition);
	const executionId = await stage.api.runManually(workflowId);
	await untilParked(stage, executionId);
	return { workflowId, executionId };
}

/** Waits until an execution is parked with so many tasks submitted. */
export async function untilParked(stage: Stage, executionId: string, tasks = 1): Promise<void> {
	await stage.simulator.until((simulator) => simulator.tasks().length >= tasks);
	try {
		await stage.api.waitForExecution(executionId, { status: 'waiting' });
	} catch (error) {
		const execution = await stage.api.getExecution(executionId);
		const { message } = runOf(execution).error;
		throw new Error(`Not parked: ${execution.status} ${message}`, { cause: error });
	}
}

/** Waits until an execution is parked at a node. */
export async function parkedAt({ api }: Stage, id: string, nodeName: string): Promise<Execution> {
	return await eventually(`execution ${id} to be parked at ${nodeName}`, async () => {
		const execution = await api.getExecution(id);
		const isThere = execution.data.resultData.lastNodeExecuted === nodeName;
		return isThere && execution.status === 'waiting' ? execution : undefined;
	});
}

/** Whether the execution is parked now, as n8n's data base has it. */
export async function isParked({ api }: Stage, { executionId }: ParkedRun): Promise<boolean> {
	return (await api.getExecution(executionId)).status === 'waiting';
}

/** Ends the only task of this prompt; its callback follows. */
export function finish(stage: Stage, prompt: string, outcome?: 'success' | 'failed'): void {
	stage.simulator.finish(stage.taskOf(prompt).taskId, outcome);
}

/** Ends all tasks that are under way; their callbacks follow. */
export function finishAll({ simulator }: Stage): void {
	for (const { taskId, finalAtMs } of simulator.tasks()) {
		if (finalAtMs === undefined) simulator.finish(taskId);
	}
}

/** Items with a prompt and a number each. */
export const numbered = (count: number) =>
	Array.from({ length: count }, (_, number) => ({ prompt: `prompt ${number}`, number }));

/** A node that says which of the numbered items n8n pairs each of its items with. */
export const pairs = editFields(
	{ number: "={{ $('Prompts').item.json.number }}" },
	{ name: 'Pairs' },
);

/** What the node `pairs` found. */
export const pairsOf = (execution: Execution) =>
	nodeOutput(execution, 'Pairs').map(({ json }) => Number(json.number));
