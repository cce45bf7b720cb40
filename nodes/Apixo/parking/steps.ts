import { NodeOperationError, type IExecuteFunctions, type INodeExecutionData } from 'n8n-workflow';

import { forEachIndex } from '../../shared/tasks/concurrency';
import { openLedger } from '../../shared/tasks/ledger';
import { submitOrTakeUp } from '../../shared/tasks/submission';
import type { GenerateRequest } from '../actions/generate/request';
import { openSession, type Session } from '../session';
import { STEP } from './childWorkflow';
import { lastStep } from './lastStep';
import {
	isComplete,
	nextWakeMs,
	parkedRequest,
	pendingEntries,
	readState,
	stateJson,
	withAnswer,
	type ParkedEntry,
	type ParkedState,
} from './state';

/** Of one look, so that many tasks' looks do not hold a wake-up for minutes. */
const LOOK_PATIENCE_MS = 20_000;

/** The steps of the child workflow, by the node's `resource`. */
export const steps: Record<string, (context: IExecuteFunctions) => Promise<INodeExecutionData[]>> =
	{
		[STEP.park]: async (context) => [
			{ json: stateJson(await park(context)), pairedItem: { item: 0 } },
		],

		async lastStep(context) {
			const state = stateOf(context);
			// The user's node still runs: it takes the last step itself, and remembers what was submitted.
			if (state.next === 'handBack') return context.getInputData();
			return await lastStep(context, await openSession(context), state);
		},
	};

/** Submits what may be under way, looks where it is time, and parks unless all is done. */
async function park(context: IExecuteFunctions): Promise<ParkedState> {
	const session = await openSession(context);
	let state = stateOf(context);
	const isFirstRound = state.next === 'handBack';
	if (!isFirstRound) {
		if (!(await isAwaited(context, state)))
			return { ...state, next: 'finish', queue: [], entries: [] };
		state = await look(session, state);
	}
	state = await submitNext(context, session, state);
	const isRefused =
		state.entries.some(({ explanation }) => explanation) && !state.goesOnAfterErrors;
	if (isFirstRound && (isRefused || isComplete(state))) return { ...state, next: 'handBack' };
	if (isComplete(state)) return { ...state, next: 'finish' };

	state = { ...state, next: 'look' };
	// What n8n hands on when the timer wakes the execution, and what webhook() can read.
	context.getExecuteData().data.main = [[{ json: stateJson(state) }]];
	await context.putExecutionToWait(new Date(nextWakeMs(state, session.timing.now())));
	return state;
}

function stateOf(context: IExecuteFunctions): ParkedState {
	const state = readState(context.getInputData()[0]?.json);
	if (state) return state;
	throw new NodeOperationError(
		context.getNode(),
		"This step works only inside the execution that 'Pause Until Callback' starts",
		{ description: "Choose 'Resource' and 'Operation' from the lists of the node" },
	);
}

/** False where the user has cancelled or deleted the execution that all this is for. */
async function isAwaited(context: IExecuteFunctions, state: ParkedState): Promise<boolean> {
	const parent = await context.getExecutionDataById(state.parentExecutionId);
	return parent !== undefined && parent.resultData.error === undefined;
}

async function look(session: Session, state: ParkedState): Promise<ParkedState> {
	const { client, timing } = session;
	const pending = pendingEntries(state);
	let looked = state;
	await forEachIndex(pending.length, state.maxConcurrency, async (index) => {
		const { task } = pending[index];
		const answer = await client.getStatus(task.model, task.taskId, timing.now() + LOOK_PATIENCE_MS);
		// Without an answer the task stays pending, and the next wake-up asks again.
		if (answer.ok) looked = withAnswer(looked, task.taskId, answer.data, 'poll', timing.now());
	});
	return looked;
}

/** Submits from the queue, up to `maxConcurrency` tasks under way. */
async function submitNext(
	context: IExecuteFunctions,
	session: Session,
	state: ParkedState,
): Promise<ParkedState> {
	const room = Math.max(0, state.maxConcurrency - pendingEntries(state).length);
	const batch = state.queue.slice(0, room);
	const callbackUrl = ownResumeUrl(context);
	const submitted: ParkedEntry[] = [];
	await forEachIndex(batch.length, batch.length, async (index) => {
		submitted.push(await submit(context, session, batch[index], callbackUrl));
	});
	const entries = [...state.entries, ...submitted];
	const goesOn = state.goesOnAfterErrors || !submitted.some(({ explanation }) => explanation);
	return { ...state, entries, queue: goesOn ? state.queue.slice(room) : [] };
}

async function submit(
	context: IExecuteFunctions,
	{ client, timing }: Session,
	request: GenerateRequest,
	callbackUrl: string,
): Promise<ParkedEntry> {
	const { itemIndex, model, provider, input, fingerprint } = request;
	const submission = await submitOrTakeUp(
		client,
		// The user's node keeps the ledger; in here each request comes up once.
		openLedger({}, context.getExecutionId(), 0),
		{
			itemIndex,
			model,
			fingerprint,
			body: {
				request_type: 'callback',
				callback_url: callbackUrl,
				...(provider && { provider }),
				input,
			},
		},
		timing,
	);
	if (!submission.ok) {
		const { explanation, mayBeRunning } = submission;
		return { itemIndex, explanation, mayBeRunning };
	}
	context.logger.info(`APIXO task ${submission.task.taskId} of model ${model} is under way`);
	return { itemIndex, request: parkedRequest(request), task: submission.task };
}

/** This execution's resume URL with the node in its path, so that it can wake no other node. */
function ownResumeUrl(context: IExecuteFunctions): string {
	const resumeUrl = String(context.evaluateExpression('{{ $execution.resumeUrl }}', 0));
	return resumeUrl.replace('?', `/${context.getNode().id}?`);
}
