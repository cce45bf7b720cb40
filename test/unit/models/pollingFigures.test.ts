import { allModels, findModel } from '../../../nodes/shared/models/catalogue';
import type { CatalogueModel } from '../../../nodes/shared/models/catalogueTypes';
import {
	pollingFigures,
	safetyNetFigures,
	type PollingFigures,
} from '../../../nodes/shared/models/pollingFigures';
import { GUIDE_BACKOFF_FACTOR, pollOffsetsSeconds } from '../../../nodes/shared/tasks/schedule';

function model(id: string): CatalogueModel {
	const found = findModel(id);
	if (!found) throw new Error(`${id} is missing`);
	return found;
}

function pollsAt(figures: PollingFigures): number[] {
	return [
		...pollOffsetsSeconds({ strategy: 'backoff', backoffFactor: GUIDE_BACKOFF_FACTOR, ...figures }),
	];
}

describe('pollingFigures', () => {
	// https://apixo.ai/docs/guides/polling-vs-webhooks
	it.each([
		['image', 5, 3, 5.4, 120],
		['video', 60, 15, 30, 600],
		['audio', 30, 10, 20, 300],
	] as const)(
		'are those of the guide for an unknown %s model',
		(category, initialWaitSeconds, intervalSeconds, maxIntervalSeconds, timeoutSeconds) => {
			expect(pollingFigures(undefined, category)).toEqual({
				initialWaitSeconds,
				intervalSeconds,
				maxIntervalSeconds,
				timeoutSeconds,
				usualSeconds: 2 * initialWaitSeconds,
				expected: { medianSeconds: 2 * initialWaitSeconds, spread: 0.6, isGuess: true },
			});
		},
	);

	it("are the guide's own for images of high quality", () => {
		expect(pollingFigures(model('nano-banana-pro'), 'image')).toMatchObject({
			initialWaitSeconds: 10,
			intervalSeconds: 5,
			timeoutSeconds: 180,
		});
	});

	// The pages of these models name figures of their own.
	it.each([
		['nano-banana', 5, 3, 120],
		['flux-kontext', 8, 3, 120],
		['gpt-image-1', 40, 10, 180],
		['gpt-image-2', 30, 10, 300],
		['seedream-4-5', 30, 5, 300],
		['sora-2', 120, 15, 600],
		['minimax-voice', 10, 10, 300],
	])("are the model's own for %s", (id, initialWaitSeconds, intervalSeconds, timeoutSeconds) => {
		expect(pollingFigures(model(id), model(id).category)).toMatchObject({
			initialWaitSeconds,
			intervalSeconds,
			timeoutSeconds,
		});
	});

	it("take the catalogue's longest usual duration as the usual one", () => {
		expect(pollingFigures(model('suno'), 'audio').usualSeconds).toBe(180);
	});

	it("expect the middle of the catalogue's usual duration", () => {
		expect(pollingFigures(model('suno'), 'audio').expected).toEqual({
			medianSeconds: 150,
			spread: 0.4,
			isGuess: false,
		});
	});

	it('never have a cap below the interval or above 30 s', () => {
		const slow = { ...model('grok-image'), polling: { intervalSeconds: 25 } };
		expect(pollingFigures(slow, 'image').maxIntervalSeconds).toBe(25);
		for (const each of allModels()) {
			const { intervalSeconds, maxIntervalSeconds } = pollingFigures(each, each.category);
			expect(maxIntervalSeconds).toBeGreaterThanOrEqual(intervalSeconds);
			expect(maxIntervalSeconds).toBeLessThanOrEqual(30);
		}
	});

	it('notice a fast image of 60 s within 5 s by 12 polls, and one of 20 s before 25 s', () => {
		const polls = pollsAt(pollingFigures(model('nano-banana'), 'image'));
		const noticedAt = (seconds: number) => polls.find((offset) => offset >= seconds) ?? NaN;
		expect(noticedAt(60)).toBeLessThanOrEqual(65);
		expect(polls.filter((offset) => offset <= noticedAt(60)).length).toBeLessThanOrEqual(12);
		expect(noticedAt(20)).toBeLessThanOrEqual(25);
	});
});

describe('safetyNetFigures', () => {
	it('aim no polls at the expected end: the callback brings it', () => {
		const { expected } = safetyNetFigures(pollingFigures(model('suno'), 'audio'));
		expect(expected).toBeUndefined();
	});

	const netOf = (id: string) =>
		pollsAt(safetyNetFigures(pollingFigures(model(id), model(id).category)));

	it('poll after the usual length, then from 60 s on less and less often, last at the limit', () => {
		expect(netOf('veo-3-1')).toEqual([120, 180, 270, 405, 600]);
		expect(netOf('sora-2')).toEqual([300, 360, 450, 585, 600]);
		expect(netOf('suno')).toEqual([180, 240, 300]);
	});

	it('never let 5 minutes pass without a poll', () => {
		const patient = { ...pollingFigures(model('veo-3-1'), 'video'), timeoutSeconds: 7200 };
		const polls = pollsAt(safetyNetFigures(patient));
		const gaps = polls.slice(1).map((offset, index) => offset - polls[index]);
		expect(Math.max(...gaps)).toBe(300);
	});

	it.each(allModels().map(({ id }) => id))('keep the timeout of %s and poll it there', (id) => {
		const { timeoutSeconds } = pollingFigures(model(id), model(id).category);
		expect(netOf(id).at(-1)).toBe(timeoutSeconds);
	});
});
