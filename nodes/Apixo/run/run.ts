import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { isCalledByAgent, runIndexOf, runKeyOf } from '../../shared/n8n/executionData';
import { mapAll } from '../../shared/tasks/concurrency';
import { isCancelled } from '../items/errors';
import { ItemResults } from '../items/itemResults';
import { logTasks } from '../items/logTasks';
import { pausedOutput } from '../items/pausedOutput';
import { continueFromPause, pauseAgainAtStart } from '../pause/pause';
import { explainNoTimeLeft } from '../../shared/tasks/explain';
import { deliver } from '../items/deliver';
import { Engine } from './engine';
import { openSession, type Session } from './session';
import {
	afterFailedAttempt,
	allItems,
	unsubmittedItems,
	withRemembered,
	type RunState,
} from '../decisions/state';
import { attemptLimits, beginAttempt } from '../memory/attempt';
import { openStateStore, type StateStore } from '../memory/stateStore';
import type { TaskRequest } from '../decisions/taskRequest';
import { withWork, type WorkItem } from '../decisions/workItem';

/** What an operation wants of the engine. */
export interface Work {
	/** Tells an item's request from a changed one, without evaluating expressions. */
	fingerprintOf(itemIndex: number): string;
	/** As a former version of this package told it, whose executions may be retried. */
	formerFingerprintOf?(itemIndex: number): string;
	/** Reads what these items ask for; one result for each, in order. */
	read(session: Session, itemIndexes: number[]): Promise<WorkItem[]>;
}

/**
 * A run of the node from its input items to its output. It begins anew, or continues a run that was
 * paused, or whose last attempt failed.
 * @returns what is known of the tasks, while the execution is paused
 * @throws NodeError where an item failed and the workflow does not go on after errors
 */
export async function run(context: IExecuteFunctions, work: Work): Promise<INodeExecutionData[]> {
	const runIndex = runIndexOf(context);
	// Calls of an agent may be under way at once under the same run index, and are never retried.
	const runKey = isCalledByAgent(context) ? undefined : runKeyOf(context, runIndex);
	const store = openStateStore(context, runIndex, runKey);
	const loaded = store.load();
	if (await pauseAgainAtStart(context, runIndex)) return pausedOutput(loaded?.items ?? []);
	const connected = await openSession(context, runIndex);
	const nowMs = connected.timing.now();
	const lastPause = store.remembered()?.lastPause ?? 0;
	const pauseEnd = await continueFromPause(context, runIndex, nowMs, lastPause);
	const paused = pauseEnd && loaded;
	const begun = paused ?? beginAttempt(context, runIndex, store, loaded, work, nowMs);
	const limits = attemptLimits(context, runIndex, nowMs, pauseEnd);
	const session = { ...connected, latestMs: limits?.endAtMs };
	const known = withRemembered(begun, store.remembered()?.items ?? []);
	// After a pause an item is read when there is room for it: how the run waits is planned already.
	const { state, requests } = paused
		? { state: known, requests: new Map<number, TaskRequest>() }
		: withWork(known, await work.read(session, allItems(known)), nowMs);
	const read = async (itemIndexes: number[]) => await work.read(session, itemIndexes);

	const parts = { context, session, store, requests, read, pauseEnd, limits };
	const engine = new Engine(parts, state);
	if ((await engine.run()) === 'paused') return pausedOutput(engine.state.items);
	return await deliverAll(context, session, store, engine.state).catch((error: unknown) => {
		if (isCancelled(context)) logTasks(context, engine.state);
		throw error;
	});
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
		for (const itemIndex of unsubmittedItems(state)) results.fail(itemIndex, explainNoTimeLeft());
	}
	store.save(results.anyFailed ? afterFailedAttempt(state) : undefined);
	return results.collect();
}
