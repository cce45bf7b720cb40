import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { forEachIndex } from '../../shared/tasks/concurrency';
import { finish } from '../../shared/tasks/finish';
import { submittedOutput } from '../../shared/tasks/output';
import { deliverItems } from '../delivery';
import { ItemResults } from '../itemResults';
import type { Session } from '../session';
import { isTaskEntry, outcomeOfEntry, type ParkedEntry, type ParkedState } from './state';

/**
 * Turns the tasks of a state into the output items of the user's node, in the order of its input.
 * @throws NodeError where an item failed and the user's run stops on errors
 */
export async function lastStep(
	context: IExecuteFunctions,
	session: Session,
	state: ParkedState,
): Promise<INodeExecutionData[]> {
	const node = { ...context.getNode(), ...state.node };
	const results = new ItemResults(node, state.itemCount, state.goesOnAfterErrors);
	await forEachIndex(state.entries.length, state.entries.length, async (index) => {
		await settle(context, session, results, state.entries[index]);
	});
	return results.collect();
}

async function settle(
	context: IExecuteFunctions,
	session: Session,
	results: ItemResults,
	entry: ParkedEntry,
): Promise<void> {
	const { itemIndex, explanation } = entry;
	if (explanation) return results.fail(itemIndex, explanation);
	if (!isTaskEntry(entry)) return;
	const { request, task, isSettled, deliveredBy = 'poll' } = entry;
	if (!isSettled) {
		return results.succeed(itemIndex, [
			{ json: submittedOutput(task, undefined, request.reference) },
		]);
	}
	const finished = finish(task, outcomeOfEntry(entry), request.waiting, {
		deliveredBy,
		reference: request.reference,
	});
	if (!finished.ok) return results.fail(itemIndex, finished.explanation);
	const delivered = await deliverItems(context, session, finished.output, request.delivery);
	if (delivered.ok) results.succeed(itemIndex, delivered.items);
	else results.fail(itemIndex, delivered.explanation);
}
