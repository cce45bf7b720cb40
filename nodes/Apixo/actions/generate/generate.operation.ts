import {
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeProperties,
	type INodePropertyOptions,
} from 'n8n-workflow';

import { sameInputMaySucceed } from '../../../shared/api/failCodes';
import { forEachIndex } from '../../../shared/tasks/concurrency';
import { finish } from '../../../shared/tasks/finish';
import { submittedOutput } from '../../../shared/tasks/output';
import { submitOrTakeUp } from '../../../shared/tasks/submission';
import { waitForTask } from '../../../shared/tasks/wait';
import { binaryInputsOption } from '../../options/binaryInputs';
import { deliverItems, deliveryOptions } from '../../options/resultFiles';
import { ItemResults } from '../../run/itemResults';
import { modelParameter, shownFor } from '../../options/modelParameter';
import {
	continueParkedRun,
	parkedState,
	pauseUntilCallback,
} from '../../run/driver';
import { openSession, type Session } from '../../run/session';
import { waitingOptions } from '../../options/waiting';
import { readRequests, type GenerateRequest } from './request';

const GENERATING_RESOURCES = ['image', 'video', 'audio'];

/** The operation as the resources that generate list it. */
export const operation: INodePropertyOptions = {
	name: 'Generate',
	value: 'generate',
	description: 'Submit a task to a model and, if asked, wait for its result',
	action: 'Generate',
};

/** What a node that does not wait for its task has no use for. */
function unlessSubmittingOnly(option: INodeProperties): INodeProperties {
	if (option.name === 'maxConcurrency') return option;
	const { displayOptions } = option;
	const hide = { ...displayOptions?.hide, '/completion': ['none'] };
	return { ...option, displayOptions: { ...displayOptions, hide } };
}

export const description = shownFor(GENERATING_RESOURCES, 'generate', [
	modelParameter(
		'The model that does the work. Price, speed and inputs differ from model to model.',
	),
	{
		displayName: 'Mode Name or ID',
		name: 'mode',
		type: 'options',
		typeOptions: { loadOptionsMethod: 'getModes', loadOptionsDependsOn: ['model.value'] },
		default: '',
		description:
			'What the model is to do. Choose from the list, or specify an ID using an <a href="https://docs.n8n.io/code/expressions/">expression</a>.',
	},
	{
		displayName: 'Prompt',
		name: 'prompt',
		type: 'string',
		typeOptions: { rows: 4 },
		default: '',
		placeholder: 'e.g. A red fox in fresh snow, soft morning light',
		description: 'What to make, in words',
	},
	{
		displayName: 'Specify Input',
		name: 'specifyInput',
		type: 'options',
		options: [
			{ name: 'Using Fields Below', value: 'fields' },
			{ name: 'Using JSON', value: 'json' },
		],
		default: 'fields',
		description: "How the model's other inputs are given",
		hint: 'Several URLs: separated by commas in a field, as a list in JSON',
	},
	{
		displayName: 'Input',
		name: 'input',
		type: 'resourceMapper',
		noDataExpression: true,
		default: { mappingMode: 'defineBelow', value: null },
		typeOptions: {
			loadOptionsDependsOn: ['resource', 'model.value', 'mode'],
			resourceMapper: {
				resourceMapperMethod: 'getInputFields',
				mode: 'add',
				fieldWords: { singular: 'input', plural: 'inputs' },
				valuesLabel: 'Inputs',
				addAllFields: true,
				supportAutoMap: false,
			},
		},
		displayOptions: { show: { specifyInput: ['fields'] } },
	},
	{
		displayName: 'Input (JSON)',
		name: 'inputJson',
		type: 'json',
		default: '{}',
		description:
			"The model's inputs as a JSON object, merged over mode and prompt. Every key is sent as it is.",
		hint: 'Such as { "aspect_ratio": "16:9", "output_format": "png" }',
		displayOptions: { show: { specifyInput: ['json'] } },
	},
	{
		displayName: 'Completion',
		name: 'completion',
		type: 'options',
		options: [
			{
				name: 'Poll Until Done',
				value: 'poll',
				description: 'Keep running and look at the task, less and less often, until it is done',
			},
			{
				name: 'Pause Until Callback',
				value: 'callback',
				description:
					'Park the execution until APIXO calls back; it uses no worker meanwhile. n8n must be reachable by https.',
			},
			{
				name: "Don't Wait",
				value: 'none',
				description: 'Submit and go on at once; an APIXO Trigger can take the result',
			},
		],
		default: 'poll',
		description: 'How to wait for the result',
	},
	{
		displayName: 'Callback URL',
		name: 'callbackUrl',
		type: 'string',
		default: '',
		placeholder: 'e.g. https://n8n.example.com/webhook/…/apixo',
		description:
			'Where APIXO reports the finished task: the production URL of an APIXO Trigger, or any https endpoint. Leave empty to ask for the state later.',
		hint: "Use the trigger's production URL of an active workflow; its test URL listens only while the editor waits",
		displayOptions: { show: { completion: ['none'] } },
	},
	{
		displayName: 'Reference',
		name: 'reference',
		type: 'string',
		default: '',
		placeholder: 'e.g. order-1234',
		description: 'Free text that the APIXO Trigger hands back with the result',
		displayOptions: { show: { completion: ['none'] } },
	},
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		options: (
			[
				...waitingOptions.map(unlessSubmittingOnly),
				...deliveryOptions.map(unlessSubmittingOnly),
				binaryInputsOption,
				{
					displayName: 'Provider',
					name: 'provider',
					type: 'options',
					options: [
						{
							name: 'Auto',
							value: 'auto',
							description: 'Value first, Official if it does not work',
						},
						{
							name: 'Official',
							value: 'official',
							description: 'Direct channels, near official price',
						},
						{ name: 'Value', value: 'value', description: 'Cheaper partner routes' },
					],
					default: 'auto',
					description:
						'Which route the task takes. Not set: what is chosen for the API key in the APIXO dashboard.',
				},
				{
					displayName: 'Validate Input',
					name: 'validateInput',
					type: 'boolean',
					default: true,
					description:
						"Whether to check the inputs against the model's known limits before anything is paid for",
				},
			] satisfies INodeProperties[]
		).sort((a, b) => a.displayName.localeCompare(b.displayName)),
	},
]);

