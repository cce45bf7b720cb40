import {
	updateDisplayOptions,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeProperties,
	type INodePropertyOptions,
} from 'n8n-workflow';

import { CATEGORY_VALUES } from '../../../shared/models/categories';
import { planPause } from '../../decisions/pausePlan';
import { binaryInputsOption } from '../../options/binaryInputs';
import { modelParameter } from '../../options/modelParameter';
import { resultFilesOptions } from '../../options/resultFiles';
import { completionOption, maxConcurrencyOption, pollingOptions } from '../../options/waiting';
import { run, type WorkItem } from '../../run/run';
import type { Session } from '../../run/session';
import { readItem, requestFingerprint, toTaskRequest, waitOf } from './request';

const MAX_HINTS = 5;

/** The operation as the resources that generate list it. */
export const operation: INodePropertyOptions = {
	name: 'Generate',
	value: 'generate',
	description: 'Submit a task to a model and optionally wait for the result',
	action: 'Generate',
};

/** Hides an option from a node that does not wait for its task. */
function unlessNotWaiting(option: INodeProperties): INodeProperties {
	const { displayOptions } = option;
	const hide = { ...displayOptions?.hide, '/completion': ['none'] };
	return { ...option, displayOptions: { ...displayOptions, hide } };
}

const show = { resource: [...CATEGORY_VALUES], operation: ['generate'] };

export const description = updateDisplayOptions({ show }, [
	modelParameter('The AI model to use. Price, speed and available inputs depend on the model.'),
	{
		displayName: 'Mode Name or ID',
		name: 'mode',
		type: 'options',
		typeOptions: { loadOptionsMethod: 'getModes', loadOptionsDependsOn: ['model.value'] },
		default: '',
		description:
			'What the model should do. Choose from the list, or specify an ID using an <a href="https://docs.n8n.io/code/expressions/">expression</a>.',
	},
	{
		displayName: 'Prompt',
		name: 'prompt',
		type: 'string',
		typeOptions: { rows: 4 },
		default: '',
		placeholder: 'e.g. A red fox in fresh snow, soft morning light',
		description: 'Text description of what to generate',
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
		description: "How to provide the model's other inputs",
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
			"The model's inputs as a JSON object. Overrides 'Mode' and 'Prompt'. Keys are sent unchanged.",
		hint: 'e.g. { "aspect_ratio": "16:9", "image_urls": ["https://..."] }',
		displayOptions: { show: { specifyInput: ['json'] } },
	},
	completionOption(['auto', 'poll', 'callback', 'none']),
	{
		displayName: 'Callback URL',
		name: 'callbackUrl',
		type: 'string',
		default: '',
		placeholder: 'e.g. https://n8n.example.com/webhook/…/apixo',
		description:
			'URL that APIXO calls when the task finishes: the production URL of an APIXO Trigger, or any HTTPS endpoint. Leave empty to check the task later.',
		hint: 'Use the production URL of a published workflow. The test URL only works while the editor is listening.',
		displayOptions: { show: { completion: ['none'] } },
	},
	{
		displayName: 'Reference',
		name: 'reference',
		type: 'string',
		default: '',
		placeholder: 'e.g. order-1234',
		description: 'Any text, such as an order number. The APIXO Trigger returns it with the result.',
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
				maxConcurrencyOption,
				...[...pollingOptions, ...resultFilesOptions].map(unlessNotWaiting),
				binaryInputsOption,
				{
					displayName: 'Provider',
					name: 'provider',
					type: 'options',
					options: [
						{
							name: 'Auto',
							value: 'auto',
							description: 'Try Value first, then fall back to Official',
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
						'Which provider route to use. By default, the route set for the API key in the APIXO dashboard.',
				},
				{
					displayName: 'Validate Input',
					name: 'validateInput',
					type: 'boolean',
					default: true,
					description:
						"Whether to check the inputs against the model's known limits before submitting, so that mistakes cost nothing",
				},
			] satisfies INodeProperties[]
		).sort((a, b) => a.displayName.localeCompare(b.displayName)),
	},
]);

/** Submits every item at once, up to `maxConcurrency`, and waits for all of them together. */
export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[]> {
	return await run(this, {
		fingerprintOf: (itemIndex) => requestFingerprint(this, itemIndex),
		read: async (session, itemIndexes) => readItems(this, session, itemIndexes),
	});
}

function readItems(
	context: IExecuteFunctions,
	session: Session,
	itemIndexes: number[],
): WorkItem[] {
	const { credential, timing } = session;
	const read = itemIndexes.map((itemIndex) => readItem(context, itemIndex, session));
	const requests = read.flatMap((result) => (result.ok ? [result.value] : []));
	const plan = planPause(context, credential, requests.map(waitOf), timing.now());
	const warnings = new Set(requests.flatMap(({ warnings: own }) => own));
	const hints = [...(plan.hint ? [plan.hint] : []), ...warnings].slice(0, MAX_HINTS);
	if (hints.length > 0) context.addExecutionHints(...hints.map((message) => ({ message })));

	const limits = requests.map(({ waiting }) => waiting.maxConcurrency);
	const maxConcurrency = limits.length > 0 ? Math.min(...limits) : 1;
	return read.map((result, index): WorkItem => {
		const itemIndex = itemIndexes[index];
		const checked =
			result.ok && plan.refusal ? { ok: false as const, error: plan.refusal } : result;
		const entry = checked.ok
			? toTaskRequest(checked.value, plan)
			: ({ status: 'refused', itemIndex, explanation: checked.error } as const);
		return { entry, maxConcurrency, canPause: plan.canPause };
	});
}
