import { createBoundedLog, oneLine } from '../../../nodes/shared/callbacks/boundedLog';

describe('createBoundedLog', () => {
	it('gives ten lines a minute to each source, and says so in the last', () => {
		let nowMs = 0;
		const log = createBoundedLog(() => nowMs);
		const lines = Array.from({ length: 1_000 }, (_, index) => log('a', `line ${index}`));
		const logged = lines.filter((line) => line !== undefined);
		expect(logged).toHaveLength(10);
		expect(logged[0]).toBe('line 0');
		expect(logged[9]).toMatch(/^line 9 \(further ones are not logged/);
		expect(log('b', 'an\nother')).toBe('an\\u000aother');
		nowMs = 60_001;
		expect(log('a', 'later')).toBe('later');
	});
});

describe('oneLine', () => {
	it.each([
		['a b', 'a b'],
		['订单 7 🎨', '订单 7 🎨'],
		['a\nb\r\nc', 'a\\u000ab\\u000d\\u000ac'],
		['\u001b[31mred', '\\u001b[31mred'],
		['a\u0085b\u2028c\u2029d', 'a\\u0085b\\u2028c\\u2029d'],
		['a\u202eb', 'a\\u202eb'],
		['a\ud83cb', 'a\\ud83cb'],
		['x'.repeat(1_000), `${'x'.repeat(500)}…`],
	])('%j', (text, line) => {
		expect(oneLine(text)).toBe(line);
	});
});
