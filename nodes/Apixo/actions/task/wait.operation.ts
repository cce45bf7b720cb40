import type {
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
	INodePropertyOptions,
} from 'n8n-workflow';

import { valueOf } from '../../../shared/inputError';
import { findModel } from '../../../shared/models/catalogue';
import { pollingFigures } from '../../../shared/models/pollingFigures';
import { learnedLengths } from '../../../shared/tasks/learnedLengths';
import { startWaitForExisting } from '../../../shared/tasks/wait';
import { planPause } from '../../decisions/pausePlan';
import type { ItemState, TaskItem } from '../../decisions/state';
import type { WorkItem } from '../../decisions/workItem';
import { toExplanation } from '../../items/errors';
import { fingerprint } from '../../items/fingerprint';
import { byDisplayName } from '../../options/byDisplayName';
import { readResultFiles, resultFilesOptions } from '../../options/resultFiles';
import {
	completionOption,
	pollingOptions,
	readCompletion,
	readWaiting,
} from '../../options/waiting';
import { run } from '../../run/run';
import type { Session } from '../../run/session';
import { readTaskParameters, shownForTask, taskParameters } from './taskParameters';

export const operation: INodePropertyOptions = {
	name: 'Wait',
	value: 'wait',
	description: 'Wait until an existing task is done, at no extra cost',
	action: 'Wait for a task',
};

/** APIXO calls back only for a task whose submission asked for it. */
const COMPLETIONS = ['auto', 'poll'] as const;

export const description = shownForTask('wait', [
	...taskParameters,
	completionOption(COMPLETIONS),
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		options: [...pollingOptions, ...resultFilesOptions].sort(byDisplayName),
	},
]);

/** Polls each item's task at once, then by the schedule; the timeout counts from now. */
export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[]> {
	return await run(this, {
		fingerprintOf: (itemIndex) => fingerprintOf(this, itemIndex),
		read: async (session, itemIndexes) => {
			const items = itemIndexes.map((itemIndex) => readItem(this, session, itemIndex));
			const waits = items.filter((item) => item.status === 'task').map(waitOf);
			const plan = planPause(this, session.credential, waits, session.timing.now());
			if (plan.hint) this.addExecutionHints({ message: plan.hint, location: 'outputPane' });
			const { canPause } = plan;
			return items.map((entry): WorkItem => ({ entry, canPause, maxConcurrency: items.length }));
		},
	});
}

function readItem(context: IExecuteFunctions, session: Session, itemIndex: number): ItemState {
	try {
		const { model, taskId } = readTaskParameters(context, itemIndex);
		const { completion, waiting, files } = readOptions(context, session, itemIndex, model);
		const { schedule, onTaskFailure, onTimeout } = waiting;
		const wait = startWaitForExisting({ taskId, model }, schedule, session.timing.now());
		const settings = { completion, files, onTaskFailure, onTimeout };
		const own = fingerprintOf(context, itemIndex);
		return { status: 'task', itemIndex, fingerprint: own, wait, settings };
	} catch (error) {
		return { status: 'refused', itemIndex, explanation: toExplanation(error) };
	}
}

/** Any change makes it another wait: a wait costs nothing. */
function fingerprintOf(context: IExecuteFunctions, itemIndex: number): string {
	const { parameters } = context.getNode();
	return fingerprint([parameters, context.getInputData()[itemIndex].json]);
}

function waitOf({ wait: { schedule }, settings: { completion } }: TaskItem) {
	return { completion, schedule, usualSeconds: 0, maxConcurrency: Infinity };
}

function readOptions(
	context: IExecuteFunctions,
	{ credential, timing }: Session,
	itemIndex: number,
	model: string,
) {
	const options = context.getNodeParameter('options', itemIndex, {}) as IDataObject;
	const entry = findModel(model);
	// Of a model that is not in the catalogue nothing is known: wait as long as for a video.
	const figures = pollingFigures(entry, entry?.category ?? 'video');
	const completion = context.getNodeParameter('completion', itemIndex, 'auto');
	const seconds = learnedLengths.of({ baseUrl: credential.baseUrl, model });
	return {
		completion: valueOf(readCompletion(completion, COMPLETIONS)),
		waiting: valueOf(readWaiting(options, figures, { seconds, random: timing.random() })),
		files: valueOf(readResultFiles(options)),
	};
}
