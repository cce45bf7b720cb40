import type {
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
	INodePropertyOptions,
} from 'n8n-workflow';

import { valueOf } from '../../../shared/inputError';
import { explainOutcome, type Explanation } from '../../../shared/tasks/explain';
import { outcomeOf } from '../../../shared/tasks/outcome';
import { outcomeOutput, type TaskOutput } from '../../../shared/tasks/output';
import { forEachItem } from '../../items/forEachItem';
import { outputItems } from '../../items/outputItems';
import { byDisplayName } from '../../options/byDisplayName';
import { fileOptions, readResultFiles, type ResultFiles } from '../../options/resultFiles';
import { openReadSession } from '../../run/session';
import { readState, readTaskParameters, shownForTask, taskParameters } from './taskParameters';

export const operation: INodePropertyOptions = {
	name: 'Download',
	value: 'download',
	description: 'Download the files of a finished task. APIXO deletes them after 24 hours.',
	action: 'Download task files',
};

export const description = shownForTask('download', [
	...taskParameters,
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		options: [...fileOptions].sort(byDisplayName),
	},
]);

/** One status request for each item's task, which must be finished, and its files. */
export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const session = await openReadSession(this);
	return await forEachItem(this, async (itemIndex, results) => {
		const { model, taskId } = readTaskParameters(this, itemIndex);
		const files = readFiles(this, itemIndex);
		const answer = await readState(session, model, taskId);
		if (!answer.ok) return results.fail(itemIndex, answer.error);

		const task = { taskId, model };
		const outcome = outcomeOf(answer.value);
		if (outcome.kind === 'failed') return results.fail(itemIndex, explainOutcome(task, outcome));
		const output = outcomeOutput(task, outcome, 'poll');
		if (outcome.kind === 'running') return results.fail(itemIndex, explainUnfinished(output));
		const items = await outputItems(this, session, output, files);
		if (items.ok) results.succeed(itemIndex, items.value, output);
		else results.fail(itemIndex, items.error.explanation, items.error.binary);
	});
}

function explainUnfinished({ taskId, model = '', state }: TaskOutput): Explanation {
	return {
		message: `The task has no files yet: its state is '${state}' (task ${taskId})`,
		description:
			"Wait for it first: resource Task, operation Wait, which can download the files itself with 'Download Results'",
		task: { taskId, model, state },
	};
}

function readFiles(context: IExecuteFunctions, itemIndex: number): ResultFiles {
	const options = context.getNodeParameter('options', itemIndex, {}) as IDataObject;
	return valueOf(readResultFiles({ ...options, downloadResults: true }));
}
