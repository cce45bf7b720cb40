import type { IExecuteFunctions } from 'n8n-workflow';

import { timerDeadlineMs } from './deadlines';
import { canRunAgain, hasRun, isCalledByAgent } from './executionData';

/** Why a run must not pause: what the user reads, and what to do about it. */
export interface PauseProblem {
	message: string;
	/** A sentence on how to make a pause possible; absent where there is no way. */
	remedy?: string;
}

/** n8n's timer may be late by a minute; then the results are fetched. */
export const LATE_BY_SECONDS = 120;

/** Why a pause cannot work in this execution, whatever the user prefers. */
export function whyPauseFails(
	context: IExecuteFunctions,
	longestWaitSeconds: number,
	nowMs: number,
): PauseProblem | undefined {
	if (isCalledByAgent(context)) {
		return { message: "In this version of n8n, an AI agent can't wait for a callback" };
	}
	const { engineType, executionTimeout = 0 } = context.getWorkflowSettings?.() ?? {};
	if (engineType === 'v2') {
		return { message: "n8n's engine v2 cannot resume a paused execution yet" };
	}
	if (!canRunAgain(context)) {
		return { message: 'This version of n8n cannot run a paused node again' };
	}
	const neededSeconds = longestWaitSeconds + LATE_BY_SECONDS;
	if (executionTimeout > 0 && executionTimeout < neededSeconds) {
		return {
			message: `The workflow is set to time out after ${executionTimeout} seconds, but waiting may take ${neededSeconds}`,
			remedy:
				"Raise 'Timeout Workflow' in the workflow's settings, or lower 'Timeout' in this node's options",
		};
	}
	const deadlineMs = timerDeadlineMs(context);
	if (deadlineMs !== undefined && deadlineMs < nowMs + neededSeconds * 1000) {
		const leftSeconds = Math.max(0, Math.round((deadlineMs - nowMs) / 1000));
		return {
			message: `n8n ends this execution in ${leftSeconds} seconds, but waiting may take ${neededSeconds}`,
			remedy: "Raise EXECUTIONS_TIMEOUT of n8n, or lower 'Timeout' in this node's options",
		};
	}
	if (!resumeUrlOf(context).includes('?')) {
		return {
			message: "This version of n8n can't pause safely, because its resume URLs have no token",
			remedy: 'Update n8n',
		};
	}
	return undefined;
}

/**
 * Who waits for the end of this execution and would be given something unfinished if it paused:
 * found by trying each in n8n 2.41.1, in regular and in queue mode. Undefined where nobody does.
 */
export function whoWaits(context: IExecuteFunctions): string | undefined {
	const mode = context.getMode();
	if (mode === 'integrated') return 'the parent workflow';
	if (mode === 'evaluation') return 'the evaluation';
	if (mode === 'cli') return 'the command line';
	const { type, name } = context.getNode();
	// From Agent 3 on, n8n runs a tool as a node of its own.
	if (type.endsWith('Tool')) return 'the AI agent';
	const parents = context.getParentNodes(name, { includeNodeParameters: true });
	const answering = parents.find(
		({ type: parentType, parameters, name: parentName }) =>
			ANSWERS_AT_THE_END[parentType]?.(parameters ?? {}) && hasRun(context, parentName),
	);
	return answering && `whoever called '${answering.name}'`;
}

type Parameters = Record<string, unknown>;

/**
 * Behind a pause n8n answers at once with what there is, or, where a node is to respond, in queue
 * mode with nothing.
 */
const ANSWERS_LATER: unknown[] = ['lastNode', 'responseNode', 'streaming'];

/** Nodes whose caller waits for the end, by the type of the node. */
const ANSWERS_AT_THE_END: Record<string, (parameters: Parameters) => boolean> = {
	'n8n-nodes-base.webhook': ({ responseMode }) => ANSWERS_LATER.includes(responseMode),
	'n8n-nodes-base.formTrigger': ({ responseMode }) => ANSWERS_LATER.includes(responseMode),
	// 'Using Response Nodes' reads the messages from n8n's database, also after a pause.
	'@n8n/n8n-nodes-langchain.chatTrigger': ({ options }) =>
		ANSWERS_LATER.includes((options as Parameters | undefined)?.responseMode ?? 'lastNode'),
};

/** The execution's resume URL with the node in its path, so that it can resume no other node. */
export function resumeUrlOf(context: IExecuteFunctions): string {
	const url = String(context.evaluateExpression('{{ $execution.resumeUrl }}', 0));
	return url.replace('?', `/${context.getNode().id}?`);
}
