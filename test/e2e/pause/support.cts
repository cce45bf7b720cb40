import type { INode } from 'n8n-workflow';
import { eventually } from '../../support/eventually.cts';
import { type RunOptions, type Stage, QUICK, runOf } from '../action/support.cts';
import { type Execution, isFinished, nodeOutput } from '../harness/executions.cts';
import { type WorkflowDefinition, editFields } from '../harness/workflows.cts';

/** A stage whose tasks end only when the test says so. */
export const UNTIL_TOLD = { defaults: { seconds: 3_600 } };

/** The same, and APIXO never calls back. */
export const NO_CALLBACK = { defaults: { seconds: 3_600, callback: { never: true } } };

/** How long a resume by timer may take: n8n checks once a minute which executions are due. */
export const TIMER_WITHIN_MS = 150_000;

/** Options of a node that n8n's timer resumes as soon as it can, and then every half minute. */
export const TIMER_SOON = { ...QUICK, pollInterval: 30 };

/** An execution that is paused, or was. */
export interface PausedRun {
	workflowId: string;
	executionId: string;
}

/** These parameters for a node that pauses until the callback; n8n's timer resumes it late. */
export function pausing(parameters: INode['parameters'] = {}): INode['parameters'] {
	const { options, ...rest } = parameters as { options?: object };
	return {
		completion: 'callback',
		options: { initialWait: 3_000, timeout: 3_600, ...options },
		...rest,
	};
}

/** Starts a run of an APIXO node that pauses, and waits until it is paused. */
export async function pause(stage: Stage, options: RunOptions = {}): Promise<PausedRun> {
	const parameters = pausing(options.parameters);
	return await pauseWorkflow(stage, stage.workflow({ ...options, parameters }));
}

/** Starts a workflow manually, and waits until it is paused. */
export async function pauseWorkflow(
	stage: Stage,
	definition: WorkflowDefinition,
): Promise<PausedRun> {
	const { id: workflowId } = await stage.api.createWorkflow(definition);
	const executionId = await stage.api.runManually(workflowId);
	await untilPaused(stage, executionId);
	return { workflowId, executionId };
}

/** Waits until an execution is paused with so many tasks submitted; says what became of it otherwise. */
export async function untilPaused(
	stage: Stage,
	executionId: string,
	tasks = 1,
): Promise<Execution> {
	await stage.simulator.until((simulator) => simulator.tasks().length >= tasks);
	try {
		return await stage.api.waitForExecution(executionId, { status: 'waiting' });
	} catch (error) {
		const execution = await stage.api.getExecution(executionId);
		const { message } = runOf(execution).error;
		throw new Error(`Not paused: ${execution.status} ${message}`, { cause: error });
	}
}

/** Waits until an execution is paused at a node. */
export async function pausedAt({ api }: Stage, id: string, nodeName: string): Promise<Execution> {
	return await eventually(`execution ${id} to be paused at ${nodeName}`, async () => {
		const execution = await api.getExecution(id);
		const isThere = execution.data.resultData.lastNodeExecuted === nodeName;
		return isThere && execution.status === 'waiting' ? execution : undefined;
	});
}

/** Whether the execution is paused now, as n8n's database has it. */
export async function isPaused({ api }: Stage, { executionId }: PausedRun): Promise<boolean> {
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

/** Ends every task, also later ones, until the execution has ended. */
export async function finishUntilEnded(
	stage: Stage,
	executionId: string,
	timeoutMs: number,
): Promise<Execution> {
	return await eventually(
		`execution ${executionId} to end`,
		async () => {
			finishAll(stage);
			const execution = await stage.api.getExecution(executionId);
			return isFinished(execution) ? execution : undefined;
		},
		timeoutMs,
		500,
	);
}

/** Items with a prompt and a number each. */
export const numbered = (count: number) =>
	Array.from({ length: count }, (_, number) => ({ prompt: `prompt ${number}`, number }));

/** The ids of the tasks that were made of these items, in their order; each was submitted once. */
export const taskIdsOf = (stage: Stage, items: Array<{ prompt: string }>) =>
	items.map(({ prompt }) => stage.taskOf(prompt).taskId);

/** A node that tells which of the numbered items n8n pairs each of its items with. */
export const pairs = editFields(
	{ number: "={{ $('Prompts').item.json.number }}" },
	{ name: 'Pairs' },
);

/** What the node `pairs` found. */
export const pairsOf = (execution: Execution) =>
	nodeOutput(execution, 'Pairs').map(({ json }) => Number(json.number));
