import fc from 'fast-check';
import type { Fault, TaskPlan } from '../../simulator/simulator.cts';

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

/**
 * `minItems` and `maxItems` are of each run, `fewPlaces` for its tasks may be under way at once. Few
 * large runs take n8n less work than many small ones.
 */
const SHAPES = {
	long: { minItems: 4, maxItems: 12, fewPlaces: 3 },
	brief: { minItems: 20, maxItems: 28, fewPlaces: 10 },
};
const MANY_PLACES = 100;

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

type Completion = WalkRun['completion'];

const COMPLETIONS: Completion[] = ['poll', 'poll', 'auto', 'callback', 'none'];
/**
 * Of seven brief runs in a row. Callbacks cost n8n the most: each starts an expression isolate, and
 * those to the trigger an execution.
 */
const BRIEF_COMPLETIONS: Completion[] = [
	'poll',
	'auto',
	'callback',
	'poll',
	'auto',
	'none',
	'poll',
];

const runOf = ({ minItems, maxItems, fewPlaces }: (typeof SHAPES)['brief']) =>
	fc.record({
		completion: fc.constantFrom(...COMPLETIONS),
		onTaskFailure: fc.constantFrom<WalkRun['onTaskFailure']>('error', 'error', 'output'),
		downloadResults: fc.boolean(),
		maxConcurrency: fc.constantFrom(fewPlaces, MANY_PLACES),
		fileFaults: fc.array(fileFault, { maxLength: 2 }),
		plans: fc.array(fc.record({ first: taskPlan, later: taskPlan }), {
			minLength: minItems,
			maxLength: maxItems,
			size: 'max',
		}),
	});

export interface WalkSize {
	seed: number;
	/** In all runs together. */
	itemCount: number;
	/** Leaves out what makes a paused run wait for n8n's timer, which takes up to a minute each time. */
	isBrief?: boolean;
}

const ON_ERROR = ['stopWorkflow', 'continueRegularOutput', 'continueErrorOutput'] as const;

/**
 * The runs of a walk, the same for the same size. Six in a row have every combination of Retry On
 * Fail and On Error.
 */
export function randomRuns({ seed, itemCount, isBrief = false }: WalkSize): WalkRun[] {
	const runs: WalkRun[] = [];
	let count = 0;
	const shape = SHAPES[isBrief ? 'brief' : 'long'];
	for (const { plans, ...rest } of fc.sample(runOf(shape), { seed, numRuns: itemCount })) {
		if (count >= itemCount) break;
		const completion = isBrief
			? BRIEF_COMPLETIONS[runs.length % BRIEF_COMPLETIONS.length]
			: rest.completion;
		const isPaused = completion === 'callback';
		const items = plans.slice(0, itemCount - count).map(
			({ first, later }, index): WalkItem => ({
				prompt: `walk ${seed}, item ${count + index}.`,
				first: isPaused && isBrief ? withoutTimer(first) : first,
				later: isPaused && isBrief ? withoutTimer(later) : later,
			}),
		);
		count += items.length;
		runs.push({
			...rest,
			completion,
			items,
			retryOnFail: runs.length % 2 === 0,
			onError: ON_ERROR[runs.length % 3],
			// Each wave of a paused run would cost a minute where one of its callbacks never comes.
			...(isPaused && { maxConcurrency: MANY_PLACES }),
		});
	}
	return runs;
}

/** The callback comes, and the poll that follows it succeeds. */
function withoutTimer(plan: TaskPlan): TaskPlan {
	const callback = { ...plan.callback, never: false };
	return withoutAbsent({ ...plan, statusFaults: undefined, callback });
}
