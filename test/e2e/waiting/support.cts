import { setTimeout as delay } from 'node:timers/promises';
import type { ExecutionStatus, INode } from 'n8n-workflow';
import { type RunOptions, type Stage, byId } from '../action/support.cts';
import { isFinished } from '../harness/executions.cts';
import { type PausedRun, pauseWorkflow } from '../pause/support.cts';
import { DEFAULT_TIMEOUT_MS, eventually } from '../../support/eventually.cts';

/** How late n8n's own timer may come on a busy machine, in real ms from the start of a pause. */
export const TIMER_MS = 150_000;

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

/** Starts a run of an APIXO node and waits until it is paused. */
export async function pause(stage: Stage, options: RunOptions = {}): Promise<PausedRun> {
	return await pauseWorkflow(stage, stage.workflow(options));
}

/** Every status that the execution is seen in until it has ended. */
export async function statusesUntilEnd(
	{ api }: Stage,
	executionId: string,
): Promise<Set<ExecutionStatus>> {
	const seen = new Set<ExecutionStatus>();
	const isEnded = async () => {
		const { status } = await api.getExecution(executionId);
		seen.add(status);
		return isFinished({ status }) ? seen : undefined;
	};
	const what = () => `execution ${executionId} to end; it was ${[...seen].join(', ')}`;
	return await eventually(what, isEnded, DEFAULT_TIMEOUT_MS, 50);
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

/** How often a prompt was submitted at most, and how many prompts were. */
export function submissions({ simulator }: Stage): { prompts: number; most: number } {
	const counts = Object.values(simulator.submitsByPrompt());
	return { prompts: counts.length, most: Math.max(0, ...counts) };
}
