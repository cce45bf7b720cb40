import { coerceFormValues } from '../../../../nodes/Apixo/editor/formValues';
import { allModels, findModel } from '../../../../nodes/shared/models/catalogue';
import { cpuMs, HOSTILE_TEXTS, LINEAR_CPU_MS } from '../../models/cpuMs.cts';
import { sampleInput } from '../../models/sampleInput';

const a = 'https://example.com/a.png';
const b = 'http://example.com/b.png?size=1,2';
const data = 'data:image/png;base64,AAAA';

it.each([
	['image_urls', a, [a]],
	['image_urls', `${a}, ${b}`, [a, b]],
	['image_urls', `${a}\n${b}\r\n`, [a, b]],
	['image_urls', `${a},\n ${b},`, [a, b]],
	['image_urls', `${a} ${b}`, [a, b]],
	['image_urls', ` , ${a} ,, ${b} , `, [a, b]],
	['image_urls', `${a}\t\u00a0${b.toUpperCase()}`, [a, b.toUpperCase()]],
	['image_urls', `${a}?from=${b}`, [`${a}?from=${b}`]],
	['image_urls', `${data}, ${data} ${a}`, [data, data, a]],
	['image_urls', 'https://example.com/my photo.png', ['https://example.com/my photo.png']],
	['image_urls', JSON.stringify([a, b]), [a, b]],
	['image_urls', [a, b], [a, b]],
	['image_urls', 'nonsense', ['nonsense']],
	['image_urls', 5, 5],
	['duration', '8', 8],
	['duration', ' 7.5 ', 7.5],
	['duration', 'eight', 'eight'],
	['duration', ' ', ' '],
	['sound', 'true', true],
	['sound', 'False', false],
	['sound', false, false],
	['sound', 'yes', 'yes'],
	['sound', { toString: 1, valueOf: 1 }, { toString: 1, valueOf: 1 }],
	['style', 'anime', 'anime'],
	['style', 7, '7'],
	['seed', 0, 0],
	['novelty', '5', '5'],
	['novelty', { deep: [1] }, { deep: [1] }],
])('%s from %j is sent as %j', (name, given, sent) => {
	expect(coerceFormValues(findModel('vidu-q3'), { [name]: given })).toEqual({ [name]: sent });
});

it.each([
	['[{"path":"https://example.com/x","scale":1}]', [{ path: 'https://example.com/x', scale: 1 }]],
	['{"path":"x"}', '{"path":"x"}'],
	['not JSON', 'not JSON'],
])('reads a list of objects from %s', (given, sent) => {
	expect(coerceFormValues(findModel('ltx-2-19b'), { loras: given })).toEqual({ loras: sent });
});

it('sends only what the user set', () => {
	const values = { duration: null, sound: undefined, style: '', seed: 0, bgm: false };
	expect(coerceFormValues(findModel('vidu-q3'), values)).toEqual({ seed: 0, bgm: false });
});

it('sends the values of an unknown model as they are', () => {
	const values = { image_urls: a, duration: '8', empty: null };
	expect(coerceFormValues(undefined, values)).toEqual({ image_urls: a, duration: '8' });
});

it('makes of a valid input typed as text the same valid input', () => {
	for (const model of allModels()) {
		for (const mode of model.modes) {
			const input = sampleInput(model, mode);
			const typed = Object.entries(input).map(([name, value]) => [
				name,
				typeof value === 'string' ? value : JSON.stringify(value),
			]);
			expect(coerceFormValues(model, Object.fromEntries(typed))).toEqual(input);
		}
	}
});

it.each(HOSTILE_TEXTS)('takes no more than linear time for 1 MB of %s', (_, text) => {
	const model = findModel('ltx-2-19b');
	for (const value of [text, `${text}x`, `${a}${text}x`]) {
		const values = Object.fromEntries(model?.inputs.map(({ name }) => [name, value]) ?? []);
		expect(cpuMs(() => coerceFormValues(model, values))).toBeLessThan(LINEAR_CPU_MS);
	}
});
