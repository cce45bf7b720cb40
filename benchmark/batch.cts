/**
 * What runs of many items cost: their first tasks are polled by what is expected, later ones also by
 * what those that are done have taught. Those are the shortest so far. Computed from the times of
 * polls alone.
 */
import { MIN_SPACING_MS } from '../nodes/shared/api/pacer.ts';
import { adaptiveSchedule } from '../nodes/shared/tasks/adaptive.ts';
import { MAX_TASKS_OF_A_KIND } from '../nodes/shared/tasks/learnedLengths.ts';
import { pollOffsetsSeconds } from '../nodes/shared/tasks/schedule.ts';
import { drawLength, seededRandom, type ModelLengths } from './lengths.cts';
import type { Cost } from './limit.cts';

export interface Batch {
	items: number;
	/** How many tasks are under way at once. */
	maxConcurrency: number;
	/** How many tasks of the model finished earlier, so that their lengths are known. */
	learnedCount: number;
}

export interface BatchCost extends Cost {
	/** Time until the last task is noticed, as a multiple of the time until the last task ends. */
	timesLongest: number;
	/** Of the second that has most of them. */
	mostPollsInASecond: number;
}

const SEED = 20_261_129;

function runBatch(model: ModelLengths, batch: Batch): BatchCost {
	const { items, maxConcurrency, learnedCount } = batch;
	const { expected, ...guide } = model.figures;
	if (!expected) throw new Error(`${model.id} has no expected length`);
	const random = seededRandom(SEED);
	const before = Array.from({ length: learnedCount }, () => drawLength(model, random));
	const tasks: Array<{ seconds: number; endsAt: number; noticedAt: number }> = [];
	const pollsInSecond = new Map<number, number>();
	let polls = 0;
	for (let item = 0; item < items; item++) {
		tasks.sort((one, other) => one.noticedAt - other.noticedAt);
		// A task takes the place of the one that is noticed first.
		const placeFreeAt = item < maxConcurrency ? 0 : tasks[item - maxConcurrency].noticedAt;
		const submittedAt = Math.max((item * MIN_SPACING_MS) / 1000, placeFreeAt);
		const learned = tasks
			.filter((task) => task.noticedAt <= submittedAt)
			.map((task) => task.seconds);
		const learnedSeconds = [...before, ...learned].slice(-MAX_TASKS_OF_A_KIND);
		const schedule = adaptiveSchedule({ ...guide, expected, learnedSeconds }, random());
		const seconds = drawLength(model, random);
		for (const offset of pollOffsetsSeconds(schedule)) {
			const second = Math.floor(submittedAt + offset);
			pollsInSecond.set(second, (pollsInSecond.get(second) ?? 0) + 1);
			polls++;
			if (offset < seconds) continue;
			tasks.push({ seconds, endsAt: submittedAt + seconds, noticedAt: submittedAt + offset });
			break;
		}
	}
	const delay = tasks.reduce((sum, { noticedAt, endsAt }) => sum + noticedAt - endsAt, 0);
	const latest = (times: number[]) => Math.max(...times);
	return {
		polls: polls / items,
		delaySeconds: delay / items,
		timesLongest:
			latest(tasks.map((task) => task.noticedAt)) / latest(tasks.map((task) => task.endsAt)),
		mostPollsInASecond: latest([...pollsInSecond.values()]),
	};
}

/** The mean over these models, but the most polls in a second of any. */
export function meanBatch(models: ModelLengths[], batch: Batch): BatchCost {
	const costs = models.map((model) => runBatch(model, batch));
	const mean = (value: (cost: BatchCost) => number) =>
		costs.reduce((sum, cost) => sum + value(cost), 0) / costs.length;
	return {
		polls: mean(({ polls }) => polls),
		delaySeconds: mean(({ delaySeconds }) => delaySeconds),
		timesLongest: mean(({ timesLongest }) => timesLongest),
		mostPollsInASecond: Math.max(...costs.map(({ mostPollsInASecond }) => mostPollsInASecond)),
	};
}
