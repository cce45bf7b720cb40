import { allModels, findModel } from '../../../nodes/shared/models/catalogue';
import { pollingFigures } from '../../../nodes/shared/models/pollingFigures';

/** Initial wait, interval, cap of backoff, limit, usual: seconds. */
const expected: Array<[string, number, number, number, number, number]> = [
	['nano-banana', 5, 3, 5.4, 120, 15],
	['nano-banana-pro', 10, 5, 10, 180, 20],
	['nano-banana-2', 10, 5, 10, 180, 20],
	['flux-2', 10, 5, 10, 180, 30],
	['flux-kontext', 8, 3, 5.4, 120, 15],
	['gpt-image-1', 40, 10, 10, 180, 70],
	['gpt-image-2', 30, 10, 10, 300, 60],
	['grok-image', 5, 3, 5.4, 120, 10],
	['midjourney', 10, 5, 10, 180, 60],
	['seedream-4-0', 10, 5, 10, 180, 20],
	['seedream-4-5', 30, 5, 10, 300, 50],
	['seedream-5-0', 10, 5, 10, 180, 20],
	['seedream-5-0-pro', 10, 5, 10, 180, 20],
	['minimax-image-01', 5, 3, 5.4, 120, 10],
	['wan-2-5-image', 5, 3, 5.4, 120, 10],
	['wan-2-6-image', 10, 5, 10, 180, 20],
	['wan-2-7-image', 10, 5, 10, 180, 20],
	['qwen-image', 5, 3, 5.4, 120, 10],
	['qwen-2-image', 10, 5, 10, 180, 20],
	['runway-gen4-image', 10, 5, 10, 180, 20],
	['runway-gen4-image-turbo', 5, 3, 5.4, 120, 10],
	['sora-2', 120, 15, 30, 600, 300],
	['sora-2-pro', 60, 15, 30, 600, 120],
	['veo-3-1', 60, 15, 30, 600, 120],
	['kling-2-1', 60, 15, 30, 600, 120],
	['kling-2-5-turbo-pro', 60, 15, 30, 600, 120],
	['kling-2-6', 60, 15, 30, 600, 120],
	['kling-3-0-std', 60, 15, 30, 600, 120],
	['seedance-1-5-pro', 60, 15, 30, 600, 120],
	['seedance-2-0', 60, 15, 30, 600, 120],
	['seedance-2-0-fast', 60, 15, 30, 600, 120],
	['seedance-2-0-mini', 60, 15, 30, 600, 120],
	['wan-2-5', 60, 15, 30, 600, 120],
	['wan-2-6-video', 60, 15, 30, 600, 120],
	['wan-2-7-video', 60, 15, 30, 600, 120],
	['happyHorse', 60, 15, 30, 600, 120],
	['hailuo-2-3', 60, 15, 30, 600, 120],
	['hailuo-2-3-fast', 60, 15, 30, 600, 120],
	['vidu-q3', 60, 15, 30, 600, 120],
	['ltx-2-19b', 60, 15, 30, 600, 90],
	['grok-video', 60, 15, 30, 600, 120],
	['suno', 30, 10, 20, 300, 180],
	['minimax-speech-2-8', 30, 10, 20, 300, 60],
	['minimax-voice', 10, 10, 20, 300, 20],
];

test('the table has every model', () => {
	expect(expected.map(([id]) => id)).toEqual(allModels().map((model) => model.id));
});

test.each(expected)('%s', (id, initialWait, interval, cap, timeout, usual) => {
	const model = findModel(id);
	expect(model && pollingFigures(model, model.category)).toEqual({
		initialWaitSeconds: initialWait,
		intervalSeconds: interval,
		maxIntervalSeconds: cap,
		timeoutSeconds: timeout,
		usualSeconds: usual,
	});
});

test.each([
	['image', 5, 3, 5.4, 120],
	['video', 60, 15, 30, 600],
	['audio', 30, 10, 20, 300],
] as const)(
	'a model that the catalogue does not know: %s',
	(category, initialWait, interval, cap, timeout) => {
		expect(pollingFigures(undefined, category)).toEqual({
			initialWaitSeconds: initialWait,
			intervalSeconds: interval,
			maxIntervalSeconds: cap,
			timeoutSeconds: timeout,
			usualSeconds: 2 * initialWait,
		});
	},
);

test('the cap is never below the interval, and never above 30 s', () => {
	const base = findModel('grok-image');
	if (!base) throw new Error('grok-image is missing');
	const slow = { ...base, polling: { intervalSeconds: 25 } };
	expect(pollingFigures(slow, 'image').maxIntervalSeconds).toBe(25);
});

/** Seconds at which a task is looked at, by the figures and APIXO's factor of 1.5. */
function looks(id: string): number[] {
	const figures = pollingFigures(findModel(id), 'image');
	const seconds = [figures.initialWaitSeconds];
	let interval = figures.intervalSeconds;
	while (seconds[seconds.length - 1] < figures.timeoutSeconds) {
		seconds.push(seconds[seconds.length - 1] + interval);
		interval = Math.min(interval * 1.5, figures.maxIntervalSeconds);
	}
	return seconds;
}

test('a fast image of 60 s is seen within 5 s in 12 looks, one of 20 s before 25 s', () => {
	const schedule = looks('nano-banana');
	const after60 = schedule.filter((second) => second < 60).length;
	expect(after60 + 1).toBeLessThanOrEqual(12);
	expect(schedule[after60]).toBeLessThanOrEqual(65);
	expect(schedule.find((second) => second >= 20)).toBeLessThanOrEqual(25);
});
