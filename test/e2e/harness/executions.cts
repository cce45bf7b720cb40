import type {
	ExecutionStatus,
	INodeExecutionData,
	IRunExecutionData,
	ITaskData,
	IWorkflowBase,
} from 'n8n-workflow';

/** A row of n8n's list of executions. */
export interface ExecutionSummary {
	id: string;
	workflowId: string;
	status: ExecutionStatus;
	mode: string;
	startedAt: string;
	stoppedAt?: string;
	/** Set while the execution is paused. */
	waitTill?: string | null;
}

const UNFINISHED: ExecutionStatus[] = ['new', 'running', 'waiting', 'unknown'];

/** Whether an execution has ended, in whatever way. */
export const isFinished = ({ status }: { status: ExecutionStatus }) => !UNFINISHED.includes(status);

/** An execution with all that its nodes received and returned. */
export interface Execution extends ExecutionSummary {
	data: IRunExecutionData;
	/** The runs of each node, by its name. */
	runData: IRunExecutionData['resultData']['runData'];
	workflowData: IWorkflowBase;
}

/** Loaded with this file, since jest lets nothing be loaded while concurrent tests change turns. */
const flatted = import('flatted');

/** Makes an Execution of what n8n answers, where `data` is a string in flatted's format. */
export async function parseExecution(
	answer: Omit<Execution, 'data' | 'runData'> & { data: string },
): Promise<Execution> {
	const { parse } = await flatted;
	// Of an execution that is still running, n8n has nothing to tell yet.
	const data = (parse(answer.data) ?? { resultData: { runData: {} } }) as IRunExecutionData;
	return { ...answer, data, runData: data.resultData.runData };
}

function lastRun(execution: Execution, nodeName: string): ITaskData {
	const run = execution.runData[nodeName]?.at(-1);
	if (run) return run;
	const ran = Object.keys(execution.runData).join(', ') || 'none';
	const error = nodeError(execution)?.message;
	throw new Error(
		`Node '${nodeName}' has no run in execution ${execution.id} (${execution.status}` +
			`${error ? `: ${error}` : ''}). Nodes that ran: ${ran}`,
	);
}

/**
 * The items that a node returned at one of its outputs.
 * @param where `run` counts from 0, default: the last one; `output` counts from 0.
 * @throws Error that names the nodes that ran, when this one did not.
 */
export function nodeOutput(
	execution: Execution,
	nodeName: string,
	where: { run?: number; output?: number } = {},
): INodeExecutionData[] {
	const run =
		where.run === undefined
			? lastRun(execution, nodeName)
			: execution.runData[nodeName]?.[where.run];
	return run?.data?.main[where.output ?? 0] ?? [];
}

/** The error of a node's last run, or without a node the one that ended the execution. */
export function nodeError(execution: Execution, nodeName?: string): ITaskData['error'] {
	if (nodeName === undefined) return execution.data.resultData.error;
	return lastRun(execution, nodeName).error;
}
