import type { IExecuteData, IExecuteFunctions, INode, IWebhookFunctions } from 'n8n-workflow';

/** What n8n's contexts have beyond their published interface; every part may be missing. */
export interface EngineView {
	runExecutionData?: {
		executionData?: {
			nodeExecutionStack?: unknown;
			contextData?: Record<string, unknown>;
			runtimeData?: { establishedAt?: unknown };
		};
		resultData?: { runData?: Record<string, unknown> };
	};
	additionalData?: { executionTimeoutTimestamp?: unknown };
}

/**
 * Whether an agent calls the node inside its own run. From Agent 3 on, n8n runs a tool as a node of
 * its own. Before 2.2 n8n does not tell; then every tool counts as called inside.
 */
export function isCalledByAgent(context: IExecuteFunctions): boolean {
	return context.isToolExecution?.() ?? context.getNode().type.endsWith('Tool');
}

/** Which run of the node in this execution, from 0. */
export function runIndexOf(context: IExecuteFunctions): number {
	return Number(context.evaluateExpression('{{ $runIndex }}', 0));
}

/** Names a run of the node in this execution. */
export function runKeyOf(context: IExecuteFunctions, runIndex: number): string {
	return `${context.getExecutionId()} ${context.getNode().id} ${runIndex}`;
}

/** Whether this n8n lets a node be run again after a pause. */
export function canRunAgain(context: IExecuteFunctions): boolean {
	return stackOf(context) !== undefined;
}

/** Whether a node has run in this execution; true where this n8n does not tell. */
export function hasRun(context: IExecuteFunctions, nodeName: string): boolean {
	const runData = (context as EngineView).runExecutionData?.resultData?.runData;
	return runData === undefined || Object.hasOwn(runData, nodeName);
}

/** The node's context of a paused execution, for its webhook. */
export function nodeContextOf(context: IWebhookFunctions): Record<string, unknown> {
	const contexts = (context as EngineView).runExecutionData?.executionData?.contextData ?? {};
	return (contexts[`node:${context.getNode().name}`] ?? {}) as Record<string, unknown>;
}

/**
 * Shown by n8n when a person retries an execution that ended while it was being resumed, and picks
 * 'Retry with currently saved workflow': n8n would then disable both of the node's stack entries and
 * pass the input on as if it were the result. It looks every entry's node up by name first.
 */
const RETRY_GUARD_NAME =
	"Use 'Retry with original workflow': APIXO tasks of this execution are under way";

/**
 * Puts the execution to wait until a callback resumes it, at the latest until `untilMs` (Unix ms),
 * so that n8n then runs this node again with the same input, as the same run.
 *
 * On resume n8n does not execute the paused node: it disables the entry at the top of the stack and
 * passes its input through as output. So that entry is emptied, and a second one, which n8n then
 * executes, is put below it.
 */
export async function waitAndRunAgain(
	context: IExecuteFunctions,
	runIndex: number,
	untilMs: number,
): Promise<void> {
	const stack = stackOf(context) ?? [];
	const paused = context.getExecuteData();
	stack.unshift({ ...paused, node: { ...paused.node }, runIndex });
	stack.push({ ...paused, data: { main: [] }, node: retryGuard(paused.node) });
	paused.data = { main: [] };
	// An emptied entry has no output; `alwaysOutputData` would make one up.
	paused.node = { ...paused.node, alwaysOutputData: false };
	await context.putExecutionToWait(new Date(untilMs));
}

/** After a resume: n8n must not try to run the entry that only guards against a wrong retry. */
export function removeRetryGuard(context: IExecuteFunctions): void {
	const stack = stackOf(context) ?? [];
	const index = stack.findIndex(({ node }) => node.name === RETRY_GUARD_NAME);
	if (index >= 0) stack.splice(index, 1);
}

function retryGuard(node: INode): INode {
	return { ...node, name: RETRY_GUARD_NAME };
}

function stackOf(context: IExecuteFunctions): IExecuteData[] | undefined {
	const stack = (context as EngineView).runExecutionData?.executionData?.nodeExecutionStack;
	return Array.isArray(stack) ? stack : undefined;
}
