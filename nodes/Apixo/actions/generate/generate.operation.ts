import {
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeProperties,
	type INodePropertyOptions,
} from 'n8n-workflow';

import { CATEGORIES, CATEGORY_VALUES, type Category } from '../../../shared/models/categories';
import type { Result } from '../../../shared/result';
import { explainCallFailure, type Explanation } from '../../../shared/tasks/explain';
import { planPause } from '../../decisions/pausePlan';
import type { WorkItem } from '../../decisions/workItem';
import { explainInputsParameter, inputNotices } from '../../editor/inputNotices';
import { modelNotices } from '../../editor/modelFacts';
import { binaryInputsOption } from '../../options/binaryInputs';
import { byDisplayName } from '../../options/byDisplayName';
import { balanceRefusal, minimumBalanceOption } from '../../options/minimumBalance';
import { modelParameter, preselected } from '../../options/modelParameter';
import { resultFilesOptions } from '../../options/resultFiles';
import { shownFor } from '../../options/shownFor';
import {
	completionOption,
	maxConcurrencyOption,
	pollingOptionsOfResource,
} from '../../options/waiting';
import { run } from '../../run/run';
import type { Session } from '../../run/session';
import {
	COMPLETIONS,
	formerFingerprint,
	readItem,
	requestFingerprint,
	toTaskRequest,
	waitOf,
	type GenerateRequest,
} from './request';

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

/** Chosen at first: inputs that are known, and no more than that to pay for a first result. */
const FIRST_MODELS: Record<Category, string> = {
	image: 'nano-banana',
	video: 'ltx-2-19b',
	audio: 'suno',
};

const PROMPTS: Record<Category, Pick<INodeProperties, 'placeholder' | 'description'>> = {
	image: {
		placeholder: 'e.g. A red fox in fresh snow, soft morning light',
		description: 'Text description of the image to generate',
	},
	video: {
		placeholder: 'e.g. A hot-air balloon rises over a misty valley, slow pan',
		description: 'Text description of the video to generate',
	},
	audio: {
		placeholder: 'e.g. A calm piano piece in the rain',
		description: 'Text description of the audio to generate. For speech models: the text to speak.',
	},
};

const JSON_SAMPLES: Record<Category, string> = {
	image: '{ "aspect_ratio": "16:9", "image_urls": ["https://..."] }',
	video: '{ "duration": 5, "image_urls": ["https://..."] }',
	audio: '{ "voice_id": "preset_general_wise_woman", "format": "mp3" }',
};

/** A property in the form that it has for one resource. */
function forResource(resource: Category, property: INodeProperties): INodeProperties {
	const { displayOptions } = property;
	const show = { ...displayOptions?.show, resource: [resource] };
	return { ...property, displayOptions: { ...displayOptions, show } };
}

const parameters: INodeProperties[] = [
	...CATEGORIES.map(({ value }) =>
		forResource(
			value,
			modelParameter(
				'The AI model to use. Price, speed and available inputs depend on the model.',
				preselected(FIRST_MODELS[value]),
			),
		),
	),
	...modelNotices(),
	...CATEGORIES.map(({ value, article }) =>
		forResource(value, {
			displayName: `Each call of the agent costs money. Let the AI fill 'Prompt', and choose 'Model' and 'Mode' yourself. A tool description to start from, once 'Tool Description' is set manually: <ul><li>Generates ${article} from a text prompt and returns the URL in resultUrls, which works for 24 hours. Costs money: call it only once for each request.</li></ul>`,
			name: 'toolNotice',
			type: 'notice',
			default: '',
			displayOptions: { show: { '@tool': [true] } },
		}),
	),
	{
		displayName: 'Mode Name or ID',
		name: 'mode',
		type: 'options',
		typeOptions: { loadOptionsMethod: 'getModes', loadOptionsDependsOn: ['model.value'] },
		default: '',
		description:
			'What the model should do. Choose from the list, or specify an ID using an <a href="https://docs.n8n.io/code/expressions/">expression</a>.',
	},
	...CATEGORIES.map(({ value }) =>
		forResource(value, {
			displayName: 'Prompt',
			name: 'prompt',
			type: 'string',
			typeOptions: { rows: 4 },
			default: '',
			...PROMPTS[value],
		}),
	),
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
	...CATEGORIES.map(({ value }) =>
		forResource(value, {
			displayName: 'Input (JSON)',
			name: 'inputJson',
			type: 'json',
			default: '{}',
			description:
				"The model's inputs as a JSON object. Overrides 'Mode' and 'Prompt'. Keys are sent unchanged.",
			hint: `e.g. ${JSON_SAMPLES[value]}`,
			displayOptions: { show: { specifyInput: ['json'] } },
		}),
	),
	explainInputsParameter,
	...inputNotices(),
	completionOption(COMPLETIONS),
	{
		displayName: 'Callback URL',
		name: 'callbackUrl',
		type: 'string',
		default: '',
		placeholder: 'e.g. https://n8n.example.com/webhook/…/apixo',
		description:
			'URL that APIXO calls when the task finishes: the production URL of an APIXO Trigger, or any HTTPS endpoint. Leave empty to get the result with Task: Wait.',
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
				...[...pollingOptionsOfResource, ...resultFilesOptions].map(unlessNotWaiting),
				binaryInputsOption,
				minimumBalanceOption,
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
		).sort(byDisplayName),
	},
];

export const description = shownFor(
	{ resource: [...CATEGORY_VALUES], operation: ['generate'] },
	parameters,
);

/** Submits every item at once, up to `maxConcurrency`, and waits for all of them together. */
export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const shownHints = new Set<string>();
	return await run(this, {
		fingerprintOf: (itemIndex) => requestFingerprint(this, itemIndex),
		formerFingerprintOf: (itemIndex) => formerFingerprint(this, itemIndex),
		read: async (session, itemIndexes) => readItems(this, session, itemIndexes, shownHints),
	});
}

async function readItems(
	context: IExecuteFunctions,
	session: Session,
	itemIndexes: number[],
	shownHints: Set<string>,
): Promise<WorkItem[]> {
	const { credential, timing } = session;
	const asked = await Promise.all(
		itemIndexes.map(async (itemIndex) => await readItem(context, itemIndex, session)),
	);
	// After a pause, items are read when there is room: the balance was checked before the run began.
	const isWholeRun = itemIndexes.length === context.getInputData().length;
	const read = isWholeRun ? await withEnoughBalance(session, asked) : asked;
	const requests = read.flatMap((result) => (result.ok ? [result.value] : []));
	const plan = planPause(context, credential, requests.map(waitOf), timing.now());
	const warnings = new Set(requests.flatMap(({ warnings: own }) => own));
	for (const message of [...(plan.hint ? [plan.hint] : []), ...warnings]) {
		if (shownHints.size >= MAX_HINTS || shownHints.has(message)) continue;
		shownHints.add(message);
		context.addExecutionHints({ message });
	}

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

/** Refuses the items whose minimum the balance is below, or of which that cannot be told. */
async function withEnoughBalance(
	{ client, latestMs }: Session,
	read: Array<Result<GenerateRequest, Explanation>>,
): Promise<Array<Result<GenerateRequest, Explanation>>> {
	if (!read.some((result) => result.ok && result.value.minimumBalance !== undefined)) return read;
	const answer = await client.getBalance(latestMs);
	return read.map((result) => {
		if (!result.ok || result.value.minimumBalance === undefined) return result;
		const error = answer.ok
			? balanceRefusal(answer.value, result.value.minimumBalance)
			: explainCallFailure(answer.error);
		return error ? { ok: false, error } : result;
	});
}
