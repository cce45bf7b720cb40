import type { IExecuteData, IExecuteFunctions } from 'n8n-workflow';

/** What n8n's contexts have beyond their published interface: the execution's data. */
interface EngineView {
	runExecutionData?: { executionData?: { nodeExecutionStack?: unknown } };
}

/** Whether this n8n lets a node be run again after it was parked. */
export function canRunAgain(context: IExecuteFunctions): boolean {
	return stackOf(context) !== undefined;
}

/**
 * Parks the execution until a callback resumes it, at the latest until `wakeAtMs` (Unix ms), and
 * then runs this node again with the same input, as the same run.
 *
 * n8n itself would not run it: what resumes an execution hands on the input of the node at the top
 * of the stack. So that one is left without input, and the node goes onto the stack a second time,
 * below it.
 */
export async function parkAndRunAgain(
	context: IExecuteFunctions,
	runIndex: number,
	wakeAtMs: number,
): Promise<void> {
	const waiting = context.getExecuteData();
	stackOf(context)?.unshift({ ...waiting, node: { ...waiting.node }, runIndex });
	waiting.data = { main: [] };
	// Without input it has no output, so that nothing follows it; this would make one up.
	waiting.node = { ...waiting.node, alwaysOutputData: false };
	await context.putExecutionToWait(new Date(wakeAtMs));
}

function stackOf(context: IExecuteFunctions): IExecuteData[] | undefined {
	const stack = (context as EngineView).runExecutionData?.executionData?.nodeExecutionStack;
	return Array.isArray(stack) ? stack : undefined;
}
