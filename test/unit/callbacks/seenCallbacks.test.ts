import { createSeenCallbacks, type Claim } from '../../../nodes/shared/callbacks/seenCallbacks';

let nowMs = 0;
const create = () => createSeenCallbacks({ maxAgeMs: 1000, maxCount: 3 }, () => nowMs);

beforeEach(() => {
	nowMs = 0;
});

function settle(claim: Claim, hasStarted: boolean) {
	if (!claim.first) throw new Error('It was claimed before');
	claim.settle(hasStarted);
}

describe('createSeenCallbacks', () => {
	it('lets one of many claims start the workflow and tells the others that it did', async () => {
		const seen = create();
		const claims = Array.from({ length: 20 }, () => seen.claim('a'));
		expect(claims.map(({ first }) => first)).toEqual([true, ...Array(19).fill(false)]);
		expect(seen.hasStarted('a')).toBe(false);
		settle(claims[0], true);
		expect(seen.hasStarted('a')).toBe(true);
		const others = claims.flatMap((claim) => (claim.first ? [] : [claim.hasStarted]));
		expect(await Promise.all(others)).toEqual(Array(19).fill(true));
	});

	it('lets the next one try when the first could not start it', async () => {
		const seen = create();
		const first = seen.claim('a');
		const second = seen.claim('a');
		settle(first, false);
		expect(second).toEqual({ first: false, hasStarted: expect.any(Promise) });
		expect(!second.first && (await second.hasStarted)).toBe(false);
		expect(seen.hasStarted('a')).toBe(false);
		const third = seen.claim('a');
		expect(third.first).toBe(true);
		settle(third, true);
		expect(seen.claim('a').first).toBe(false);
	});

	it('keeps keys apart', () => {
		const seen = create();
		settle(seen.claim('a success'), true);
		expect(seen.claim('a failed').first).toBe(true);
		expect(seen.hasStarted('b success')).toBe(false);
	});

	it('forgets what is older than the limit', () => {
		const seen = create();
		settle(seen.claim('a'), true);
		nowMs = 1000;
		expect(seen.hasStarted('a')).toBe(true);
		nowMs = 1001;
		expect(seen.hasStarted('a')).toBe(false);
		expect(seen.claim('a').first).toBe(true);
	});

	it('forgets the oldest when there are too many', () => {
		const seen = create();
		for (const key of ['a', 'b', 'c', 'd']) settle(seen.claim(key), true);
		expect(['a', 'b', 'c', 'd'].map((key) => seen.hasStarted(key))).toEqual([
			false,
			true,
			true,
			true,
		]);
	});

	it('does not let a forgotten claim that is settled late undo a newer one', () => {
		const seen = create();
		const old = seen.claim('a');
		nowMs = 2000;
		settle(seen.claim('a'), true);
		settle(old, false);
		expect(seen.hasStarted('a')).toBe(true);
	});
});
