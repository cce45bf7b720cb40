import type { IDataObject } from 'n8n-workflow';

import {
	maxConcurrencyOption,
	pollingOptions,
	readCompletion,
	readWaiting,
} from '../../../../nodes/Apixo/options/waiting';
import type { PollSchedule } from '../../../../nodes/shared/tasks/schedule';
import { pollingFigures } from '../../../../nodes/shared/models/pollingFigures';

const OPTIONS = [...pollingOptions, maxConcurrencyOption];
const IMAGE = pollingFigures(undefined, 'image');

function valueOf(options: IDataObject) {
	const read = readWaiting(options, IMAGE);
	if (!read.ok) throw new Error(read.error);
	return read.value;
}

const problemOf = (options: IDataObject) => {
	const read = readWaiting(options, IMAGE);
	return read.ok ? undefined : read.error;
};

const SECONDS = {
	initialWait: 'Polling Initial Wait',
	pollInterval: 'Polling Interval',
	maxPollInterval: 'Polling Max Interval',
	timeout: 'Timeout',
};

describe('what the user did not set', () => {
	it("comes from the model's figures", () => {
		expect(valueOf({ pollingStrategy: 'backoff' })).toEqual({
			schedule: {
				strategy: 'backoff',
				initialWaitSeconds: 5,
				intervalSeconds: 3,
				backoffFactor: 1.5,
				maxIntervalSeconds: 5.4,
				timeoutSeconds: 120,
			},
			maxConcurrency: 100,
			onTaskFailure: 'error',
			onTimeout: 'error',
		});
	});

	it('is also what an expression left empty', () => {
		const names = OPTIONS.map(({ name }) => name);
		for (const nothing of ['', null, undefined]) {
			const options = Object.fromEntries(names.map((name) => [name, nothing]));
			expect(valueOf(options as IDataObject)).toEqual(valueOf({}));
		}
	});

	it('lets the interval grow no less than to where the user starts it', () => {
		expect(valueOf({ pollInterval: 20 }).schedule.maxIntervalSeconds).toBe(20);
		expect(valueOf({ pollInterval: 2 }).schedule.maxIntervalSeconds).toBe(5.4);
	});
});

describe('adaptive polling', () => {
	it.each<[string, IDataObject]>([
		['by default', {}],
		['when it is chosen', { pollingStrategy: 'adaptive' }],
		['with a timeout', { timeout: 300 }],
		['with what does not concern polls', { maxConcurrency: 5, onTimeout: 'output' }],
	])('is used %s', (_, options) => {
		const { strategy, timeoutSeconds } = valueOf(options).schedule;
		expect(strategy).toBe('adaptive');
		expect(timeoutSeconds).toBe(options.timeout ?? 120);
	});

	it.each<[IDataObject, Partial<PollSchedule>]>([
		[{ initialWait: 7 }, { strategy: 'backoff', initialWaitSeconds: 7, intervalSeconds: 3 }],
		[{ pollInterval: 7 }, { strategy: 'backoff', initialWaitSeconds: 5, intervalSeconds: 7 }],
		[{ maxPollInterval: 7 }, { strategy: 'backoff', maxIntervalSeconds: 7 }],
		[{ backoffFactor: 2 }, { strategy: 'backoff', backoffFactor: 2 }],
		[{ pollingStrategy: 'adaptive', pollInterval: 7 }, { strategy: 'backoff' }],
		[{ pollingStrategy: 'fixed' }, { strategy: 'fixed', intervalSeconds: 3 }],
	])('is switched off by %j', (options, expected) => {
		const { schedule } = valueOf(options);
		expect(schedule).toMatchObject(expected);
		expect(schedule.pollsAtSeconds).toBeUndefined();
	});

	it('follows what was learned', () => {
		const seconds = Array<number>(20).fill(40);
		const read = readWaiting({}, IMAGE, { seconds, random: 0.5 });
		const { initialWaitSeconds } = read.ok ? read.value.schedule : { initialWaitSeconds: NaN };
		expect(initialWaitSeconds).toBeGreaterThan(30);
		expect(initialWaitSeconds).toBeLessThanOrEqual(41);
	});
});

