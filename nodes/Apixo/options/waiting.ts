import type { IDataObject, INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import { z } from 'zod/v4';

import { CATEGORIES, type PollingGuide } from '../../shared/models/categories';
import type { PollingFigures } from '../../shared/models/pollingFigures';
import { adaptiveSchedule } from '../../shared/tasks/adaptive';
import { GUIDE_BACKOFF_FACTOR, type PollSchedule } from '../../shared/tasks/schedule';
import type { Checked } from '../../shared/result';
import { checkOptions, must, numeric } from './parseOptions';

const atLeastOne = { minValue: 1 };
const DEFAULT_MAX_CONCURRENCY = 100;
const BACKOFF_FACTOR = 'Polling Backoff Factor';
const MAX_CONCURRENCY = 'Max Concurrency';

/**
 * Options of polling and of what becomes of a task without a result. Defaults in seconds are those of
 * a video: of a task whose model is not known, they are never too short.
 */
export const pollingOptions: INodeProperties[] = [
	{
		displayName: BACKOFF_FACTOR,
		name: 'backoffFactor',
		type: 'number',
		typeOptions: atLeastOne,
		default: GUIDE_BACKOFF_FACTOR,
		description: 'Factor by which the interval grows after each poll',
		displayOptions: { hide: { pollingStrategy: ['fixed'] } },
	},
	{
		displayName: 'Polling Initial Wait (Seconds)',
		name: 'initialWait',
		type: 'number',
		typeOptions: atLeastOne,
		default: 60,
		description: 'Time to wait before the first poll. By default, whatever suits the model.',
	},
	{
		displayName: 'Polling Max Interval (Seconds)',
		name: 'maxPollInterval',
		type: 'number',
		typeOptions: atLeastOne,
		default: 30,
		description:
			'Upper limit for the interval between polls. By default, whatever suits the model.',
		displayOptions: { hide: { pollingStrategy: ['fixed'] } },
	},
	{
		displayName: 'On Task Failure',
		name: 'onTaskFailure',
		type: 'options',
		options: [
			{
				name: 'Stop With Error',
				value: 'error',
				description:
					"With 'Retry On Fail', a task that failed for a temporary reason is submitted again. Each submission is a new charge.",
			},
			{
				name: 'Return the Failed Task',
				value: 'output',
				description:
					"The item has state 'failed' with failCode and failMsg, and is never submitted again",
			},
		],
		default: 'error',
		description:
			'What to do with a task that APIXO reports as failed. APIXO may charge failed tasks, too.',
	},
	{
		displayName: 'On Timeout',
		name: 'onTimeout',
		type: 'options',
		options: [
			{ name: 'Stop With Error', value: 'error' },
			{
				name: 'Return the Unfinished Task',
				value: 'output',
				description: 'The item has the last known state and timedOut: true',
			},
		],
		default: 'error',
		description: 'What to do with a task that is not done when the timeout is reached',
	},
	{
		displayName: 'Polling Interval (Seconds)',
		name: 'pollInterval',
		type: 'number',
		typeOptions: atLeastOne,
		default: 15,
		description: 'Time between the first polls. By default, whatever suits the model.',
	},
	{
		displayName: 'Polling Strategy',
		name: 'pollingStrategy',
		type: 'options',
		options: [
			{
				name: 'Adaptive (Recommended)',
				value: 'adaptive',
				description:
					'Poll when the task is likely to be done, learning from how long earlier tasks took. Setting a wait, an interval or a factor switches to Backoff.',
			},
			{ name: 'Backoff', value: 'backoff', description: 'Poll less and less often' },
			{ name: 'Fixed', value: 'fixed', description: 'Poll at a constant interval' },
		],
		default: 'adaptive',
		description: 'When to poll the task',
	},
	{
		displayName: 'Timeout (Seconds)',
		name: 'timeout',
		type: 'number',
		typeOptions: atLeastOne,
		default: 600,
		description:
			'How long to wait for a task, counted from its submission. By default, whatever suits the model.',
	},
];

/** Which figure of a category's guide an option stands for. */
const GUIDE_FIGURES: Record<string, keyof PollingGuide> = {
	initialWait: 'initialWaitSeconds',
	pollInterval: 'intervalSeconds',
	maxPollInterval: 'maxIntervalSeconds',
	timeout: 'timeoutSeconds',
};

/**
 * The same for the resources that generate: an option in seconds opens with the figure that holds
 * for the resource, so that whoever adds it to change it starts from the truth.
 */
export const pollingOptionsOfResource: INodeProperties[] = pollingOptions.flatMap((option) => {
	const figure = GUIDE_FIGURES[option.name];
	if (figure === undefined) return [option];
	return CATEGORIES.map(({ value, plural, guide }) => ({
		...option,
		default: guide[figure],
		description: `${option.description} Usual for ${plural}: ${guide[figure]}.`,
		displayOptions: {
			...option.displayOptions,
			show: { ...option.displayOptions?.show, '/resource': [value] },
		},
	}));
});

/** How many tasks the node has under way at once. */
export const maxConcurrencyOption: INodeProperties = {
	displayName: MAX_CONCURRENCY,
	name: 'maxConcurrency',
	type: 'number',
	typeOptions: { minValue: 1, maxValue: 1000, numberPrecision: 0 },
	default: DEFAULT_MAX_CONCURRENCY,
	description: 'Max number of tasks to run at the same time. APIXO allows 1,000 per account.',
};

const seconds = (label: string) =>
	numeric(
		z
			.number(must(label, 'a number of seconds'))
			.min(1, must(label, 'at least 1 second'))
			.max(604_800, must(label, 'at most a week (604800 seconds)')),
	).optional();

const waitingSchema = z.lazy(() =>
	z.object({
		pollingStrategy: z
			.enum(
				['adaptive', 'backoff', 'fixed'],
				must('Polling Strategy', "'adaptive', 'backoff' or 'fixed'"),
			)
			.default('adaptive'),
		initialWait: seconds('Polling Initial Wait'),
		pollInterval: seconds('Polling Interval'),
		maxPollInterval: seconds('Polling Max Interval'),
		timeout: seconds('Timeout'),
		backoffFactor: numeric(
			z
				.number(must(BACKOFF_FACTOR, 'a number'))
				.min(1, must(BACKOFF_FACTOR, 'at least 1'))
				.max(100, must(BACKOFF_FACTOR, 'at most 100')),
		).optional(),
		maxConcurrency: numeric(
			z
				.number(must(MAX_CONCURRENCY, 'a number'))
				.int(must(MAX_CONCURRENCY, 'a whole number'))
				.min(1, must(MAX_CONCURRENCY, 'at least 1'))
				.max(1000, must(MAX_CONCURRENCY, "at most 1000, which is APIXO's limit")),
		).default(DEFAULT_MAX_CONCURRENCY),
		onTaskFailure: z
			.enum(['error', 'output'], must('On Task Failure', "'error' or 'output'"))
			.default('error'),
		onTimeout: z
			.enum(['error', 'output'], must('On Timeout', "'error' or 'output'"))
			.default('error'),
	}),
);

const COMPLETION_OPTIONS: Record<Completion, INodePropertyOptions> = {
	auto: {
		name: 'Automatic (Recommended)',
		value: 'auto',
		description:
			'Poll short tasks until they are done. Pause the execution for long ones, which frees the worker and survives a restart of n8n.',
	},
	poll: {
		name: 'Poll Until Done',
		value: 'poll',
		description: "Keep the execution running and poll the task until it's done",
	},
	callback: {
		name: 'Pause Until Callback',
		value: 'callback',
		description:
			'Pause the execution until APIXO reports the result, which frees the worker. Requires n8n to be reachable over HTTPS.',
		// An agent cannot wait for a callback.
		displayOptions: { hide: { '@tool': [true] } },
	},
	none: {
		name: "Don't Wait",
		value: 'none',
		description:
			'Submit the task and continue immediately. Get the result with an APIXO Trigger or with Task: Wait.',
	},
};

/** How to wait for a result. */
export function completionOption(completions: readonly Completion[]): INodeProperties {
	return {
		displayName: 'Wait for Result',
		name: 'completion',
		type: 'options',
		options: completions.map((completion) => COMPLETION_OPTIONS[completion]),
		default: 'auto',
		description: 'How to wait for the result',
	};
}

/** As the parameter `completion` names it. */
export type Completion = 'auto' | 'poll' | 'callback' | 'none';

/**
 * The chosen way to wait, or a sentence on what is wrong with what an expression gave.
 * @param completions that the operation has
 */
export function readCompletion(
	value: unknown,
	completions: readonly Completion[],
): Checked<Completion> {
	const chosen = completions.find((completion) => completion === value);
	if (chosen) return { ok: true, value: chosen };
	const names = completions.map((completion) => `'${completion}'`);
	const last = names.pop();
	const { error } = must('Wait for Result', `${names.join(', ')} or ${last}`);
	return { ok: false, error: error({ input: value }) };
}

/** The options of waiting as an item has them. */
export interface Waiting {
	schedule: PollSchedule;
	maxConcurrency: number;
	onTaskFailure: 'error' | 'output';
	onTimeout: 'error' | 'output';
}

/** What the adaptive strategy rests on beside the model's figures. */
export interface Learned {
	/** How long finished tasks of this kind took. */
	seconds: readonly number[];
	/** From 0 to 1. */
	random: number;
}

/**
 * The options that the user set, and the model's figures for the rest. Whoever sets when to poll is
 * not polled for adaptively.
 */
export function readWaiting(
	options: IDataObject,
	figures: PollingFigures,
	learned: Learned = { seconds: [], random: 0.5 },
): Checked<Waiting> {
	const checked = checkOptions(waitingSchema, options);
	if (!checked.ok) return checked;
	const { pollingStrategy, initialWait, pollInterval, maxPollInterval, backoffFactor, ...rest } =
		checked.value;
	const { maxConcurrency, onTaskFailure, onTimeout, timeout } = rest;
	const timeoutSeconds = timeout ?? figures.timeoutSeconds;
	const intervalSeconds = pollInterval ?? figures.intervalSeconds;
	const { expected } = figures;
	const isAdaptive =
		pollingStrategy === 'adaptive' &&
		[initialWait, pollInterval, maxPollInterval, backoffFactor].every((set) => set === undefined);
	const schedule: PollSchedule =
		isAdaptive && expected !== undefined
			? adaptiveSchedule(
					{
						expected,
						learnedSeconds: learned.seconds,
						initialWaitSeconds: figures.initialWaitSeconds,
						intervalSeconds,
						timeoutSeconds,
					},
					learned.random,
				)
			: {
					strategy: pollingStrategy === 'fixed' ? 'fixed' : 'backoff',
					initialWaitSeconds: initialWait ?? figures.initialWaitSeconds,
					intervalSeconds,
					backoffFactor: backoffFactor ?? GUIDE_BACKOFF_FACTOR,
					maxIntervalSeconds:
						maxPollInterval ?? Math.max(intervalSeconds, figures.maxIntervalSeconds),
					timeoutSeconds,
				};
	return { ok: true, value: { schedule, maxConcurrency, onTaskFailure, onTimeout } };
}
