import type { IExecuteFunctions } from 'n8n-workflow';

import type { TaskAnswer } from '../../shared/api/schemas';
import type { Connection } from '../../shared/n8n/connection';
import { explainUnansweredSubmit } from '../../shared/tasks/explain';
import { finish } from '../../shared/tasks/finish';
import { learnedLengths, lengthSeconds } from '../../shared/tasks/learnedLengths';
import type { Task } from '../../shared/tasks/outcome';
import { submittedOutput } from '../../shared/tasks/output';
import type { ItemState } from '../decisions/state';
import { isCancelled, toExplanation } from './errors';
import type { ItemResults } from './itemResults';
import { outputItems, type FileAccess } from './outputItems';

/** Turns what became of an item into its output items or its error; the only place that does. */
export async function deliver(
	context: IExecuteFunctions,
	session: FileAccess & Pick<Connection, 'credential'>,
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
	if (outcome.kind === 'success') learn(session, task, outcome.answer, settings.mode);
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

/** Remembers how long the task took, for the adaptive schedule of the next ones. */
function learn(
	{ credential, timing }: Pick<Connection, 'credential' | 'timing'>,
	task: Task,
	answer: TaskAnswer,
	mode: string | undefined,
): void {
	const seconds = lengthSeconds(task, answer, timing.now());
	if (seconds === undefined) return;
	const kind = { baseUrl: credential.baseUrl, model: task.model, mode };
	learnedLengths.record(kind, task.taskId, seconds);
}
