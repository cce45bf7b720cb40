import { allModels, findModel } from '../../../../nodes/shared/models/catalogue';
import {
	coerceFormValues,
	emptyFieldsNotice,
	formFields,
	modeOptions,
	otherCategoryNotice,
} from '../../../../nodes/Apixo/editor/form';
import { validateInput } from '../../../../nodes/shared/models/validate';
import { sampleInput } from '../../models/sampleInput';

function fieldsOf(id: string, mode?: string) {
	return formFields(findModel(id), mode);
}

function field(id: string, mode: string, name: string) {
	return fieldsOf(id, mode).find((each) => each.id === name);
}

test('a form of the fields of one mode, required ones first', () => {
	expect(fieldsOf('kling-2-6', 'image-to-video')).toEqual([
		{
			id: 'sound',
			displayName: 'Sound *',
			type: 'boolean',
			required: true,
			display: true,
			removed: false,
			defaultMatch: false,
			canBeUsedToMatch: false,
			defaultValue: false,
		},
		{
			id: 'image_urls',
			displayName: 'Image URLs * (1–2)',
			type: 'string',
			required: false,
			display: true,
			removed: false,
			defaultMatch: false,
			canBeUsedToMatch: false,
		},
		{
			id: 'duration',
			displayName: 'Duration (seconds)',
			type: 'options',
			required: false,
			display: true,
			removed: false,
			defaultMatch: false,
			canBeUsedToMatch: false,
			options: [
				{ name: '5', value: 5 },
				{ name: '10', value: 10 },
			],
		},
	]);
});

test.each([
	['vidu-q3', 'text-to-video', 'duration', 'number', 'Duration (1–16 s)'],
	['kling-2-1', 'pro-image-to-video', 'cfg_scale', 'number', 'CFG Scale (0–1, steps of 0.1)'],
	['vidu-q3', 'text-to-video', 'seed', 'number', 'Seed (-1 to 2147483647)'],
	['wan-2-6-video', 'text-to-video', 'duration', 'number', 'Duration (2–15 s, default 5)'],
	['wan-2-6-video', 'reference-to-video', 'duration', 'number', 'Duration (2–10 s, default 5)'],
	['wan-2-5', 'text-to-video', 'duration', 'number', 'Duration (seconds, e.g. 10)'],
	['suno', 'V4', 'title', 'string', 'Title (up to 80 characters)'],
	['sora-2', 'image-to-video', 'image_urls', 'string', 'Image URLs * (one)'],
	['vidu-q3', 'text-to-video', 'bgm', 'options', 'BGM (default true)'],
	['nano-banana-2', 'image-to-image', 'image_urls', 'string', 'Image URLs * (1–14)'],
	['nano-banana-pro', 'image-to-image', 'image_urls', 'string', 'Image URLs'],
	['ltx-2-19b', 'text-to-video-LoRA', 'loras', 'array', 'LoRAs (JSON, up to 3)'],
	['wan-2-7-image', 'omni-image', 'bbox_list', 'array', 'BBox List (JSON)'],
	['flux-kontext', 'pro', 'safetyTolerance', 'number', 'Safety Tolerance (0–2, default 2)'],
	['gpt-image-1', 'gpt-image-1', 'nVariants', 'options', 'N Variants (default 1, deprecated)'],
	['nano-banana', 'text-to-image', 'aspect_ratio', 'options', 'Aspect Ratio'],
])('%s, %s: %s is %s, labelled %s', (id, mode, name, type, displayName) => {
	expect(field(id, mode, name)).toMatchObject({ type, displayName });
});

test('switching the mode changes the fields', () => {
	const names = (mode: string) => fieldsOf('kling-3-0-std', mode).map((each) => each.id);
	expect(names('text-to-video')).toEqual(['duration', 'sound', 'aspect_ratio']);
	expect(names('image-to-video')).toEqual(['image_urls', 'duration', 'sound']);
	expect(names('motion-control')).toEqual(['image_urls', 'video_urls', 'sound']);
});

