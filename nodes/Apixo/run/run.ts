import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { isCalledByAgent } from '../../shared/n8n/executionData';
import { mapAll } from '../../shared/tasks/concurrency';
import { ItemResults } from '../items/itemResults';
import { pausedOutput } from '../items/pausedOutput';
import { continueFromPause, pauseAgainAtStart, runKeyOf } from '../pause/pause';
import { explainNotSubmitted } from '../../shared/tasks/explain';
import { deliver } from '../items/deliver';
import { Engine } from './engine';
import { openSession, type Session } from './session';
import {
	afterFailedAttempt,
	forNextAttempt,
	forRetriedExecution,
	newRunState,
	unsubmittedItems,
	withItem,
	withRemembered,
	withSettings,
	type ItemState,
	type RunState,
} from '../decisions/state';
import { openStateStore, type StateStore } from '../memory/stateStore';
import type { TaskRequest } from './submit';

/** What an operation wants of the engine. */
export interface Work {
	/** Tells an item's request from a changed one, without evaluating expressions. */
	fingerprintOf(itemIndex: number): string;
	/** Reads what these items ask for; one result for each, in order. */
	read(session: Session, itemIndexes: number[]): Promise<WorkItem[]>;
}

/** What an item asks for: a request to submit, a task to wait for, or nothing, since it is wrong. */
export interface WorkItem {
	entry: TaskRequest | ItemState;
	/** How many tasks may be under way at once, by this item's options. */
	maxConcurrency: number;
	canPause: boolean;
}

/**
 * A run of the node from its input items to its output. It begins anew, or continues a run that was
 * paused, or whose last attempt failed.
 * @returns what is known of the tasks, while the execution is paused
 * @throws NodeError where an item failed and the workflow does not go on after errors
 */
export async function run(context: IExecuteFunctions, work: Work): Promise<INodeExecutionData[]> {
	const session = await openSession(context);
	const { runIndex, timing } = session;
	// Calls of an agent may be under way at once under the same run index, and are never retried.
	const runKey = isCalledByAgent(context) ? undefined : runKeyOf(context, runIndex);
	const store = openStateStore(context, runIndex, runKey);
	if (await pauseAgainAtStart(context, runIndex)) return pausedOutput(store.load()?.items ?? []);
	const reported = await continueFromPause(context, runIndex, timing.now());
	const loaded = store.load();
	const begun =
		loaded && reported ? loaded : newAttempt(context, work, store, loaded, timing.now());
	const { state, requests } = await readItems(
		work,
		session,
		withRemembered(begun, store.remembered()),
		!reported,
	);

	const engine = new Engine({ context, session, store, requests, reported }, state);
	if ((await engine.run()) === 'paused') return pausedOutput(engine.state.items);
	return await deliverAll(context, session, store, engine.state);
}

function newAttempt(
	context: IExecuteFunctions,
	work: Work,
	store: StateStore,
	loaded: RunState | undefined,
	nowMs: number,
): RunState {
	const executionId = context.getExecutionId();
	const input = context.getInputData();
	if (!loaded) return newRunState(executionId, input.length);
	const isRetry = loaded.executionId !== executionId;
	const before = isRetry
		? forRetriedExecution(
				loaded,
				executionId,
				input.map((_, index) => work.fingerprintOf(index)),
			)
		: loaded;
	const { maxTries = 3 } = context.getNode();
	// n8n's own bounds of 'Max Tries'.
	const state = forNextAttempt(before, Math.min(5, Math.max(2, maxTries)), nowMs);
	// Saved at once, so that what is to be submitted again is not found in this process's memory.
	store.save(state);
	return state;
}

/** @param isAttempt a new attempt, for which the user may have changed the options of waiting */
async function readItems(
	work: Work,
	session: Session,
	state: RunState,
	isAttempt: boolean,
): Promise<{ state: RunState; requests: Map<number, TaskRequest> }> {
	const itemIndexes = isAttempt
		? Array.from({ length: state.itemCount }, (_, itemIndex) => itemIndex)
		: unsubmittedItems(state);
	const unsubmitted = new Set(unsubmittedItems(state));
	const items = await work.read(session, itemIndexes);
	const requests = new Map<number, TaskRequest>();
	let read = state;
	for (const { entry } of items) {
		const { itemIndex } = entry;
		if (!('status' in entry)) {
			if (unsubmitted.has(itemIndex)) requests.set(itemIndex, entry);
			else read = withSettings(read, itemIndex, entry);
		} else if (unsubmitted.has(itemIndex)) {
			read = withItem(read, entry);
		}
	}
	if (items.length === 0) return { state, requests };
	return {
		requests,
		state: {
			...read,
			maxConcurrency: Math.min(...items.map(({ maxConcurrency }) => maxConcurrency)),
			canPause: items.every(({ canPause }) => canPause),
		},
	};
}

/** The last step: every item's outcome becomes its output items or its error. */
async function deliverAll(
	context: IExecuteFunctions,
	session: Session,
	store: StateStore,
	state: RunState,
): Promise<INodeExecutionData[]> {
	const results = ItemResults.of(context);
	await mapAll(state.items, async (item) => await deliver(context, session, results, item));
	// Otherwise an item that failed is why others were not submitted.
	if (results.goesOnAfterErrors || !results.anyFailed) {
		for (const itemIndex of unsubmittedItems(state)) results.fail(itemIndex, explainNotSubmitted());
	}
	store.save(results.anyFailed ? afterFailedAttempt(state) : undefined);
	return results.collect();
}
