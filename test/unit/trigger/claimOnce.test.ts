import { claimKeys, claimOnce, releaseKeys } from '../../../nodes/shared/n8n/claimOnce';
import { allIsQuiet } from '../support/allIsQuiet.cts';
import { createDatabase } from './database';

const DUPLICATE_ROW = new Error('duplicate key value violates unique constraint');

it('gives a key to the first of many claims at the same moment', async () => {
	const { context } = createDatabase();
	const claims = await Promise.all(
		Array.from({ length: 20 }, async () => await claimOnce(context, 'a')),
	);
	expect(claims.filter(Boolean)).toHaveLength(1);
});

it('keeps every key of claims at the same moment', async () => {
	const { context, row } = createDatabase();
	const keys = Array.from({ length: 20 }, (_, index) => `key ${index}`);
	const claims = await Promise.all(keys.map(async (key) => await claimOnce(context, key)));
	expect(claims).toEqual(keys.map(() => true));
	expect(new Set(row())).toEqual(new Set(keys));
});

it('returns which of several keys are new', async () => {
	const { context } = createDatabase();
	expect(await claimKeys(context, ['a', 'b'])).toEqual(['a', 'b']);
	expect(await claimKeys(context, ['b', 'c'])).toEqual(['c']);
	await releaseKeys(context, ['a', 'c']);
	expect(await claimKeys(context, ['a', 'b', 'c'])).toEqual(['a', 'c']);
});

it('writes a key again that another process has overwritten', async () => {
	const { context, row, overwrite, calls } = createDatabase();
	const claim = claimOnce(context, 'a');
	while (!row().includes('a')) await allIsQuiet();
	overwrite(['of another process']);
	expect(await claim).toBe(true);
	expect(row()).toEqual(['of another process', 'a']);
	expect(calls()).toBe(3);
	expect(await claimOnce(context, 'a')).toBe(false);
});

it('asks again after an error, such as two processes that insert the first row at once', async () => {
	const { context, fail, row, warnings } = createDatabase();
	fail(DUPLICATE_ROW, DUPLICATE_ROW);
	expect(await claimOnce(context, 'a')).toBe(true);
	expect(row()).toEqual(['a']);
	expect(warnings).toHaveLength(2);
	fail(DUPLICATE_ROW);
	expect(await claimOnce(context, 'a')).toBe(false);
});

it('counts a key as new where the database does not answer', async () => {
	const { context, fail, row } = createDatabase();
	fail(...Array<Error>(4).fill(new Error('database is locked')));
	expect(await claimOnce(context, 'a')).toBe(true);
	expect(row()).toEqual([]);
});

it('keeps what it has claimed when reading back fails', async () => {
	const { context, fail, row } = createDatabase();
	const claim = claimOnce(context, 'a');
	while (!row().includes('a')) await allIsQuiet();
	fail(new Error('database is locked'));
	expect(await claim).toBe(true);
});
