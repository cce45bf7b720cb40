import type { IExecuteFunctions } from 'n8n-workflow';

import { explainUnansweredSubmit } from '../../shared/tasks/explain';
import { finish } from '../../shared/tasks/finish';
import { submittedOutput } from '../../shared/tasks/output';
import type { ItemState } from '../decisions/state';
import { isCancelled, toExplanation } from './errors';
import type { ItemResults } from './itemResults';
import { outputItems, type FileAccess } from './outputItems';

/** Turns what became of an item into its output items or its error; the only place that does. */
export async function deliver(
	context: IExecuteFunctions,
	session: FileAccess,
	results: ItemResults,
	item: ItemState,
): Promise<void> {
	const { itemIndex } = item;
	if (item.status === 'refused') return results.fail(itemIndex, item.explanation);
	if (item.status === 'sending') {
		return results.fail(itemIndex, item.explanation ?? explainUnansweredSubmit());
	}
	const { settings } = item;
	const { task, outcome, lastAnswer, deliveredBy = 'poll' } = item.wait;
	const { reference } = settings;
	if (!outcome) {
		const output = submittedOutput(task, lastAnswer?.state, reference);
		return results.succeed(itemIndex, [{ json: output }], output);
	}
	const finished = finish(task, outcome, settings, { deliveredBy, reference });
	if (!finished.ok) return results.fail(itemIndex, finished.error);
	const items = await outputItems(context, session, finished.value, settings.files).catch(
		(error: unknown) => {
			if (isCancelled(context)) throw error;
			const explanation = toExplanation(error, task);
			return { ok: false, error: { explanation, binary: undefined } } as const;
		},
	);
	if (items.ok) results.succeed(itemIndex, items.value, finished.value);
	else results.fail(itemIndex, items.error.explanation, items.error.binary);
}
