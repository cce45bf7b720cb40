import { meanBatch } from '../../../benchmark/batch.cts';
import {
	drawLength,
	modelLengths,
	seededRandom,
	shareDoneBy,
} from '../../../benchmark/lengths.cts';
import { expectedCost, leastDelay } from '../../../benchmark/limit.cts';
import { simulate, type StrategyName } from '../../../benchmark/schedules.cts';

const MODELS = modelLengths(0.25);

describe('the lengths', () => {
	it('are round the middle of the usual length, else twice the first wait', () => {
		const meanOf = (id: string) => MODELS.find((model) => model.id === id)?.meanSeconds;
		expect(meanOf('sora-2')).toBe((120 + 300) / 2);
		expect(meanOf('kling-2-6')).toBe(2 * 60);
	});

	it('are as spread as they are said to be, and distributed as the limit takes them', () => {
		const [model] = MODELS;
		const random = seededRandom(1);
		const lengths = Array.from({ length: 20_000 }, () => drawLength(model, random));
		for (const factor of [0.6, 0.8, 1, 1.2, 1.4]) {
			const seconds = factor * model.meanSeconds;
			const share = lengths.filter((length) => length <= seconds).length / lengths.length;
			expect(share).toBeCloseTo(shareDoneBy(model, seconds), 1.9);
		}
	});
});

describe('the limit', () => {
	it('of one poll is at the latest end, and more polls cost less delay', () => {
		const [model] = MODELS;
		const one = expectedCost(model, 1e7);
		expect(one.polls).toBeCloseTo(1, 2);
		expect(one.delaySeconds).toBeCloseTo(4 * model.deviationSeconds, 1);
		expect(expectedCost(model, 0.1).delaySeconds).toBeLessThan(one.delaySeconds / 4);
	});

	// Computed before, by another program, over the same distributions.
	it.each([
		[0.25, 3.8, 3.9],
		[0.25, 4.7, 3.1],
		[0.25, 8, 1.85],
		[0.25, 14.8, 1],
		[0.1, 3.8, 1.6],
		[0.1, 8, 0.76],
	])('with a spread of %d and %d polls is %d s', (spread, polls, seconds) => {
		const cost = leastDelay(modelLengths(spread), polls);
		expect(cost.polls).toBeCloseTo(polls, 0);
		expect(cost.delaySeconds).toBeGreaterThan(0.93 * seconds);
		expect(cost.delaySeconds).toBeLessThan(1.07 * seconds);
	});
});

describe('adaptive polling over all models', () => {
	it.each<[StrategyName, number, { polls: number; seconds: number }]>([
		['adaptive, nothing learned', 0.25, { polls: 8, seconds: 5 }],
		['adaptive, nothing learned', 0.1, { polls: 8, seconds: 5 }],
		['adaptive, after 3 tasks', 0.25, { polls: 8, seconds: 3 }],
		['adaptive, after 20 tasks', 0.25, { polls: 8, seconds: 2.4 }],
		['adaptive, after 20 tasks', 0.1, { polls: 8, seconds: 1 }],
	])('%s, lengths spread by %d: at most %j', (name, spread, most) => {
		const { polls, delaySeconds } = simulate(name, modelLengths(spread));
		expect(polls).toBeLessThanOrEqual(most.polls);
		expect(delaySeconds).toBeLessThanOrEqual(most.seconds);
	});

	it.each([
		['named', false, 0.5, 1.5],
		['named', false, 0.7, 1.25],
		['named', false, 1, 1],
		['named', false, 1.4, 1],
		['named', false, 2, 1],
		['guessed', true, 0.5, 1.4],
		['guessed', true, 0.7, 1.05],
		['guessed', true, 1, 1],
		['guessed', true, 1.4, 1],
		['guessed', true, 2, 1],
	])(
		'where a %s length (guess: %j) is %d times as long, is late by at most %d times the guide',
		(_, isGuessed, times, most) => {
			const models = modelLengths(0.25, times).filter((model) => model.isGuessed === isGuessed);
			const cold = simulate('adaptive, nothing learned', models);
			const guide = simulate("guide's interval by kind", models);
			expect(cold.delaySeconds / guide.delaySeconds).toBeLessThanOrEqual(most);
		},
	);

	it.each<[StrategyName]>([['backoff'], ["guide's interval by kind"]])(
		'with nothing learned notices tasks earlier than %s',
		(name) => {
			const cold = simulate('adaptive, nothing learned', MODELS);
			expect(cold.delaySeconds).toBeLessThan(simulate(name, MODELS).delaySeconds);
		},
	);
});

describe('a run of 100 items', () => {
	it.each([
		['image', 0, { polls: 4, inASecond: 45, times: 1.12 }],
		['image', 20, { polls: 6, inASecond: 70, times: 1.06 }],
		['video', 0, { polls: 8, inASecond: 30, times: 1.05 }],
		['video', 20, { polls: 12, inASecond: 32, times: 1.03 }],
		['audio', 0, { polls: 7.5, inASecond: 34, times: 1.08 }],
		['audio', 20, { polls: 9, inASecond: 55, times: 1.06 }],
	])('of %s models, all at once, with %d learned: at most %j', (category, learnedCount, most) => {
		const models = MODELS.filter((model) => model.category === category);
		const cost = meanBatch(models, { items: 100, maxConcurrency: 100, learnedCount });
		expect(cost.polls).toBeLessThanOrEqual(most.polls);
		expect(cost.mostPollsInASecond).toBeLessThanOrEqual(most.inASecond);
		expect(cost.timesLongest).toBeLessThanOrEqual(most.times);
	});

	it('polls later tasks no more often than once the lengths are known', () => {
		const batch = { items: 100, maxConcurrency: 5 };
		const cold = meanBatch(MODELS, { ...batch, learnedCount: 0 });
		const known = meanBatch(MODELS, { ...batch, learnedCount: 20 });
		expect(cold.polls).toBeLessThanOrEqual(known.polls);
		expect(cold.delaySeconds).toBeLessThanOrEqual(1.2 * known.delaySeconds);
	});
});
