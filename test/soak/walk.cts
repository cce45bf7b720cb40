import fc from 'fast-check';
import type { Fault, TaskPlan } from '../simulator/simulator.cts';

/** An input item, and what the simulator does to it. */
export interface WalkItem {
	/** Unique in the walk. */
	prompt: string;
	/** Of the first task that is made of the item, and of the later ones. */
	first: TaskPlan;
	later: TaskPlan;
}

/** A workflow with an APIXO node, to be run once. */
export interface WalkRun {
	completion: 'poll' | 'auto' | 'callback' | 'none';
	retryOnFail: boolean;
	onError: 'stopWorkflow' | 'continueRegularOutput' | 'continueErrorOutput';
	onTaskFailure: 'error' | 'output';
	downloadResults: boolean;
	maxConcurrency: number;
	/** Of the next requests for files when the run starts; other runs may get them. */
	fileFaults: Fault[];
	items: WalkItem[];
}

/** What APIXO's pages call temporary: a task that failed so may be submitted again. */
export const TEMPORARY_CODES = [
	'GENERATION_FAILED',
	'PROCESSING_TIMEOUT',
	'MODEL_UNAVAILABLE',
	'IMAGE_DOWNLOAD_FAILED',
	'INSUFFICIENT_CREDITS',
];
const FINAL_CODES = ['NSFW', 'INVALID_PROMPT', 'PROMPT_TOO_LONG', 'A_CODE_THAT_NO_PAGE_NAMES'];

const MAX_ITEMS = 12;

const seldom = <T,>(arbitrary: fc.Arbitrary<T>, oneIn: number) =>
	fc.oneof({ weight: oneIn - 1, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });

/** Nothing is done, and the caller knows that or does not. */
const refusal = fc.constantFrom<Fault>(
	{ kind: 'http', status: 400 },
	{ kind: 'http', status: 403 },
	{ kind: 'http', status: 429, retryAfterSeconds: 1 },
	{ kind: 'http', status: 503 },
	{ kind: 'http', status: 500 },
	{ kind: 'code', code: 402 },
	{ kind: 'code', code: 429 },
	{ kind: 'drop' },
	{ kind: 'garbage' },
);

/** The task is made, whatever the caller gets to see of it. */
const lossAfterAccept = fc.constantFrom<Fault>(
	{ kind: 'dropAfterAccept' },
	{ kind: 'garbage', status: 502, afterAccept: true },
	{ kind: 'http', status: 500, afterAccept: true },
	{ kind: 'code', code: 500, afterAccept: true },
);

const delay = fc.constantFrom<Fault>(
	{ kind: 'slow', seconds: 1 },
	{ kind: 'hang', seconds: 1 },
	{ kind: 'ok' },
);

const submitFaults = fc.array(fc.oneof(refusal, lossAfterAccept, delay), {
	minLength: 1,
	maxLength: 3,
});

const statusFaults = fc.array(
	fc.oneof(
		delay,
		fc.constantFrom<Fault>(
			{ kind: 'http', status: 404 },
			{ kind: 'http', status: 429, retryAfterSeconds: 1 },
			{ kind: 'http', status: 500 },
			{ kind: 'http', status: 503, retryAfterSeconds: 1 },
			{ kind: 'code', code: 500 },
			{ kind: 'drop' },
			{ kind: 'dropAfterAccept' },
			{ kind: 'garbage' },
		),
	),
	{ minLength: 1, maxLength: 3 },
);

const fileFault = fc.constantFrom<Fault>(
	{ kind: 'http', status: 503 },
	{ kind: 'drop' },
	{ kind: 'dropAfterAccept' },
	{ kind: 'slow', seconds: 1 },
);

const callback = fc.record({
	times: fc.constantFrom(1, 1, 2, 3),
	atOnce: fc.boolean(),
	delaySeconds: fc.constantFrom(0, 0, 5, 20),
	never: fc.constantFrom(false, false, false, false, false, true),
});

const outcome = fc.oneof(
	{ weight: 3, arbitrary: fc.constant({}) },
	{
		weight: 1,
		arbitrary: fc
			.constantFrom(...TEMPORARY_CODES, ...FINAL_CODES)
			.map((failCode): TaskPlan => ({ outcome: 'failed', failCode })),
	},
);

function withoutAbsent(plan: TaskPlan): TaskPlan {
	return Object.fromEntries(Object.entries(plan).filter(([, value]) => value !== undefined));
}

const taskPlan = fc
	.record({
		seconds: fc.integer({ min: 0, max: 30 }),
		submitFaults: seldom(submitFaults, 4),
		statusFaults: seldom(statusFaults, 3),
		callback,
	})
	.chain((plan) => outcome.map((ending) => withoutAbsent({ ...plan, ...ending })));

const run = fc.record({
	completion: fc.constantFrom<WalkRun['completion']>('poll', 'poll', 'auto', 'callback', 'none'),
	retryOnFail: fc.boolean(),
	onError: fc.constantFrom<WalkRun['onError']>(
		'stopWorkflow',
		'continueRegularOutput',
		'continueErrorOutput',
	),
	onTaskFailure: fc.constantFrom<WalkRun['onTaskFailure']>('error', 'error', 'output'),
	downloadResults: fc.boolean(),
	maxConcurrency: fc.constantFrom(3, 100),
	fileFaults: fc.array(fileFault, { maxLength: 2 }),
	plans: fc.array(fc.record({ first: taskPlan, later: taskPlan }), {
		minLength: 4,
		maxLength: MAX_ITEMS,
		size: 'max',
	}),
});

/** The runs of a walk: the same for the same seed, with that many items in all. */
export function randomRuns(seed: number, itemCount: number): WalkRun[] {
	const runs: WalkRun[] = [];
	let count = 0;
	for (const { plans, ...rest } of fc.sample(run, { seed, numRuns: itemCount })) {
		if (count >= itemCount) break;
		const items = plans.slice(0, itemCount - count).map(
			(plan, index): WalkItem => ({
				prompt: `walk ${seed}, item ${count + index}.`,
				...plan,
			}),
		);
		count += items.length;
		// Each wave of a paused run would cost a minute where one of its callbacks never comes.
		const isPaused = rest.completion === 'callback';
		runs.push({ ...rest, items, ...(isPaused && { maxConcurrency: MAX_ITEMS }) });
	}
	return runs;
}
