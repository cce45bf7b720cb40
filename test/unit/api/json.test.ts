import { MAX_DEPTH, MAX_NAMES, parseJson } from '../../../nodes/shared/api/json';

describe('integers that no number holds', () => {
	it.each([
		['9007199254740991', 9007199254740991],
		['9007199254740993', '9007199254740993'],
		['-9007199254740993', '-9007199254740993'],
		['123456789012345678901234567890', '123456789012345678901234567890'],
		['{"a":[9007199254740993, 1]}', { a: ['9007199254740993', 1] }],
		['[9007199254740993,9007199254740995]', ['9007199254740993', '9007199254740995']],
		['{"a":9007199254740993}', { a: '9007199254740993' }],
	])('%s becomes %j', (text, value) => {
		expect(parseJson(text)).toEqual({ ok: true, value });
	});

	it.each([
		'{"say":"9007199254740993"}',
		'{"say":"id: 9007199254740993, [","b":{"c":"\\\\"}}',
		'{"say":"\\"9007199254740993"}',
		'{"9007199254740993":1}',
		'9007199254740993.5',
		'9007199254740993e2',
		'1e999',
		'0.30000000000000004441',
		'[true,false,null,-0,1E5,""]',
	])('and all else of %s stays as JSON.parse has it', (text) => {
		expect(parseJson(text)).toEqual({ ok: true, value: JSON.parse(text) as unknown });
	});
});

describe('what is no JSON', () => {
	it.each(['', ' ', '{"a"', '{"a":1}}', '"', '"\\', "{'a':1}", 'nonsense', '0123456789012345678'])(
		'%j is refused',
		(text) => {
			expect(parseJson(text)).toEqual({ ok: false, error: 'notJson' });
		},
	);

	it('a byte order mark does not count', () => {
		expect(parseJson('\uFEFF{}')).toEqual({ ok: true, value: {} });
	});
});

describe('how deep a value may be nested', () => {
	const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

	it.each([
		['as deep as can be', nested(MAX_DEPTH)],
		['many lists beside each other', `[${'[],'.repeat(1_000)}[]]`],
		['a text of brackets', JSON.stringify('['.repeat(1_000))],
	])('%s is taken', (_what, text) => {
		expect(parseJson(text).ok).toBe(true);
	});

	it.each([
		['one level more', nested(MAX_DEPTH + 1)],
		['100,000 lists', nested(100_000)],
		['100,000 objects without an end', '{"a":'.repeat(100_000)],
	])('%s is refused', (_what, text) => {
		expect(parseJson(text)).toEqual({ ok: false, error: 'tooDeep' });
	});
});

describe('how many names an object may have', () => {
	const objectOf = (count: number) =>
		JSON.stringify(
			Object.fromEntries(Array.from({ length: count }, (_, index) => [`n${index}`, 1])),
		);

	it.each([
		['as many as it may', objectOf(MAX_NAMES)],
		['many objects beside each other', `[${objectOf(MAX_NAMES)},${objectOf(MAX_NAMES)}]`],
		['an object in an object', `{"a":${objectOf(MAX_NAMES)}}`],
		['a text of colons', JSON.stringify(':'.repeat(MAX_NAMES + 1))],
	])('%s: taken', (_what, text) => {
		expect(parseJson(text).ok).toBe(true);
	});

	it.each([
		['one more', objectOf(MAX_NAMES + 1)],
		['one more, in an object', `{"a":${objectOf(MAX_NAMES + 1)}}`],
		['one more, after other objects', `{"a":{"b":1},"c":${objectOf(MAX_NAMES + 1)}}`],
	])('%s: refused', (_what, text) => {
		expect(parseJson(text)).toEqual({ ok: false, error: 'tooManyNames' });
	});
});

it('parses nothing twice', () => {
	const parsed = { a: 1 };
	expect(parseJson('{"a":1}', parsed)).toEqual({ ok: true, value: parsed });
	expect(parseJson('{"a":9007199254740993}', { a: 9007199254740992 })).toEqual({
		ok: true,
		value: { a: '9007199254740993' },
	});
});
