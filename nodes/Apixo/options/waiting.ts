import type { IDataObject, INodeProperties } from 'n8n-workflow';
import { z } from 'zod/v4';

import type { PollingFigures } from '../../shared/models/pollingFigures';
import { GUIDE_BACKOFF_FACTOR, type PollSchedule } from '../../shared/tasks/schedule';
import type { Checked } from '../../shared/result';
import { checkOptions, must, numeric } from './parseOptions';

const atLeastOne = { minValue: 1 };

/** Options of every operation that waits. */
export const waitingOptions: INodeProperties[] = [
	{
		displayName: 'Backoff Factor',
		name: 'backoffFactor',
		type: 'number',
		typeOptions: atLeastOne,
		default: GUIDE_BACKOFF_FACTOR,
		description: 'By how much the interval grows after each look',
		displayOptions: { hide: { pollingStrategy: ['fixed'] } },
	},
	{
		displayName: 'Initial Wait (Seconds)',
		name: 'initialWait',
		type: 'number',
		typeOptions: atLeastOne,
		default: 5,
		description: 'Time from submission to the first look. Not set: what suits the model.',
	},
	{
		displayName: 'Max Concurrency',
		name: 'maxConcurrency',
		type: 'number',
		typeOptions: { minValue: 1, maxValue: 1000, numberPrecision: 0 },
		default: 100,
		description:
			'How many tasks of this node are under way at once. APIXO allows 1,000 an account.',
	},
	{
		displayName: 'Max Poll Interval (Seconds)',
		name: 'maxPollInterval',
		type: 'number',
		typeOptions: atLeastOne,
		default: 30,
		description:
			'The interval grows no further than this. Not set: what suits the model, at most 30.',
		displayOptions: { hide: { pollingStrategy: ['fixed'] } },
	},
	{
		displayName: 'On Task Failure',
		name: 'onTaskFailure',
		type: 'options',
		options: [
			{ name: 'Stop With Error', value: 'error' },
			{
				name: 'Output the Failed Task',
				value: 'output',
				description: "The item has state 'failed' with failCode and failMsg",
			},
		],
		default: 'error',
		description: 'What to do with a task that APIXO reports as failed',
	},
	{
		displayName: 'On Timeout',
		name: 'onTimeout',
		type: 'options',
		options: [
			{ name: 'Stop With Error', value: 'error' },
			{
				name: 'Output the Unfinished Task',
				value: 'output',
				description: 'The item keeps its last state and has timedOut: true',
			},
		],
		default: 'error',
		description: 'What to do with a task that is not done when the timeout is reached',
	},
	{
		displayName: 'Poll Interval (Seconds)',
		name: 'pollInterval',
		type: 'number',
		typeOptions: atLeastOne,
		default: 3,
		description: 'Time between the first looks. Not set: what suits the model.',
	},
	{
		displayName: 'Polling Strategy',
		name: 'pollingStrategy',
		type: 'options',
		options: [
			{ name: 'Backoff', value: 'backoff', description: 'Look less and less often' },
			{ name: 'Fixed', value: 'fixed', description: 'Always the same interval' },
		],
		default: 'backoff',
	},
	{
		displayName: 'Timeout (Seconds)',
		name: 'timeout',
		type: 'number',
		typeOptions: atLeastOne,
		default: 120,
		description:
			'Longest wait for a task, counted from its submission. Not set: what suits the model.',
	},
];

const seconds = (label: string) =>
	numeric(
		z
			.number(must(label, 'a number of seconds'))
			.min(1, must(label, 'at least 1 second'))
			.max(604_800, must(label, 'at most a week (604800 seconds)')),
	).optional();

const BACKOFF_FACTOR = 'Backoff Factor';
const MAX_CONCURRENCY = 'Max Concurrency';

const waitingSchema = z.object({
	pollingStrategy: z
		.enum(['backoff', 'fixed'], must('Polling Strategy', "'backoff' or 'fixed'"))
		.default('backoff'),
	initialWait: seconds('Initial Wait'),
	pollInterval: seconds('Poll Interval'),
	maxPollInterval: seconds('Max Poll Interval'),
	timeout: seconds('Timeout'),
	backoffFactor: numeric(
		z
			.number(must(BACKOFF_FACTOR, 'a number'))
			.min(1, must(BACKOFF_FACTOR, 'at least 1'))
			.max(100, must(BACKOFF_FACTOR, 'at most 100')),
	).default(GUIDE_BACKOFF_FACTOR),
	maxConcurrency: numeric(
		z
			.number(must(MAX_CONCURRENCY, 'a number'))
			.int(must(MAX_CONCURRENCY, 'a whole number'))
			.min(1, must(MAX_CONCURRENCY, 'at least 1'))
			.max(1000, must(MAX_CONCURRENCY, "at most 1000, which is APIXO's limit")),
	).default(100),
	onTaskFailure: z
		.enum(['error', 'output'], must('On Task Failure', "'error' or 'output'"))
		.default('error'),
	onTimeout: z
		.enum(['error', 'output'], must('On Timeout', "'error' or 'output'"))
		.default('error'),
});

export interface Waiting {
	schedule: PollSchedule;
	maxConcurrency: number;
	onTaskFailure: 'error' | 'output';
	onTimeout: 'error' | 'output';
}

/** The options that the user set, and the model's figures for the rest. */
export function readWaiting(options: IDataObject, figures: PollingFigures): Checked<Waiting> {
	const checked = checkOptions(waitingSchema, options);
	if (!checked.ok) return checked;
	const set = checked.value;
	const intervalSeconds = set.pollInterval ?? figures.intervalSeconds;
	return {
		ok: true,
		value: {
			schedule: {
				strategy: set.pollingStrategy,
				initialWaitSeconds: set.initialWait ?? figures.initialWaitSeconds,
				intervalSeconds,
				backoffFactor: set.backoffFactor,
				maxIntervalSeconds:
					set.maxPollInterval ?? Math.max(intervalSeconds, figures.maxIntervalSeconds),
				timeoutSeconds: set.timeout ?? figures.timeoutSeconds,
			},
			maxConcurrency: set.maxConcurrency,
			onTaskFailure: set.onTaskFailure,
			onTimeout: set.onTimeout,
		},
	};
}
