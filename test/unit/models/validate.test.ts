import { allModels, findModel } from '../../../nodes/shared/models/catalogue';
import { validateInput, validateRequest } from '../../../nodes/shared/models/validate';
import { sampleInput, wrongInputs } from './sampleInput';

const everyMode = allModels().flatMap((model) =>
	model.modes.map((mode) => [model.id, mode, model] as const),
);
const image = 'https://example.com/1.png';
const images = (count: number) => Array.from({ length: count }, () => image);

function judged(id: string, input: Record<string, unknown>) {
	const { problems, warnings } = validateInput(findModel(id), input);
	return {
		problems: problems.map((problem) => problem.input),
		warnings: warnings.map((warning) => warning.input),
	};
}

test('the table covers every model whose inputs are known', () => {
	const known = allModels().filter((model) => model.confidence !== 'name-only');
	expect(new Set(everyMode.map(([id]) => id)).size).toBe(known.length);
	expect(everyMode.length).toBeGreaterThan(100);
});

test.each(everyMode)('%s, %s: a valid request passes without a remark', (_id, mode, model) => {
	expect(validateInput(model, sampleInput(model, mode))).toEqual({ problems: [], warnings: [] });
});

test.each(everyMode)('%s, %s: one wrong input is refused by its name', (_id, mode, model) => {
	const wrong = [...wrongInputs(model, mode)];
	expect(wrong.length).toBeGreaterThan(0);
	for (const [name, input] of wrong) {
		const { problems } = validateInput(model, input);
		expect([name, problems.map((problem) => problem.input)]).toEqual([name, [name]]);
		expect(problems[0].message).toContain(`'${name}'`);
		expect(problems[0].message).not.toMatch(/error|problem|failure|mistake/i);
		expect(problems[0].message.length).toBeLessThan(500);
	}
});

/** Written from APIXO's pages, not from the catalogue. */
test.each([
	// Required by mode
	['nano-banana', { mode: 'image-to-image', prompt: 'x', aspect_ratio: '1:1' }, ['image_urls'], []],
	['nano-banana-2', { mode: 'text-to-image', prompt: 'x' }, ['aspect_ratio', 'resolution'], []],
	['kling-2-6', { mode: 'text-to-video', prompt: 'x' }, ['sound'], []],
	['kling-2-6', { mode: 'text-to-video', prompt: 'x', sound: false }, [], []],
	['kling-3-0-std', { mode: 'text-to-video' }, ['prompt'], []],
	['kling-3-0-std', { mode: 'motion-control' }, ['image_urls', 'video_urls'], []],
	['happyHorse', { mode: 'image-to-video', image_urls: images(1) }, [], []],
	['hailuo-2-3', { mode: 'pro-text-to-video', prompt: 'x' }, [], []],
	['hailuo-2-3', { mode: 'standard-text-to-video', prompt: 'x' }, ['duration'], []],
	['flux-2', { prompt: 'x y z', aspect_ratio: '1:1', resolution: '1K' }, [], ['mode']],
	['gpt-image-2', { prompt: 'x' }, ['mode'], []],
	// Limits by mode
	[
		'happyHorse',
		{ mode: 'image-to-video', prompt: 'x', image_urls: images(2) },
		['image_urls'],
		[],
	],
	['happyHorse', { mode: 'reference-to-video', prompt: 'x', image_urls: images(9) }, [], []],
	['happyHorse', { mode: 'video-edit', prompt: 'x', image_urls: images(6) }, ['image_urls'], []],
	[
		'kling-3-0-std',
		{ mode: 'motion-control', image_urls: images(2), video_urls: [image] },
		['image_urls'],
		[],
	],
	[
		'seedance-2-0',
		{ mode: 'first_and_last_frames', prompt: 'x', image_urls: images(3) },
		['image_urls'],
		[],
	],
	['seedance-2-0', { mode: 'omni_reference', prompt: 'x' }, [], []],
	['wan-2-6-video', { mode: 'reference-to-video', prompt: 'x', duration: 11 }, ['duration'], []],
	['wan-2-6-video', { mode: 'text-to-video', prompt: 'x', duration: 11 }, [], []],
	[
		'suno',
		{ mode: 'V4', customMode: true, instrumental: false, style: 'x'.repeat(201) },
		['style'],
		[],
	],
	// Contradictions are only warned of
	['nano-banana', { mode: 'text-to-image', prompt: 'x' }, [], ['aspect_ratio']],
	[
		'nano-banana-2',
		{ mode: 'text-to-image', prompt: 'x', aspect_ratio: '1:1', resolution: '2K' },
		[],
		['resolution'],
	],
	[
		'nano-banana-2',
		{ mode: 'text-to-image', prompt: 'x', aspect_ratio: '1:1', resolution: '8k' },
		['resolution'],
		[],
	],
	['sora-2', { mode: 'text-to-video', prompt: 'x', duration: '15' }, [], ['duration']],
	['sora-2', { mode: 'text-to-video', prompt: 'x', aspect_ratio: '16:9' }, [], ['aspect_ratio']],
	['hailuo-2-3', { mode: 'standard-text-to-video', prompt: 'x', duration: '6' }, [], ['duration']],
	['hailuo-2-3', { mode: 'standard-text-to-video', prompt: 'x', duration: 7 }, ['duration'], []],
	['midjourney', { mode: 'upload-paint', prompt: 'x' }, [], ['mode']],
	// Deprecated, or of another mode: warned of
	[
		'gpt-image-1',
		{ mode: 'gpt-image-1', prompt: 'x', aspect_ratio: '1:1', nVariants: 2 },
		[],
		['nVariants'],
	],
	[
		'grok-image',
		{ mode: 'image-to-image', prompt: 'x', image_urls: [image], aspect_ratio: '16:9' },
		[],
		['aspect_ratio'],
	],
	// Not known, or not given: passes
	['seedream-4-0', { mode: 'anything', prompt: '' }, [], []],
	['no-such-model', { prompt: 5 }, [], []],
	['grok-image', { mode: 'text-to-image', prompt: 'x', novelty: { a: 1 } }, [], []],
	['grok-image', { mode: 'text-to-image', prompt: 'x', aspect_ratio: '', image_urls: [] }, [], []],
	['grok-image', { mode: 'text-to-image', prompt: null }, [], []],
])('%s %j', (id, input, problems, warnings) => {
	expect(judged(id, input)).toEqual({ problems, warnings });
});