it('takes what the user set, numbers as text too', () => {
	const options = {
		pollingStrategy: 'fixed',
		initialWait: '1',
		pollInterval: 2.5,
		maxPollInterval: ' 7 ',
		timeout: 604_800,
		backoffFactor: '1e1',
		maxConcurrency: '1000',
		onTaskFailure: 'output',
		onTimeout: 'output',
	};
	expect(valueOf(options)).toEqual({
		schedule: {
			strategy: 'fixed',
			initialWaitSeconds: 1,
			intervalSeconds: 2.5,
			backoffFactor: 10,
			maxIntervalSeconds: 7,
			timeoutSeconds: 604_800,
		},
		maxConcurrency: 1000,
		onTaskFailure: 'output',
		onTimeout: 'output',
	});
});

describe.each(Object.entries(SECONDS))('%s', (name, label) => {
	it.each([
		[-3, 'at least 1 second; -3 was given'],
		[0, 'at least 1 second; 0 was given'],
		['0', 'at least 1 second; 0 was given'],
		[0.999, 'at least 1 second; 0.999 was given'],
		[604_801, 'at most a week (604800 seconds); 604801 was given'],
		[1e300, 'at most a week (604800 seconds); 1e+300 was given'],
		[NaN, 'a number of seconds; NaN was given'],
		[Infinity, 'a number of seconds; Infinity was given'],
		['soon', 'a number of seconds; "soon" was given'],
		['5 s', 'a number of seconds; "5 s" was given'],
		['  ', 'a number of seconds; "  " was given'],
		[true, 'a number of seconds; true was given'],
		[[5], 'a number of seconds; [5] was given'],
		[{ value: 5 }, 'a number of seconds; {"value":5} was given'],
		['x'.repeat(100_000), `a number of seconds; "${'x'.repeat(59)}… was given`],
	])('refuses %p, and shows it', (value, reason) => {
		expect(problemOf({ [name]: value })).toBe(`'${label}' must be ${reason}`);
	});
});

it.each<[IDataObject, string]>([
	[{ backoffFactor: 0.5 }, "'Polling Backoff Factor' must be at least 1; 0.5 was given"],
	[{ backoffFactor: -1 }, "'Polling Backoff Factor' must be at least 1; -1 was given"],
	[{ backoffFactor: 101 }, "'Polling Backoff Factor' must be at most 100; 101 was given"],
	[{ backoffFactor: 'double' }, '\'Polling Backoff Factor\' must be a number; "double" was given'],
	[{ maxConcurrency: 0 }, "'Max Concurrency' must be at least 1; 0 was given"],
	[{ maxConcurrency: -1 }, "'Max Concurrency' must be at least 1; -1 was given"],
	[{ maxConcurrency: 2.5 }, "'Max Concurrency' must be a whole number; 2.5 was given"],
	[{ maxConcurrency: NaN }, "'Max Concurrency' must be a number; NaN was given"],
	[{ maxConcurrency: 'all' }, '\'Max Concurrency\' must be a number; "all" was given'],
	[
		{ maxConcurrency: 1001 },
		"'Max Concurrency' must be at most 1000, which is APIXO's limit; 1001 was given",
	],
	[
		{ pollingStrategy: 'random' },
		"'Polling Strategy' must be 'adaptive', 'backoff' or 'fixed'; \"random\" was given",
	],
	[{ onTaskFailure: 7 }, "'On Task Failure' must be 'error' or 'output'; 7 was given"],
	[{ onTimeout: 'stop' }, "'On Timeout' must be 'error' or 'output'; \"stop\" was given"],
])('refuses %j', (options, problem) => {
	expect(problemOf(options)).toBe(problem);
});

it('calls each option of seconds as the form does', () => {
	for (const [name, label] of Object.entries(SECONDS)) {
		const option = OPTIONS.find((candidate) => candidate.name === name);
		expect(option?.displayName).toBe(`${label} (Seconds)`);
	}
});

const ALL = ['auto', 'poll', 'callback', 'none'] as const;

it.each(ALL)("reads 'Wait for Result' as %s", (completion) => {
	expect(readCompletion(completion, ALL)).toEqual({ ok: true, value: completion });
});

it.each<[unknown, string]>([
	['Poll', '"Poll"'],
	['', '""'],
	[undefined, 'undefined'],
	[7, '7'],
])("refuses %j for 'Wait for Result'", (value, shown) => {
	expect(readCompletion(value, ALL)).toEqual({
		ok: false,
		error: `'Wait for Result' must be 'auto', 'poll', 'callback' or 'none'; ${shown} was given`,
	});
});

it("refuses for 'Wait for Result' what the operation does not have", () => {
	expect(readCompletion('callback', ['auto', 'poll'])).toEqual({
		ok: false,
		error: `'Wait for Result' must be 'auto' or 'poll'; "callback" was given`,
	});
});
