import { createSlots } from '../../../nodes/shared/tasks/concurrency';

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
