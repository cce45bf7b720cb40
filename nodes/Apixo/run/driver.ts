import type { IExecuteFunctions, INode, INodeExecutionData } from 'n8n-workflow';

import { forEachIndex } from '../../shared/tasks/concurrency';
import { finish } from '../../shared/tasks/finish';
import { submittedOutput } from '../../shared/tasks/output';
import { submitOrTakeUp } from '../../shared/tasks/submission';
import { readRequests, type GenerateRequest } from '../actions/generate/request';
import { deliverItems } from '../options/resultFiles';
import type { ItemResults } from './itemResults';
import type { Session } from './session';
import { confirmedAnswer } from '../pause/processMemory';
import { parkAndRunAgain } from '../pause/executionStack';
import {
	afterFailedTry,
	forNextTry,
	hasTask,
	isComplete,
	mayTryAgain,
	newState,
	nextItems,
	nextWakeMs,
	parkedRequest,
	pendingEntries,
	STATE_KEY,
	withLook,
	type ParkedEntry,
	type ParkedState,
	type TaskEntry,
} from './state';
import { whyNotParkable } from '../pause/pauseChecks';

/** Of one look, so that many tasks' looks do not hold a wake-up for minutes. */
const LOOK_PATIENCE_MS = 20_000;

/** What one run of the node works with. */
interface Run {
	context: IExecuteFunctions;
	session: Session;
	results: ItemResults;
	itemCount: number;
}

/**
 * Submits the requests and parks the execution until all tasks are final. n8n then runs the node
 * again, which takes the run up by `parkedState` and `continueParkedRun`.
 * @param results what was found wrong with items before
 * @returns nothing while it is parked
 * @throws NodeError where the run cannot go on
 */
export async function pauseUntilCallback(
	context: IExecuteFunctions,
	session: Session,
	results: ItemResults,
	requests: GenerateRequest[],
): Promise<INodeExecutionData[]> {
	const refusal = whyNotParkable(context, session, requests);
	if (refusal) {
		requests.forEach(({ itemIndex }) => results.fail(itemIndex, refusal));
		return results.collect();
	}
	const run = openRun(context, session, results);
	const maxConcurrency = Math.min(...requests.map(({ waiting }) => waiting.maxConcurrency));
	const state = newState(context.getExecutionId(), session.runIndex, maxConcurrency);
	return await goOn(run, state, requests.slice(0, maxConcurrency));
}

/** The state of this very run of the node, if it was parked or ended with an error before. */
export function parkedState(
	context: IExecuteFunctions,
	{ runIndex }: Session,
): ParkedState | undefined {
	const state = context.getContext('node')[STATE_KEY] as ParkedState | undefined;
	const isOwn = state?.executionId === context.getExecutionId() && state.runIndex === runIndex;
	return isOwn ? state : undefined;
}

/** Goes on after a wake-up or a failed try: looks, submits what is next, and parks again or ends. */
export async function continueParkedRun(
	context: IExecuteFunctions,
	session: Session,
	results: ItemResults,
	parked: ParkedState,
): Promise<INodeExecutionData[]> {
	const run = openRun(context, session, results);
	const begun = parked.isTryOver ? forNextTry(parked, maxTriesOf(context.getNode())) : parked;
	const state = await look(run, begun, pendingEntries(begun));
	const next = nextItems(state, run.itemCount);
	return await goOn(run, state, readRequests(context, session.credential, results, next));
}

function openRun(context: IExecuteFunctions, session: Session, results: ItemResults): Run {
	return { context, session, results, itemCount: context.getInputData().length };
}

/** As n8n reads the node's settings of 'Retry On Fail'. */
function maxTriesOf({ maxTries }: INode): number {
	return Math.min(5, Math.max(2, maxTries || 3));
}

async function goOn(
	run: Run,
	before: ParkedState,
	requests: GenerateRequest[],
): Promise<INodeExecutionData[]> {
	const { context, session, results, itemCount } = run;
	// Nothing is submitted for a run that will stop with an error in any case.
	const state = await submitAll(
		run,
		withRefusals(before, results),
		results.mustStop ? [] : requests,
	);
	const mustStop = !context.continueOnFail() && state.entries.some((entry) => !hasTask(entry));
	if (mustStop || isComplete(state, itemCount)) return await end(run, state);

	const wakeAtMs = nextWakeMs(state, session.timing.now());
	keep(context, { ...state, wakeAtMs });
	await parkAndRunAgain(context, session.runIndex, wakeAtMs);
	return [];
}

