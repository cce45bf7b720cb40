import { createUsedNonces } from '../../../nodes/shared/callbacks/usedNonces';

let nowMs = 0;
const create = () => createUsedNonces({ maxAgeMs: 1000, maxCount: 2 }, () => nowMs);

beforeEach(() => {
	nowMs = 0;
});

describe('createUsedNonces', () => {
	it('binds a nonce to the first task that used it', () => {
		const used = create();
		expect(used.taskOf('n')).toBeUndefined();
		used.bind('n', 'a');
		used.bind('n', 'b');
		expect(used.taskOf('n')).toBe('a');
		expect(used.taskOf('m')).toBeUndefined();
	});

	it('is bounded in time and number', () => {
		const used = create();
		used.bind('old', 'a');
		nowMs = 1001;
		expect(used.taskOf('old')).toBeUndefined();
		for (const nonce of ['x', 'y', 'z']) used.bind(nonce, 'a');
		expect(['x', 'y', 'z'].map((nonce) => used.taskOf(nonce))).toEqual([undefined, 'a', 'a']);
	});

	it('takes any text for a nonce', () => {
		const used = create();
		expect(used.taskOf('__proto__')).toBeUndefined();
		used.bind('__proto__', 'a');
		expect(used.taskOf('__proto__')).toBe('a');
	});
});
