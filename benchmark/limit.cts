/**
 * The limit: the least mean delay that a mean number of polls can have, for whoever knows how the
 * lengths of each model's tasks are distributed. By dynamic programming over the times of polls, with
 * one price for a poll over all models, which is searched for until it gives the number of polls.
 */
import { cheapestPolls } from '../nodes/shared/tasks/cheapestPolls.ts';
import { shareDoneBy, type ModelLengths } from './lengths.cts';

export interface Cost {
	/** Status requests a task. */
	polls: number;
	/** Mean seconds from the end of a task to the poll that notices it. */
	delaySeconds: number;
}

/** Standard deviations to each side of the mean, beyond which next to no task ends. */
const REACH = 4;
const STEPS = 240;
const BISECTIONS = 9;

export function leastDelay(models: ModelLengths[], polls: number): Cost {
	let [low, high] = [0.02, 5];
	let cost = costAtPrice(models, Math.sqrt(low * high));
	for (let step = 0; step < BISECTIONS; step++) {
		const price = Math.sqrt(low * high);
		cost = costAtPrice(models, price);
		if (cost.polls > polls) low = price;
		else high = price;
	}
	return cost;
}

function costAtPrice(models: ModelLengths[], pollPriceSeconds: number): Cost {
	const costs = models.map((model) => expectedCost(model, pollPriceSeconds));
	const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
	return {
		polls: mean(costs.map((cost) => cost.polls)),
		delaySeconds: mean(costs.map((cost) => cost.delaySeconds)),
	};
}

/** What the cheapest polls of one model cost. */
export function expectedCost(model: ModelLengths, pollPriceSeconds: number): Cost {
	const { meanSeconds, deviationSeconds, figures } = model;
	const fromSeconds = Math.max(0, meanSeconds - REACH * deviationSeconds);
	const toSeconds = Math.min(figures.timeoutSeconds, meanSeconds + REACH * deviationSeconds);
	const stepSeconds = (toSeconds - fromSeconds) / STEPS;
	const doneShare = Array.from({ length: STEPS + 1 }, (_, step) =>
		step === STEPS ? 1 : shareDoneBy(model, fromSeconds + step * stepSeconds),
	);
	const times = cheapestPolls(
		{ fromSeconds, stepSeconds, doneShare },
		{ pollPriceSeconds, minGapSeconds: 0, maxGapSeconds: Infinity, firstBySeconds: Infinity },
	);

	const cost = { polls: 0, delaySeconds: 0 };
	let poll = 0;
	doneShare.forEach((share, step) => {
		const before = step === 0 ? 0 : doneShare[step - 1];
		const endedAt = fromSeconds + (step - 0.5) * stepSeconds;
		while (times[poll] < fromSeconds + (step - 0.25) * stepSeconds) poll++;
		cost.polls += (share - before) * (poll + 1);
		cost.delaySeconds += (share - before) * (times[poll] - endedAt);
	});
	return cost;
}
