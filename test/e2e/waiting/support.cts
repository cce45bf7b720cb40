import { setTimeout as delay } from 'node:timers/promises';
import type { ExecutionStatus, INode } from 'n8n-workflow';
import { type RunOptions, type Stage, byId, runOf } from '../action/support.cts';
import type { Execution } from '../harness/executions.cts';
import type { WorkflowDefinition } from '../harness/workflows.cts';

/** Tasks that end only when the test says so. */
export const UNTIL_TOLD = { defaults: { seconds: 3_600 } };

/** How late n8n's own timer may come on a busy machine, in real ms from the start of a pause. */
export const TIMER_MS = 150_000;

/** An execution that is under way. */
export interface StartedRun {
	workflowId: string;
	executionId: string;
}

type Parameters = INode['parameters'] & { options?: INode['parameters'] };

/** A video: its first poll is due after a minute, and it usually takes two. */
export function video({ options = {}, ...rest }: Parameters = {}): INode['parameters'] {
	const parameters = { resource: 'video', model: byId('wan-2-5'), mode: 'text-to-video' };
	return { ...parameters, options, ...rest } as INode['parameters'];
}

/**
 * A video that is polled every two seconds. Whether its run would pause is seen in its submission:
 * only such a run gives APIXO a callback URL.
 */
export function quickVideo({ options, ...rest }: Parameters = {}): INode['parameters'] {
	const quick = { initialWait: 2, pollInterval: 2, pollingStrategy: 'fixed', ...options };
	return video({ options: quick, ...rest });
}

/** A node that pauses at once, until a callback; its timer is far away. */
export function untilCallback({ options, ...rest }: Parameters = {}): INode['parameters'] {
	const late = { initialWait: 3_000, timeout: 3_600, ...options };
	return { completion: 'callback', options: late, ...rest };
}

/** Starts a run of an APIXO node and waits until it is paused. */
export async function pause(stage: Stage, options: RunOptions = {}): Promise<StartedRun> {
	return await pauseWorkflow(stage, stage.workflow(options));
}

/** Starts a workflow by hand and waits until it is paused. */
export async function pauseWorkflow(
	stage: Stage,
	definition: WorkflowDefinition,
): Promise<StartedRun> {
	const { id: workflowId } = await stage.api.createWorkflow(definition);
	const executionId = await stage.api.runManually(workflowId);
	await untilPaused(stage, executionId);
	return { workflowId, executionId };
}

/** Waits until an execution is paused; says what became of it otherwise. */
export async function untilPaused({ api }: Stage, executionId: string): Promise<Execution> {
	try {
		return await api.waitForExecution(executionId, { status: 'waiting' });
	} catch (error) {
		const execution = await api.getExecution(executionId);
		const { message } = runOf(execution).error;
		throw new Error(`Not paused: ${execution.status} ${message}`, { cause: error });
	}
}

/** Every status that the execution is seen in until it has ended. */
export async function statusesUntilEnd(
	{ api }: Stage,
	executionId: string,
	timeoutMs = 30_000,
): Promise<Set<ExecutionStatus>> {
	const seen = new Set<ExecutionStatus>();
	const deadlineMs = Date.now() + timeoutMs;
	while (Date.now() < deadlineMs) {
		const { status } = await api.getExecution(executionId);
		seen.add(status);
		if (['success', 'error', 'canceled', 'crashed'].includes(status)) return seen;
		await delay(50);
	}
	throw new Error(`Not ended within ${timeoutMs} ms: ${[...seen].join(', ')}`);
}

/** Ends every task that is under way; callbacks follow. */
export function finishAll({ simulator }: Stage): void {
	for (const { taskId, finalAtMs } of simulator.tasks()) {
		if (finalAtMs === undefined) simulator.finish(taskId);
	}
}

/** Unix ms at which n8n's own timer ends the pause. */
export async function pauseEndMs({ api }: Stage, executionId: string): Promise<number> {
	const { waitTill } = await api.getExecution(executionId);
	return Date.parse(String(waitTill));
}

/** Waits until a moment; returns at once where it is past. */
export async function untilMs(unixMs: number): Promise<void> {
	await delay(Math.max(0, unixMs - Date.now()));
}

/** Items with a prompt of their own each. */
export const numbered = (count: number) =>
	Array.from({ length: count }, (_, number) => ({ prompt: `prompt ${number}`, number }));

/** The ids of the tasks that were made of these items, in their order; each was submitted once. */
export const taskIdsOf = (stage: Stage, items: Array<{ prompt: string }>) =>
	items.map(({ prompt }) => stage.taskOf(prompt).taskId);

/** How often a prompt was submitted at most, and how many prompts were. */
export function submissions({ simulator }: Stage): { prompts: number; most: number } {
	const counts = Object.values(simulator.submitsByPrompt());
	return { prompts: counts.length, most: Math.max(0, ...counts) };
}