/** Submits every item at once, up to `maxConcurrency`, and waits for all of them together. */
export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const session = await openSession(this);
	const results = ItemResults.of(this);
	const parked = parkedState(this, session);
	if (parked) return await continueParkedRun(this, session, results, parked);

	const requests = readRequests(this, session.credential, results);
	// Nothing is submitted for a run that will stop with an error in any case.
	if (results.mustStop) return results.collect();

	if (requests.some(({ completion }) => completion === 'callback')) {
		return await pauseUntilCallback(this, session, results, requests);
	}

	await forEachIndex(requests.length, maxConcurrencyOf(requests), async (index) => {
		if (results.mustStop) return;
		await generateOne(this, session, results, requests[index]);
	});
	if (!results.anyFailed) session.ledger.clear();
	return results.collect();
}

function maxConcurrencyOf(requests: GenerateRequest[]): number {
	return Math.min(...requests.map(({ waiting }) => waiting.maxConcurrency));
}

async function generateOne(
	context: IExecuteFunctions,
	session: Session,
	results: ItemResults,
	request: GenerateRequest,
): Promise<void> {
	const { client, ledger, timing } = session;
	const { itemIndex, model, input, provider, fingerprint, reference, callbackUrl, waiting } =
		request;
	const submission = await submitOrTakeUp(
		client,
		ledger,
		{
			itemIndex,
			model,
			fingerprint,
			body: {
				request_type: callbackUrl ? 'callback' : 'async',
				...(callbackUrl && { callback_url: callbackUrl }),
				...(provider && { provider }),
				input,
			},
		},
		timing,
	);
	if (!submission.ok) return results.fail(itemIndex, submission.explanation);
	const { task, state } = submission;
	context.logger.info(`APIXO task ${task.taskId} of model ${task.model} is under way`);

	if (request.completion === 'none') {
		return results.succeed(itemIndex, [{ json: submittedOutput(task, state, reference) }]);
	}
	const outcome = await waitForTask(client, task, waiting.schedule, timing);
	if (outcome.kind === 'failed' && sameInputMaySucceed(outcome.answer.failCode)) {
		ledger.forget(itemIndex);
	}
	const finished = finish(task, outcome, waiting, { deliveredBy: 'poll', reference });
	if (!finished.ok) return results.fail(itemIndex, finished.explanation);
	const delivered = await deliverItems(context, session, finished.output, request.delivery);
	if (delivered.ok) results.succeed(itemIndex, delivered.items);
	else results.fail(itemIndex, delivered.explanation);
}
