import { createSlots, mapAll } from '../../../nodes/shared/tasks/concurrency';
import { FakeTiming } from '../support/fakeTiming';

describe('mapAll', () => {
	/** Works `secondsOf(index)` of fake time on each item, and notes what happened. */
	async function run(count: number, limit: number, secondsOf: (index: number) => number) {
		const timing = new FakeTiming();
		const started: number[] = [];
		const ended: number[] = [];
		let mostAtOnce = 0;
		const items = Array.from({ length: count }, (_, index) => `item ${index}`);
		const results = await mapAll(
			items,
			async (item, index) => {
				started.push(index);
				mostAtOnce = Math.max(mostAtOnce, started.length - ended.length);
				await timing.sleep(secondsOf(index) * 1000);
				ended.push(index);
				return `${item} done`;
			},
			limit,
		);
		return { started, ended, mostAtOnce, results, seconds: timing.now() / 1000 };
	}

	it.each([
		[20, 100, 20, 20],
		[20, Infinity, 20, 20],
		[20, 20, 20, 20],
		[20, 3, 3, 140],
		[20, 1, 1, 400],
		[1, 5, 1, 20],
		[0, 5, 0, 0],
	])(
		'works on %d items of 20 s, at most %d at once: %d at once, %d s in all',
		async (count, limit, most, seconds) => {
			const result = await run(count, limit, () => 20);
			expect(result.mostAtOnce).toBe(most);
			expect(result.seconds).toBe(seconds);
			expect(result.started).toEqual([...Array(count).keys()]);
		},
	);

	it('starts in order, each as soon as there is room, and keeps the order of the results', async () => {
		const { started, ended, results, seconds } = await run(
			5,
			2,
			(index) => [10, 1, 2, 3, 1][index],
		);
		expect(started).toEqual([0, 1, 2, 3, 4]);
		expect(ended).toEqual([1, 2, 3, 4, 0]);
		expect(results).toEqual([0, 1, 2, 3, 4].map((index) => `item ${index} done`));
		expect(seconds).toBe(10);
	});

	it('waits for all items before it rejects, with the first rejection by order', async () => {
		const timing = new FakeTiming();
		const ended: number[] = [];
		const all = mapAll([4, 3, 2, 1], async (seconds, index) => {
			await timing.sleep(1000 * seconds);
			if (index === 0 || index === 2) throw new Error(`number ${index}`);
			ended.push(index);
		});
		await expect(all).rejects.toThrow('number 0');
		expect(ended).toEqual([3, 1]);
		expect(timing.now()).toBe(4000);
	});

	it('rejects where the work throws at once, after the others', async () => {
		const worked: number[] = [];
		const all = mapAll([0, 1, 2], (item) => {
			if (item === 1) throw new Error('at once');
			worked.push(item);
			return Promise.resolve();
		});
		await expect(all).rejects.toThrow('at once');
		expect(worked).toEqual([0, 2]);
	});
});

describe('createSlots', () => {
	it('lets in as many as there are slots, the next when one is free again', async () => {
		const inSlot = createSlots(2);
		const started: number[] = [];
		const ends: Array<() => void> = [];
		const works = [0, 1, 2, 3].map(
			async (number) =>
				await inSlot(async () => {
					started.push(number);
					await new Promise<void>((end) => ends.push(end));
					return number * 10;
				}),
		);
		await Promise.resolve();
		expect(started).toEqual([0, 1]);
		ends[1]();
		expect(await works[1]).toBe(10);
		expect(started).toEqual([0, 1, 2]);
		ends[0]();
		await works[0];
		expect(started).toEqual([0, 1, 2, 3]);
		ends[2]();
		ends[3]();
		expect(await Promise.all(works)).toEqual([0, 10, 20, 30]);
	});

	it('gives a slot back when its work fails', async () => {
		const inSlot = createSlots(1);
		await expect(inSlot(async () => await Promise.reject(new Error('lost')))).rejects.toThrow();
		expect(await inSlot(async () => 'next')).toBe('next');
	});
});
