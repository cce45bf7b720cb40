import type { INode } from 'n8n-workflow';
import { type RunOptions, type Stage, QUICK, runOf } from '../action/support.cts';

/** How late n8n may wake an execution by itself: it looks for due ones once a minute. */
export const WAKE_UP_WITHIN_MS = 100_000;

/** A stage whose tasks end only when the test says so. */
export const UNTIL_TOLD = { defaults: { seconds: 3_600 } };

/** An execution that waits for its callbacks. */
export interface ParkedRun {
	workflowId: string;
	executionId: string;
}

/** Parameters of a node that pauses until the callback. */
export function pausing(parameters: INode['parameters'] = {}): INode['parameters'] {
	const { options, ...rest } = parameters as { options?: object };
	return { completion: 'callback', options: { ...QUICK, ...options }, ...rest };
}

/** Starts a run of an APIXO node that pauses, and waits until it is parked. */
export async function park(stage: Stage, options: RunOptions = {}): Promise<ParkedRun> {
	const parameters = pausing(options.parameters);
	const started = await stage.start({ ...options, parameters });
	await untilParked(stage, started.executionId);
	return started;
}

/** Waits until an execution is parked. */
export async function untilParked(stage: Stage, executionId: string): Promise<void> {
	try {
		await stage.api.waitForExecution(executionId, { status: 'waiting' });
	} catch (error) {
		const { status, ...execution } = await stage.api.getExecution(executionId);
		const { message } = runOf({ status, ...execution }).error;
		throw new Error(`Not parked: ${status} ${message}`, { cause: error });
	}
}

/** Whether the execution is still parked, as n8n's data base has it. */
export async function isParked(stage: Stage, { executionId }: ParkedRun): Promise<boolean> {
	return (await stage.api.getExecution(executionId)).status === 'waiting';
}

/** Ends the task of this prompt; its callback follows. */
export function finish(stage: Stage, prompt: string, outcome?: 'success' | 'failed'): void {
	stage.simulator.finish(stage.taskOf(prompt).taskId, outcome);
}
