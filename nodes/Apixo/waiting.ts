import type { IDataObject, INodeProperties } from 'n8n-workflow';
import { z } from 'zod/v4';

import type { PollingFigures } from '../shared/models/pollingFigures';
import { GUIDE_BACKOFF_FACTOR, type PollSchedule } from '../shared/tasks/schedule';

const atLeastOne = { minValue: 1, numberPrecision: 3 };

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
	z.coerce
		.number({ error: ({ input }) => `'${label}' must be a number of seconds; ${input} was given` })
		.min(1, { error: ({ input }) => `'${label}' must be at least 1 second; ${input} was given` })
		.max(604_800, {
			error: ({ input }) =>
				`'${label}' must be at most a week (604800 seconds); ${input} was given`,
		})
		.optional();

const waitingSchema = z.object({
	pollingStrategy: z
		.enum(['backoff', 'fixed'], "'Polling Strategy' must be backoff or fixed")
		.default('backoff'),
	initialWait: seconds('Initial Wait'),
	pollInterval: seconds('Poll Interval'),
	maxPollInterval: seconds('Max Poll Interval'),
	timeout: seconds('Timeout'),
	backoffFactor: z.coerce
		.number({ error: ({ input }) => `'Backoff Factor' must be a number; ${input} was given` })
		.min(1, { error: ({ input }) => `'Backoff Factor' must be at least 1; ${input} was given` })
		.max(100, { error: ({ input }) => `'Backoff Factor' must be at most 100; ${input} was given` })
		.default(GUIDE_BACKOFF_FACTOR),
	maxConcurrency: z.coerce
		.number({ error: ({ input }) => `'Max Concurrency' must be a number; ${input} was given` })
		.int({ error: ({ input }) => `'Max Concurrency' must be a whole number; ${input} was given` })
		.min(1, { error: ({ input }) => `'Max Concurrency' must be at least 1; ${input} was given` })
		.max(1000, {
			error: ({ input }) =>
				`'Max Concurrency' must be at most 1000, which is APIXO's limit; ${input} was given`,
		})
		.default(100),
	onTaskFailure: z
		.enum(['error', 'output'], "'On Task Failure' must be error or output")
		.default('error'),
	onTimeout: z.enum(['error', 'output'], "'On Timeout' must be error or output").default('error'),
});

export interface Waiting {
	schedule: PollSchedule;
	maxConcurrency: number;
	onTaskFailure: 'error' | 'output';
	onTimeout: 'error' | 'output';
}

export type Checked<T> = { ok: true; value: T } | { ok: false; problem: string };

/** The options that the user set, and the model's figures for the rest. */
export function readWaiting(options: IDataObject, figures: PollingFigures): Checked<Waiting> {
	const parsed = waitingSchema.safeParse(withoutEmpty(options));
	if (!parsed.success) return { ok: false, problem: parsed.error.issues[0].message };
	const set = parsed.data;
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

/** An expression that yields nothing counts as not set. */
function withoutEmpty(options: IDataObject): IDataObject {
	return Object.fromEntries(
		Object.entries(options).filter(([, value]) => value !== '' && value !== null),
	);
}
