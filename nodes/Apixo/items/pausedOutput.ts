import type { INodeExecutionData } from 'n8n-workflow';

import { outcomeOutput, submittedOutput } from '../../shared/tasks/output';
import type { ItemState } from '../decisions/state';

/** The tasks' ids are seen in the editor while the execution is paused, and after a stop. */
export function pausedOutput(items: ItemState[]): INodeExecutionData[] {
	const inOrder = [...items].sort((a, b) => a.itemIndex - b.itemIndex);
	return inOrder.flatMap((item) => {
		if (item.status !== 'task') return [];
		const { task, outcome, lastAnswer, deliveredBy = 'poll' } = item.wait;
		const { reference } = item.settings;
		const json =
			outcome && outcome.kind !== 'unreadable'
				? outcomeOutput(task, outcome, deliveredBy, reference)
				: submittedOutput(task, lastAnswer?.state, reference);
		return [{ json, pairedItem: { item: item.itemIndex } }];
	});
}