test('a mode that is no mode of the model shows every input', () => {
	for (const mode of [undefined, '', '={{ $json.mode }}']) {
		const fields = fieldsOf('kling-3-0-std', mode);
		expect(fields.map((each) => each.id)).toEqual([
			'duration',
			'sound',
			'aspect_ratio',
			'image_urls',
			'video_urls',
		]);
		expect(fields.some((each) => each.required)).toBe(false);
	}
});

test('options of one mode', () => {
	const values = (mode: string) =>
		field('wan-2-7-image', mode, 'resolution')?.options?.map((option) => option.value);
	expect(values('omni-image')).toEqual(['1k', '2k']);
	expect(values('omni-image-pro')).toEqual(['1k', '2k', '4k']);
});

test('a required input with a default is prefilled and may be removed; no other default is sent', () => {
	const aspectRatio = field('nano-banana', 'text-to-image', 'aspect_ratio');
	expect(aspectRatio).toMatchObject({ required: false, removed: false, defaultValue: '1:1' });
	expect(field('nano-banana', 'text-to-image', 'output_format')).not.toHaveProperty('defaultValue');
});

test('an optional boolean is true, false or not set', () => {
	expect(field('kling-3-0-std', 'text-to-video', 'sound')).toMatchObject({
		type: 'options',
		required: false,
		removed: false,
		options: [
			{ name: 'True', value: true },
			{ name: 'False', value: false },
		],
	});
	const forms = allModels().flatMap((model) => model.modes.map((mode) => formFields(model, mode)));
	const switches = forms.flat().filter((each) => each.type === 'boolean');
	expect(switches.length).toBeGreaterThan(0);
	for (const each of switches) expect(each.required || 'defaultValue' in each).toBe(true);
});

test('inputs that should rather not be used are hidden until the user adds them', () => {
	expect(field('gpt-image-1', 'gpt-image-1', 'isEnhance')).toMatchObject({ removed: true });
	expect(field('nano-banana-2', 'text-to-image', 'google_search')).toMatchObject({ removed: true });
});

test('every form leaves mode and prompt out and passes with what it opens with', () => {
	for (const model of allModels()) {
		for (const mode of model.modes) {
			const fields = formFields(model, mode);
			expect(fields.map((each) => each.id)).not.toContain('mode');
			expect(fields.map((each) => each.id)).not.toContain('prompt');
			const opened = fields.map((each) => [each.id, each.removed ? null : each.defaultValue]);
			const input = coerceFormValues(model, Object.fromEntries(opened));
			const prefilled = validateInput(model, { ...input, mode }).problems;
			const missing = fields.filter(
				(each) => each.displayName.includes(' *') && !(each.id in input),
			);
			const others = prefilled.filter((problem) => problem.input !== 'prompt');
			expect(others.map((problem) => problem.input)).toEqual(missing.map((each) => each.id));
		}
	}
});

test.each([
	[undefined, /not in the catalogue.*'Using JSON'.*href="https:\/\/apixo.ai\/docs"/],
	['qwen-image', /not in the catalogue/],
	['hailuo-2-3', /Hailuo 2.3 takes no further inputs in this mode/],
])('notice where there is no field: %s', (id, notice) => {
	expect(emptyFieldsNotice(id === undefined ? undefined : findModel(id))).toMatch(notice);
});

test('a model that makes something else than the resource says', () => {
	expect(otherCategoryNotice(findModel('nano-banana'), 'video')).toBe(
		"Nano Banana makes images, but 'Resource' is Video. " +
			"Choose another model, or set 'Resource' to Image.",
	);
	expect(otherCategoryNotice(findModel('nano-banana'), 'image')).toBeUndefined();
	expect(otherCategoryNotice(findModel('nano-banana'), undefined)).toBeUndefined();
	expect(otherCategoryNotice(undefined, 'video')).toBeUndefined();
});

