/**
 * What schedules cost over all models of the catalogue: polls a task, and the mean delay from a
 * task's end to the poll that notices it. Computed from the times of polls alone.
 */
import { adaptiveSchedule } from '../nodes/shared/tasks/adaptive.ts';
import {
	GUIDE_BACKOFF_FACTOR,
	pollOffsetsSeconds,
	type PollSchedule,
} from '../nodes/shared/tasks/schedule.ts';
import { drawLength, modelLengths, seededRandom, type ModelLengths } from './lengths.cts';
import { leastDelay, type Cost } from './limit.cts';

type Random = () => number;
type Strategy = (model: ModelLengths, random: Random) => PollSchedule;

const fixed =
	(initialWaitSeconds: number, intervalSeconds: number): Strategy =>
	({ figures: { timeoutSeconds } }) => ({
		strategy: 'fixed',
		initialWaitSeconds,
		intervalSeconds,
		backoffFactor: 1,
		maxIntervalSeconds: intervalSeconds,
		timeoutSeconds,
	});

/** @param taskCount tasks of the model that are finished, whose lengths are known */
const adaptive =
	(taskCount: number): Strategy =>
	(model, random) => {
		const { expected, ...guide } = model.figures;
		if (!expected) throw new Error(`${model.id} has no expected length`);
		const learnedSeconds = Array.from({ length: taskCount }, () => drawLength(model, random));
		return adaptiveSchedule({ ...guide, expected, learnedSeconds }, random());
	};

const STRATEGIES = {
	'adaptive, nothing learned': adaptive(0),
	'adaptive, after 3 tasks': adaptive(3),
	'adaptive, after 20 tasks': adaptive(20),
	'adaptive, after 50 tasks': adaptive(50),
	backoff: ({ figures }) => ({
		strategy: 'backoff',
		backoffFactor: GUIDE_BACKOFF_FACTOR,
		...figures,
	}),
	"guide's interval by kind": (model, random) =>
		fixed(model.figures.initialWaitSeconds, model.figures.intervalSeconds)(model, random),
	"guide's backoff, 3 s x 1.5 to 30 s": ({ figures: { timeoutSeconds } }) => ({
		strategy: 'backoff',
		initialWaitSeconds: 3,
		intervalSeconds: 3,
		backoffFactor: GUIDE_BACKOFF_FACTOR,
		maxIntervalSeconds: 30,
		timeoutSeconds,
	}),
	"guide's example, every 3 s": fixed(3, 3),
	'every 1 s': fixed(1, 1),
	'every 5 s': fixed(5, 5),
	'every 20 s': fixed(20, 20),
} satisfies Record<string, Strategy>;

export type StrategyName = keyof typeof STRATEGIES;

export interface Comparison extends Cost {
	schedule: StrategyName;
	/** The least delay for as many polls; absent for more polls than it was computed for. */
	limitSeconds?: number;
	/** The delay as a multiple of it. */
	timesLimit?: number;
}

/** How far the limit's number of polls may be from that of the schedule. */
const LIMIT_TOLERANCE = 0.03;
const SEED = 20_261_124;
/** Histories a model: what was learned decides how good a schedule is. */
const SCHEDULES_A_MODEL = 20;
const TASKS_A_SCHEDULE = 20;

export function simulate(name: StrategyName, models: ModelLengths[]): Cost {
	const random = seededRandom(SEED);
	let [tasks, polls, delaySeconds] = [0, 0, 0];
	for (const model of models) {
		for (let round = 0; round < SCHEDULES_A_MODEL; round++) {
			const offsets = [...pollOffsetsSeconds(STRATEGIES[name](model, random))];
			for (let task = 0; task < TASKS_A_SCHEDULE; task++) {
				const seconds = drawLength(model, random);
				const noticed = offsets.findIndex((offset) => offset >= seconds);
				tasks++;
				polls += noticed + 1;
				delaySeconds += offsets[noticed] - seconds;
			}
		}
	}
	return { polls: polls / tasks, delaySeconds: delaySeconds / tasks };
}

/** Every schedule beside the limit, at the same number of polls. */
export function compareSchedules(spread: number): Comparison[] {
	const models = modelLengths(spread);
	return (Object.keys(STRATEGIES) as StrategyName[]).map((schedule) => {
		const cost = simulate(schedule, models);
		const limit = leastDelay(models, cost.polls);
		if (Math.abs(limit.polls / cost.polls - 1) > LIMIT_TOLERANCE) return { schedule, ...cost };
		const limitSeconds = limit.delaySeconds;
		return { schedule, ...cost, limitSeconds, timesLimit: cost.delaySeconds / limitSeconds };
	});
}
