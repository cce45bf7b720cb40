/**
 * The lengths of tasks that schedules are compared over: for each model of the catalogue, normally
 * distributed round the middle of its usual length, from a seeded generator.
 */
import { allModels } from '../nodes/shared/models/catalogue.ts';
import type { Category } from '../nodes/shared/models/categories.ts';
import { pollingFigures, type PollingFigures } from '../nodes/shared/models/pollingFigures.ts';

export interface ModelLengths {
	id: string;
	category: Category;
	figures: PollingFigures;
	/** APIXO's pages do not name its usual length. */
	isGuessed: boolean;
	meanSeconds: number;
	/** Standard deviation. */
	deviationSeconds: number;
}

const SHORTEST_SECONDS = 1;

/**
 * @param spread standard deviation as a share of the mean
 * @param timesExpected how many times as long as expected the tasks take
 */
export function modelLengths(spread: number, timesExpected = 1): ModelLengths[] {
	return allModels().map((model) => {
		const figures = pollingFigures(model, model.category);
		const meanSeconds = timesExpected * (figures.expected?.medianSeconds ?? NaN);
		return {
			id: model.id,
			category: model.category,
			figures,
			isGuessed: model.typicalSeconds === undefined,
			meanSeconds,
			deviationSeconds: spread * meanSeconds,
		};
	});
}

/** Numbers from 0 to 1, always the same for a seed (the mulberry32 generator). */
export function seededRandom(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let bits = Math.imul(state ^ (state >>> 15), 1 | state);
		bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
		return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
	};
}

/** The length of a task of this model, which ends before its timeout. */
export function drawLength(model: ModelLengths, random: () => number): number {
	return Math.min(model.figures.timeoutSeconds, drawSeconds(model, random));
}

/** One length; normally distributed by the transformation of Box and Muller. */
export function drawSeconds(
	{ meanSeconds, deviationSeconds }: Pick<ModelLengths, 'meanSeconds' | 'deviationSeconds'>,
	random: () => number,
): number {
	const radius = Math.sqrt(-2 * Math.log(1 - random()));
	const normal = radius * Math.cos(2 * Math.PI * random());
	return Math.max(SHORTEST_SECONDS, meanSeconds + deviationSeconds * normal);
}

/** The share of the model's tasks that are done by then. */
export function shareDoneBy(model: ModelLengths, seconds: number): number {
	const { meanSeconds, deviationSeconds, figures } = model;
	if (seconds >= figures.timeoutSeconds) return 1;
	if (seconds < SHORTEST_SECONDS) return 0;
	return (1 + erf((seconds - meanSeconds) / (deviationSeconds * Math.SQRT2))) / 2;
}

/** The error function by its series; beyond 5 it is 1 to twelve digits. */
function erf(x: number): number {
	if (Math.abs(x) > 5) return Math.sign(x);
	let term = x;
	let sum = x;
	for (let n = 1; Math.abs(term) > 1e-14 && n < 200; n++) {
		term *= (-x * x) / n;
		sum += term / (2 * n + 1);
	}
	return (2 / Math.sqrt(Math.PI)) * sum;
}