test('no model, no form', () => {
	expect(formFields(undefined, 'text-to-image')).toEqual([]);
});

test.each([
	['image' as const, ['', 'text-to-image', 'image-to-image']],
	['video' as const, ['', 'text-to-video', 'image-to-video']],
	['audio' as const, ['']],
	[undefined, ['']],
])('of a model without known modes: no mode, or the usual ones (%s)', (category, values) => {
	for (const model of [undefined, findModel('qwen-image')]) {
		expect(modeOptions(model, category).map(({ value }) => value)).toEqual(values);
	}
});

test('a mode can be left open where there is a default, and only there', () => {
	const first = (id: string) => modeOptions(findModel(id), 'image')[0];
	expect(first('flux-2')).toEqual({ name: 'Default (Pro Text to Image)', value: '' });
	expect(first('gpt-image-1')).toEqual({ name: 'Default (GPT Image 1)', value: '' });
	expect(first('nano-banana')).toEqual({ name: 'Text to Image', value: 'text-to-image' });
});

test('modes have names for people, and tell what they need', () => {
	expect(modeOptions(findModel('kling-3-0-std'), 'video')).toEqual([
		{ name: 'Text to Video', value: 'text-to-video' },
		{ name: 'Image to Video', value: 'image-to-video', description: 'Needs Image URLs' },
		{
			name: 'Motion Control',
			value: 'motion-control',
			description: 'Needs Image URLs, Video URLs',
		},
	]);
});

test.each([
	['seedance-2-0', ['Text to Video', 'First and Last Frames', 'Omni Reference']],
	['suno', ['V4', 'V4.5', 'V4.5ALL', 'V4.5PLUS', 'V5', 'V5.5']],
	['ltx-2-19b', ['Text to Video', 'Image to Video', 'Text to Video LoRA', 'Image to Video LoRA']],
	['minimax-speech-2-8', ['Speech Turbo', 'Speech HD']],
])('mode names of %s', (id, names) => {
	const given = modeOptions(findModel(id), undefined).filter(({ value }) => value !== '');
	expect(given.map(({ name }) => name)).toEqual(names);
});

const a = 'https://example.com/a.png';
const b = 'http://example.com/b.png?size=1,2';
test.each([
	['image_urls', a, [a]],
	['image_urls', `${a}, ${b}`, [a, b]],
	['image_urls', `${a}\n${b}\r\n`, [a, b]],
	['image_urls', `${a},\n ${b},`, [a, b]],
	['image_urls', `${a} ${b}`, [a, b]],
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
	['style', 'anime', 'anime'],
	['style', 7, '7'],
	['seed', 0, 0],
	['novelty', '5', '5'],
	['novelty', { deep: [1] }, { deep: [1] }],
])('%s from %j is sent as %j', (name, given, sent) => {
	expect(coerceFormValues(findModel('vidu-q3'), { [name]: given })).toEqual({ [name]: sent });
});

test.each([
	['[{"path":"https://example.com/x","scale":1}]', [{ path: 'https://example.com/x', scale: 1 }]],
	['{"path":"x"}', '{"path":"x"}'],
	['not JSON', 'not JSON'],
])('a list of objects from %s', (given, sent) => {
	expect(coerceFormValues(findModel('ltx-2-19b'), { loras: given })).toEqual({ loras: sent });
});

test('only what the user set is sent', () => {
	const values = { duration: null, sound: undefined, style: '', seed: 0, bgm: false };
	expect(coerceFormValues(findModel('vidu-q3'), values)).toEqual({ seed: 0, bgm: false });
});

test('a model that the catalogue does not know gets the values as they are', () => {
	const values = { image_urls: a, duration: '8', empty: null };
	expect(coerceFormValues(undefined, values)).toEqual({ image_urls: a, duration: '8' });
});

test('a valid input typed as text arrives as the same valid input', () => {
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
