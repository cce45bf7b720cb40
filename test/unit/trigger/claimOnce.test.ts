import { claimKeys, claimOnce } from '../../../nodes/shared/n8n/claimOnce';
import { allIsQuiet } from '../support/allIsQuiet.cts';
import { createDatabase } from './database';

const DUPLICATE_ROW = new Error('duplicate key value violates unique constraint');
const LOCKED = new Error('SQLITE_BUSY: database is locked');
const CONNECTION_LOST = new Error('Connection terminated unexpectedly');

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
});

it('undoes a claim that is void, before another one at the same moment could find it', async () => {
	const { context, row } = createDatabase();
	await claimOnce(context, 'used');
	const isVoid = (claimed: string[]) => !claimed.includes('used');
	const claim = async () => await claimKeys(context, ['used', 'new'], isVoid);
	expect(await Promise.all([claim(), claim()])).toEqual([['new'], ['new']]);
	expect(row()).toEqual(['used']);
});

it('writes a key again that another process has overwritten', async () => {
	const { context, row, overwrite, calls } = createDatabase();
	const claim = claimOnce(context, 'a');
	while (!row().includes('a')) await allIsQuiet();
	overwrite(['of another process']);
	expect(await claim).toBe(true);
	while (calls() < 3) await allIsQuiet();
	expect(row()).toEqual(['of another process', 'a']);
	expect(await claimOnce(context, 'a')).toBe(false);
});

describe('after an error of the database', () => {
	beforeEach(() => void jest.spyOn(Math, 'random').mockReturnValue(0));
	afterEach(() => jest.restoreAllMocks());

	it('asks again, and warns', async () => {
		const { context, fail, row, warnings } = createDatabase();
		fail(DUPLICATE_ROW, LOCKED);
		expect(await claimOnce(context, 'a')).toBe(true);
		expect(row()).toEqual(['a']);
		expect(warnings).toHaveLength(2);
	});

	it.each([
		['PostgreSQL: two processes insert the first row at once', DUPLICATE_ROW],
		['SQLite: the same', new Error('SQLITE_CONSTRAINT: UNIQUE constraint failed: processed_data')],
		['SQLite is busy', LOCKED],
	])("that has written nothing, a key that is found is another run's (%s)", async (_, error) => {
		const { context, fail, overwrite } = createDatabase();
		overwrite(['a']);
		fail(error);
		expect(await claimOnce(context, 'a')).toBe(false);
		fail(error);
		expect(await claimKeys(context, ['a', 'b'])).toEqual(['b']);
	});

	describe('that may have come after writing, a key that may be our own', () => {
		it('counts as new where a duplicate is better than a loss', async () => {
			const { context, loseReplies, row } = createDatabase();
			loseReplies(CONNECTION_LOST);
			expect(await claimKeys(context, ['a', 'b'])).toEqual(['a', 'b']);
			expect(row()).toEqual(['a', 'b']);
			expect(await claimKeys(context, ['a', 'b'])).toEqual([]);
		});

		it('is not claimed where nothing may happen twice', async () => {
			const { context, loseReplies } = createDatabase();
			loseReplies(CONNECTION_LOST);
			expect(await claimOnce(context, 'a')).toBe(false);
		});

		it('was not written where it is not found', async () => {
			const { context, fail } = createDatabase();
			fail(CONNECTION_LOST);
			expect(await claimOnce(context, 'a')).toBe(true);
		});
	});

	it.each([
		['does not answer', CONNECTION_LOST],
		['is busy for long', LOCKED],
	])('%s for all attempts: as unsure', async (_, error) => {
		const { context, fail, row } = createDatabase();
		fail(error, error, error, error);
		expect(await claimKeys(context, ['a'])).toEqual(['a']);
		fail(error, error, error, error);
		expect(await claimOnce(context, 'a')).toBe(false);
		expect(row()).toEqual([]);
	});
});