/** Looks at tasks all at once; answers that callbacks brought to this process are not asked for. */
async function look(
	{ context, session: { client, timing } }: Run,
	state: ParkedState,
	entries: TaskEntry[],
): Promise<ParkedState> {
	// n8n's timer is never early.
	const deliveredBy = timing.now() < state.wakeAtMs ? 'callback' : 'poll';
	let looked = state;
	await forEachIndex(entries.length, entries.length, async (index) => {
		const { taskId, model } = entries[index].task;
		const known = confirmedAnswer(context.getExecutionId(), taskId);
		const answer = known
			? ({ ok: true, value: known } as const)
			: await client.getStatus(model, taskId, timing.now() + LOOK_PATIENCE_MS);
		looked = withLook(looked, taskId, answer, known ? 'callback' : deliveredBy, timing.now());
	});
	return looked;
}

async function submitAll(
	run: Run,
	state: ParkedState,
	requests: GenerateRequest[],
): Promise<ParkedState> {
	if (requests.length === 0) return state;
	const startedAtMs = run.session.timing.now();
	const callbackUrl = ownResumeUrl(run.context);
	const submitted: ParkedEntry[] = [];
	await forEachIndex(requests.length, requests.length, async (index) => {
		submitted.push(await submit(run, requests[index], callbackUrl));
	});
	// Of those that an earlier try submitted, the callback may have come and gone.
	const takenUp = submitted.filter(hasTask).filter(({ task }) => task.submittedAtMs < startedAtMs);
	return await look(run, { ...state, entries: [...state.entries, ...submitted] }, takenUp);
}

async function submit(
	{ context, session: { client, ledger, timing } }: Run,
	request: GenerateRequest,
	callbackUrl: string,
): Promise<ParkedEntry> {
	const { itemIndex, model, provider, input, fingerprint } = request;
	const body = {
		request_type: 'callback' as const,
		callback_url: callbackUrl,
		...(provider && { provider }),
		input,
	};
	const submission = await submitOrTakeUp(
		client,
		ledger,
		{ itemIndex, model, fingerprint, body },
		timing,
	);
	if (!submission.ok) return { itemIndex, explanation: submission.explanation };
	const { task } = submission;
	context.logger.info(`APIXO task ${task.taskId} of model ${model} is under way`);
	return { itemIndex, request: parkedRequest(request), task };
}

/** This execution's resume URL with the node in its path, so that it can wake no other node. */
function ownResumeUrl(context: IExecuteFunctions): string {
	const resumeUrl = String(context.evaluateExpression('{{ $execution.resumeUrl }}', 0));
	return resumeUrl.replace('?', `/${context.getNode().id}?`);
}

/** The last step: every item's outcome becomes its output items or its error. */
async function end(run: Run, state: ParkedState): Promise<INodeExecutionData[]> {
	const { context, session, results } = run;
	await forEachIndex(state.entries.length, state.entries.length, async (index) => {
		await settle(run, state.entries[index]);
	});
	if (results.anyFailed) {
		keep(context, afterFailedTry(state));
	} else {
		keep(context, undefined);
		session.ledger.clear();
	}
	return results.collect();
}

async function settle({ context, session, results }: Run, entry: ParkedEntry): Promise<void> {
	const { itemIndex } = entry;
	if (!hasTask(entry)) return results.fail(itemIndex, entry.explanation);
	const { task, outcome, request, deliveredBy = 'poll' } = entry;
	const { reference } = request;
	if (!outcome) {
		return results.succeed(itemIndex, [{ json: submittedOutput(task, undefined, reference) }]);
	}
	if (mayTryAgain(outcome)) session.ledger.forget(itemIndex);
	const finished = finish(task, outcome, request.waiting, { deliveredBy, reference });
	if (!finished.ok) return results.fail(itemIndex, finished.explanation);
	const delivered = await deliverItems(context, session, finished.output, request.delivery);
	if (delivered.ok) results.succeed(itemIndex, delivered.items);
	else results.fail(itemIndex, delivered.explanation);
}

function withRefusals(state: ParkedState, results: ItemResults): ParkedState {
	const refused = results.failures().map(([itemIndex, error]) => ({
		itemIndex,
		explanation: { message: error.message, description: error.description ?? '' },
	}));
	return { ...state, entries: [...state.entries, ...refused] };
}

/** In n8n's data base, with the execution. */
function keep(context: IExecuteFunctions, state: ParkedState | undefined): void {
	context.getContext('node')[STATE_KEY] = state;
}
