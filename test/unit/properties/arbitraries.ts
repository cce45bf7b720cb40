import fc from 'fast-check';

/** Names that JavaScript or a careless reader gives a meaning of its own. */
const oddName = fc.constantFrom(
	'__proto__',
	'constructor',
	'toString',
	'hasOwnProperty',
	'then',
	'toJSON',
	'',
	'0',
	'\u0000',
	'\ud800',
	'\u202e',
);

const oddValue = fc.constantFrom<unknown>(
	null,
	undefined,
	NaN,
	Infinity,
	-0,
	2 ** 53 + 2,
	1e308,
	'',
	' ',
	'1e999',
	'null',
	'{"taskId":"inner"}',
	'\ud800',
	'\u0000',
	[],
	{},
);

const leaf = fc.oneof(oddValue, fc.string({ unit: 'binary' }), fc.double(), fc.bigInt(), fc.date());

/** Any value, of names that were chosen for the harm that they may do. */
export const hostileValue = fc.oneof(
	leaf,
	fc.anything({
		withBigInt: true,
		withDate: true,
		withMap: true,
		withNullPrototype: true,
		withObjectString: true,
		withSparseArray: true,
		key: fc.oneof(oddName, fc.string({ unit: 'binary' })),
	}),
);

/** Whatever JSON can hold, of the same names. */
export const hostileJson = fc
	.oneof(
		fc.jsonValue({ maxDepth: 5 }),
		fc.dictionary(fc.oneof(oddName, fc.string()), fc.jsonValue({ maxDepth: 2 })),
	)
	.map((value) => value as unknown);

/** An object in which each of these fields is right, hostile, or missing. */
export const withHostileFields = (right: Record<string, unknown>) =>
	fc.record(
		Object.fromEntries(
			Object.entries(right).map(([name, value]) => [
				name,
				fc.oneof({ weight: 2, arbitrary: fc.constant(value) }, hostileValue),
			]),
		),
		{ requiredKeys: [] },
	);

const LENGTH = 1_000_000;

/** A megabyte of JSON each, of the shapes that make a reader slow or overflow its stack. */
export const HUGE_JSON: Array<[shape: string, json: string]> = [
	['a long text', JSON.stringify('x'.repeat(LENGTH))],
	['a text of quotation marks', JSON.stringify('"'.repeat(LENGTH / 2))],
	['a text of backslashes', JSON.stringify('\\'.repeat(LENGTH / 2))],
	['deeply nested lists', '['.repeat(LENGTH / 2) + ']'.repeat(LENGTH / 2)],
	['deeply nested objects', '{"a":'.repeat(LENGTH / 6) + '1' + '}'.repeat(LENGTH / 6)],
	['lists that never end', '['.repeat(LENGTH)],
	['a text that never ends', `"${'\\"'.repeat(LENGTH / 2)}`],
	['an object of many names', `{${names(LENGTH / 12)}}`],
	['objects of 1,000 names each', `[${objects(LENGTH / 12_000)}]`],
	['a long number', '9'.repeat(LENGTH)],
	[
		'many long numbers',
		`[${Array(LENGTH / 20)
			.fill('1234567890123456789')
			.join(',')}]`,
	],
	['blanks', ' '.repeat(LENGTH)],
	['no JSON', 'a,'.repeat(LENGTH / 2)],
];

function names(count: number, first = 0): string {
	return Array.from(
		{ length: count },
		(_, index) => `"n${String(first + index).padStart(6, '0')}":1`,
	).join(',');
}

/** All names of all of them differ. */
function objects(count: number): string {
	return Array.from({ length: count }, (_, index) => `{${names(1_000, index * 1_000)}}`).join(',');
}
