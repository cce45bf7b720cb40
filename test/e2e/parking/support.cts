import type { INode } from 'n8n-workflow';
import type { RecordedRequest } from '../../simulator/requestLog.cts';
import { type RunOptions, QUICK, runOf, type Stage } from '../action/support.cts';

/** How late n8n may wake an execution by itself: it looks for due ones once a minute. */
export const WAKE_UP_WITHIN_MS = 100_000;

/** Parameters of a node that pauses until the callback. */
export const PARKED: INode['parameters'] = { completion: 'callback', options: QUICK };

/** Options of a node that parks with these parameters. */
export function parked(parameters: INode['parameters'] = {}): RunOptions {
	return { parameters: { ...PARKED, ...parameters } };
}

/** Starts a run and waits until it is parked, with its tasks submitted. */
export async function park(
	stage: Stage,
	options: RunOptions,
	taskCount = options.items?.length ?? 1,
): Promise<{ workflowId: string; executionId: string; childId: string }> {
	const started = await stage.start(options);
	try {
		await stage.api.waitForExecution(started.executionId, { status: 'waiting' });
	} catch (error) {
		const execution = await stage.api.getExecution(started.executionId);
		throw new Error(`Not parked: ${runOf(execution).error.message}`, { cause: error });
	}
	await stage.simulator.until((simulator) => simulator.tasks().length >= taskCount);
	return { ...started, childId: await childOf(stage, started) };
}

/** The execution that waits for APIXO in place of another. */
export async function childOf(
	{ api }: Stage,
	{ workflowId, executionId }: { workflowId: string; executionId: string },
): Promise<string> {
	const executions = await api.listExecutions(workflowId);
	const child = executions.find(({ id, mode }) => id !== executionId && mode === 'integrated');
	if (!child) throw new Error(`Execution ${executionId} has no child`);
	await api.waitForExecution(child.id, { status: 'waiting' });
	return child.id;
}

/** The callback URL that a task was submitted with. */
export function callbackUrlOf(stage: Stage, taskIndex = 0): string {
	const submits: RecordedRequest[] = stage.simulator.requests({ endpoint: 'generateTask' });
	const { callback_url: url } = submits[taskIndex].body as { callback_url: string };
	return url;
}