test.each([
	[
		'kling-2-1',
		{ mode: 'master-text-to-video', duration: 7, aspect_ratio: '1:1' },
		`'duration' takes one of 5, 10, but got 7. Choose one of these values.`,
	],
	[
		'vidu-q3',
		{ mode: 'text-to-video', duration: 17 },
		`'duration' takes a number from 1 to 16, but got 17. Choose a number within this limit.`,
	],
	[
		'vidu-q3',
		{ mode: 'text-to-video', duration: '8 s' },
		`'duration' takes a whole number, but got "8 s". Change it to a whole number, or leave it out.`,
	],
	[
		'kling-2-5-turbo-pro',
		{ mode: 'text-to-video', duration: 5, cfg_scale: 0.25 },
		`'cfg_scale' goes in steps of 0.1, but got 0.25. Choose a multiple of 0.1.`,
	],
	[
		'grok-image',
		{ mode: 'text-to-image', prompt: 'x'.repeat(5001) },
		`'prompt' takes from 1 to 5000 characters, but got 5001. Shorten the text.`,
	],
	[
		'happyHorse',
		{ mode: 'image-to-video', image_urls: images(3) },
		`'image_urls' takes exactly 1 URL in the mode 'image-to-video', but got 3. Remove 2.`,
	],
	[
		'grok-image',
		{ mode: 'image-to-image', image_urls: [`data:image/png;base64,${'A'.repeat(200)}`] },
		`'image_urls' takes public http or https URLs, but entry 1 is "data:image/png;base64,${'A'.repeat(57)}…. ` +
			`Give its full address, starting with https://.`,
	],
	[
		'sora-2',
		{ mode: 'image-to-video' },
		"'image_urls' is required in the mode 'image-to-video', but was not given. " +
			"Add a URL, or a file of the item by the option 'Binary Inputs'.",
	],
])('%s tells the limit, what was given and how to go on', (id, input, message) => {
	const { problems } = validateInput(findModel(id), input);
	expect(problems.map((problem) => problem.message)).toEqual([message]);
});

test('a warning gives the reason', () => {
	const { warnings } = validateInput(findModel('nano-banana'), {
		mode: 'text-to-image',
		prompt: 'x',
	});
	expect(warnings[0].message).toBe(
		`'aspect_ratio' is required in the mode 'text-to-image', but was not given. ` +
			`Add it, for example "1:1". APIXO calls this input required and names a default for it at ` +
			'once, so this does not keep the request back.',
	);
});

test('the prompt is counted in characters, not in code units', () => {
	const input = { mode: 'text-to-image', prompt: '🦊'.repeat(5000) };
	expect(judged('grok-image', input)).toEqual({ problems: [], warnings: [] });
});

test('numbers on a step of a tenth pass in spite of binary fractions', () => {
	for (const tenths of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) {
		const input = { mode: 'text-to-video', prompt: 'x', duration: 5, cfg_scale: tenths / 10 };
		expect(judged('kling-2-5-turbo-pro', input).problems).toEqual([]);
	}
});

test.each(['nano-banana', 'happyHorse', 'a', 'model_2.5', 'x'.repeat(200)])(
	'the model ID %s may be sent',
	(modelId) => {
		expect(validateRequest({ modelId, input: {} })).toEqual([]);
	},
);

test.each([
	'',
	' ',
	'a b',
	'a/b',
	'../status',
	'..',
	'.',
	'a\\b',
	'a\n',
	'a\u0000',
	'x'.repeat(201),
])('the model ID %j is refused', (modelId) => {
	const problems = validateRequest({ modelId, input: {} });
	expect(problems.map((problem) => problem.input)).toEqual(['model']);
	expect(problems[0].message).toMatch(/'model' takes the ID of a model/);
});

test('a request over 1 MB is refused, naming what makes it large', () => {
	const input = { mode: 'text-to-image', prompt: 'x'.repeat(5 * 1024 * 1024) };
	const [problem, ...others] = validateRequest({ modelId: 'nano-banana', input });
	expect(others).toEqual([]);
	expect(problem).toEqual({
		input: 'prompt',
		message:
			`'prompt' makes the request 5.0 MB large, and a request may have 1.0 MB. Shorten it; ` +
			'give images, videos and audio as URLs.',
	});
	expect(
		validateRequest({ modelId: 'm', input: { prompt: 'x'.repeat(1024 * 1024 - 100) } }),
	).toEqual([]);
});
