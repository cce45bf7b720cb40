import { forEachIndex } from '../../../nodes/shared/tasks/concurrency';
import { FakeTiming } from '../support/fakeTiming';

/** Works `secondsOf(index)` of fake time on each index, and notes what happened. */
async function run(count: number, limit: number, secondsOf: (index: number) => number) {
	const timing = new FakeTiming();
	const started: number[] = [];
	const ended: number[] = [];
	let mostAtOnce = 0;
	await forEachIndex(count, limit, async (index) => {
		started.push(index);
		mostAtOnce = Math.max(mostAtOnce, started.length - ended.length);
		await timing.sleep(secondsOf(index) * 1000);
		ended.push(index);
	});
	return { started, ended, mostAtOnce, seconds: timing.now() / 1000 };
}

it.each([
	[20, 100, 20, 20],
	[20, 20, 20, 20],
	[20, 3, 3, 140],
	[20, 1, 1, 400],
	[1, 5, 1, 20],
	[0, 5, 0, 0],
])(
	'%i pieces of 20 s, at most %i at once: %i at once, %i s',
	async (count, limit, most, seconds) => {
		const result = await run(count, limit, () => 20);
		expect(result.mostAtOnce).toBe(most);
		expect(result.seconds).toBe(seconds);
		expect(result.started).toEqual([...Array(count).keys()]);
	},
);

it('starts in order, each as soon as there is room', async () => {
	const { started, ended, seconds } = await run(5, 2, (index) => [10, 1, 2, 3, 1][index]);
	expect(started).toEqual([0, 1, 2, 3, 4]);
	expect(ended).toEqual([1, 2, 3, 4, 0]);
	expect(seconds).toBe(10);
});

it('waits for all that run before it rejects, with the first rejection', async () => {
	const timing = new FakeTiming();
	const ended: number[] = [];
	const all = forEachIndex(4, 4, async (index) => {
		await timing.sleep(1000 * (index + 1));
		if (index === 0 || index === 2) await Promise.reject(new Error(`number ${index}`));
		ended.push(index);
	});
	await expect(all).rejects.toThrow('number 0');
	expect(ended).toEqual([1, 3]);
	expect(timing.now()).toBe(4000);
});

it('rejects where the work throws at once', async () => {
	const all = forEachIndex(3, 2, () => {
		throw new Error('at once');
	});
	await expect(all).rejects.toThrow('at once');
});
