import { allModels, findModel } from '../../../nodes/shared/models/catalogue';
import {
	joinMessages,
	modelIdProblem,
	validateInput,
	validateRequest,
	type Naming,
} from '../../../nodes/shared/models/validate';
import { cpuMs, HOSTILE_TEXTS, LINEAR_CPU_MS } from './cpuMs.cts';
import { sampleInput, wrongInputs } from './sampleInput';

const everyMode = allModels().flatMap((model) =>
	model.modes.map((mode) => [model.id, mode, model] as const),
);
const ofConfidence = (confidence: string) =>
	everyMode.filter(([, , model]) => model.confidence === confidence);
const image = 'https://example.com/1.png';
const images = (count: number) => Array.from({ length: count }, () => image);

function judged(id: string, input: Record<string, unknown>) {
	const { problems, warnings } = validateInput(findModel(id), input);
	return {
		problems: problems.map((problem) => problem.input),
		warnings: warnings.map((warning) => warning.input),
	};
}

it('has a mode of every model whose inputs are known to test', () => {
	const known = allModels().filter((model) => model.confidence !== 'name-only');
	expect(new Set(everyMode.map(([id]) => id)).size).toBe(known.length);
});

it.each(everyMode)('%s, %s: says nothing of a valid request', (_id, mode, model) => {
	expect(validateInput(model, sampleInput(model, mode))).toEqual({ problems: [], warnings: [] });
});

it.each(ofConfidence('page'))('%s, %s: refuses one wrong input by its name', (_id, mode, model) => {
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

it.each(ofConfidence('snippet'))(
	'%s, %s: only warns, since the catalogue has its page in part',
	(_id, mode, model) => {
		for (const [name, input] of wrongInputs(model, mode)) {
			const { problems, warnings } = validateInput(model, input);
			expect(problems).toEqual([]);
			expect([name, warnings.map((warning) => warning.input)]).toEqual([name, [name]]);
		}
	},
);

/** Written from APIXO's pages, not from the catalogue. */
describe('validateInput', () => {
	type Row = [id: string, input: Record<string, unknown>, problems: string[], warnings: string[]];

	it.each<Row>([
		['nano-banana', { mode: 'image-to-image', prompt: 'x' }, ['image_urls'], []],
		['kling-2-5-turbo-pro', { mode: 'image-to-video', duration: 5 }, ['image_urls'], []],
		['happyHorse', { mode: 'image-to-video', image_urls: images(1) }, [], []],
		['hailuo-2-3', { mode: 'pro-text-to-video', prompt: 'x' }, [], []],
		['hailuo-2-3', { mode: 'standard-text-to-video', prompt: 'x' }, ['duration'], []],
		['flux-2', { prompt: 'x y z', aspect_ratio: '1:1', resolution: '1K' }, [], []],
		['flux-kontext', { mode: 'pro', prompt: ' \n ', aspect_ratio: '1:1' }, ['prompt'], []],
	])('%s %j: what a mode requires', (id, input, problems, warnings) => {
		expect(judged(id, input)).toEqual({ problems, warnings });
	});

	it.each<Row>([
		['happyHorse', { mode: 'image-to-video', image_urls: images(2) }, ['image_urls'], []],
		['happyHorse', { mode: 'reference-to-video', prompt: 'x', image_urls: images(9) }, [], []],
		['happyHorse', { mode: 'video-edit', prompt: 'x', image_urls: images(6) }, ['image_urls'], []],
		[
			'suno',
			{ mode: 'V4', customMode: true, instrumental: false, style: 'x'.repeat(201) },
			['style'],
			[],
		],
		['suno', { mode: 'V5', customMode: true, instrumental: false, style: 'x'.repeat(201) }, [], []],
		['hailuo-2-3', { mode: 'standard-text-to-video', prompt: 'x', duration: 7 }, ['duration'], []],
	])('%s %j: the limits of the mode', (id, input, problems, warnings) => {
		expect(judged(id, input)).toEqual({ problems, warnings });
	});

	it.each<Row>([
		// Called required, with a default named at once: leaving it out is right.
		['nano-banana', { mode: 'text-to-image', prompt: 'x' }, [], []],
		// APIXO's pages contradict each other.
		[
			'flux-2',
			{ mode: 'pro-text-to-image', prompt: 'xy', resolution: '1k' },
			['prompt'],
			['resolution'],
		],
		[
			'flux-2',
			{ mode: 'pro-text-to-image', prompt: 'x y z', aspect_ratio: '1:1', resolution: '8K' },
			['resolution'],
			[],
		],
		[
			'hailuo-2-3',
			{ mode: 'standard-text-to-video', prompt: 'x', duration: '6' },
			[],
			['duration'],
		],
		// The catalogue has only a part of the page.
		['nano-banana-2', { mode: 'text-to-image', prompt: 'x' }, [], ['aspect_ratio', 'resolution']],
		['kling-2-6', { mode: 'text-to-video', prompt: 'x' }, [], ['sound']],
		['kling-3-0-std', { mode: 'motion-control' }, [], ['image_urls', 'video_urls']],
		['wan-2-6-video', { mode: 'reference-to-video', prompt: 'x', duration: 11 }, [], ['duration']],
		['wan-2-6-video', { mode: 'text-to-video', prompt: 'x', duration: 11 }, [], []],
		['midjourney', { mode: 'upload-paint', prompt: 'x' }, [], ['mode']],
		['sora-2', { mode: 'text-to-video', prompt: 'x', duration: '15' }, [], ['duration']],
		['sora-2', { mode: 'text-to-video', prompt: 'x', aspect_ratio: '16:9' }, [], ['aspect_ratio']],
		['sora-2', { mode: 'image-to-video', prompt: 'x', image_url: image }, [], ['image_urls']],
		// The API cuts longer prompts.
		['wan-2-5-image', { mode: 'text-to-image', prompt: 'x'.repeat(2001) }, [], ['prompt']],
		['wan-2-6-image', { mode: 'text-to-image', prompt: 'x'.repeat(2001) }, [], ['prompt']],
		['wan-2-7-image', { mode: 'omni-image', prompt: 'x'.repeat(5001) }, [], ['prompt']],
		// A mode that APIXO has added, whose limits nobody knows.
		['suno', { mode: 'V6', customMode: true, instrumental: false }, [], ['mode']],
		[
			'suno',
			{ mode: 'V6', customMode: true, instrumental: false, style: 'x'.repeat(1001) },
			[],
			['mode', 'style'],
		],
		// Steps of the form.
		[
			'kling-2-1',
			{ mode: 'master-text-to-video', duration: 5, aspect_ratio: '1:1', cfg_scale: 0.25 },
			[],
			['cfg_scale'],
		],
		// A number as text, and one URL where a list is meant.
		['kling-2-5-turbo-pro', { mode: 'text-to-video', duration: '5' }, [], ['duration']],
		['kling-2-5-turbo-pro', { mode: 'text-to-video', duration: '7' }, ['duration'], []],
		['kling-2-5-turbo-pro', { mode: 'text-to-video', duration: '5 s' }, ['duration'], []],
		['happyHorse', { mode: 'image-to-video', image_urls: image }, [], ['image_urls']],
		['happyHorse', { mode: 'image-to-video', image_urls: 'a.png' }, ['image_urls'], []],
		['happyHorse', { mode: 'image-to-video', image_urls: ['data:image/png;base64,AA'] }, [], []],
		// Deprecated, or of another mode.
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
	])('%s %j: what is disputed or second-hand only warns', (id, input, problems, warnings) => {
		expect(judged(id, input)).toEqual({ problems, warnings });
	});

	it.each<Row>([
		['seedream-4-0', { mode: 'anything', prompt: '' }, [], []],
		['no-such-model', { prompt: 5 }, [], []],
		['grok-image', { mode: 'text-to-image', prompt: 'x', novelty: { a: 1 } }, [], []],
		[
			'grok-image',
			{ mode: 'text-to-image', prompt: 'x', aspect_ratio: '', image_urls: [] },
			[],
			[],
		],
		['grok-image', { mode: 'text-to-image', prompt: null }, [], []],
	])('%s %j: what is not known or not given passes', (id, input, problems, warnings) => {
		expect(judged(id, input)).toEqual({ problems, warnings });
	});

	it.each<[id: string, naming: Naming, input: Record<string, unknown>, message: string]>([
		[
			'kling-2-1',
			'api',
			{ mode: 'master-text-to-video', duration: 7, aspect_ratio: '1:1' },
			"'duration' must be one of 5, 10, but it is 7",
		],
		[
			'vidu-q3',
			'form',
			{ mode: 'text-to-video', duration: 17 },
			"'Duration' must be between 1 and 16, but it is 17",
		],
		[
			'vidu-q3',
			'api',
			{ mode: 'text-to-video', duration: '8 s' },
			`'duration' must be a whole number, but it is "8 s"`,
		],
		[
			'flux-kontext',
			'form',
			{ mode: 'pro', prompt: 'x'.repeat(10_001), aspect_ratio: '1:1' },
			"'Prompt' must have between 1 and 10000 characters, but it has 10001",
		],
		[
			'flux-kontext',
			'form',
			{ mode: 'pro', aspect_ratio: '1:1' },
			"'Prompt' is required for 'Pro'",
		],
		[
			'happyHorse',
			'api',
			{ mode: 'image-to-video', image_urls: images(3) },
			"'image_urls' must have exactly 1 URL for 'image-to-video', but it has 3",
		],
		[
			'nano-banana',
			'form',
			{
				mode: 'image-to-image',
				prompt: 'x',
				aspect_ratio: '1:1',
				image_urls: ['example.com/1.png'],
			},
			`'Image URLs' must be a list of public URLs, but entry 1 is "example.com/1.png". ` +
				'Enter the full URL, starting with https://.',
		],
		[
			'nano-banana',
			'form',
			{ mode: 'image-to-image', prompt: 'x', aspect_ratio: '1:1' },
			"'Image URLs' is required for 'Image to Image'. " +
				"Add a URL, or use a file of the item with the option 'Input Files'.",
		],
		[
			'nano-banana',
			'api',
			{ mode: 'image-to-image', prompt: 'x', aspect_ratio: '1:1' },
			"'image_urls' is required for 'image-to-image'. " +
				"Add a URL, or use a file of the item with the option 'Input Files'.",
		],
		[
			'nano-banana',
			'api',
			{ prompt: 'x', aspect_ratio: '1:1' },
			`'mode' is required. Add it, for example "text-to-image".`,
		],
	])('%s, names of the %s: says %j is %s', (id, naming, input, message) => {
		const { problems } = validateInput(findModel(id), input, naming);
		expect(problems.map((problem) => problem.message)).toEqual([message]);
	});

	it.each<[id: string, input: Record<string, unknown>, warning: string]>([
		[
			'suno',
			{ mode: 'V6', customMode: false, instrumental: false },
			`'mode' must be one of V4, V4_5, V4_5ALL, V4_5PLUS, V5, V5_5, but it is "V6". ` +
				'The mode may be newer than this node, so the request is sent anyway.',
		],
		[
			'kling-2-5-turbo-pro',
			{ mode: 'text-to-video', duration: 5, cfg_scale: 0.25 },
			"'cfg_scale' must be a multiple of 0.1, but it is 0.25. " +
				"Only APIXO's own form is known to insist on this, so the request is sent anyway.",
		],
		[
			'gpt-image-1',
			{ mode: 'gpt-image-1', prompt: 'x', aspect_ratio: '1:1', nVariants: 2 },
			"'nVariants' is deprecated for GPT Image 1 and may be ignored. Remove it if you can.",
		],
	])('gives the reason of a warning (%s, %j)', (id, input, warning) => {
		const { warnings } = validateInput(findModel(id), input);
		expect(warnings.map(({ message }) => message)).toEqual([warning]);
	});

	it('counts a prompt in characters, not in code units', () => {
		const input = { mode: 'pro', prompt: '🦊'.repeat(10_000), aspect_ratio: '1:1' };
		expect(judged('flux-kontext', input)).toEqual({ problems: [], warnings: [] });
	});

	it('takes numbers on a step of a tenth in spite of binary fractions', () => {
		for (const tenths of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) {
			const input = { mode: 'text-to-video', prompt: 'x', duration: 5, cfg_scale: tenths / 10 };
			expect(judged('kling-2-5-turbo-pro', input)).toEqual({ problems: [], warnings: [] });
		}
	});

	const circular: Record<string, unknown> = {};
	circular.self = circular;
	it.each([
		['a circular object', circular],
		['an object that cannot be text', { toString: 1, valueOf: 1 }],
		['a symbol', Symbol('prompt')],
		['a function', () => 'prompt'],
		['a bigint', 5n],
	])('refuses %s as a prompt, as an error of that input', (_, prompt) => {
		expect(judged('flux-kontext', { mode: 'pro', prompt, aspect_ratio: '1:1' })).toEqual({
			problems: ['prompt'],
			warnings: [],
		});
	});
});

describe('modelIdProblem', () => {
	it.each([
		'nano-banana',
		'happyHorse',
		'a',
		'model_2.5',
		'vendor/model',
		'vendor/../model',
		'a\\b',
		'x'.repeat(200),
	])('lets %s pass, which the client encodes', (id) => {
		expect(modelIdProblem(id)).toBeUndefined();
	});

	it.each(['', ' ', 'a b', '..', '.', 'a\n', 'a\u0000', 'x'.repeat(201)])('refuses %j', (id) => {
		expect(modelIdProblem(id)).toMatch(/^'Model' must be the ID of a model, such as nano-banana/);
	});
});

describe('validateRequest', () => {
	const request = (input: Record<string, unknown>, modelId = 'no-such-model') =>
		validateRequest({ modelId, model: findModel(modelId), input });

	it('refuses over 1 MB of an unknown model, too, and names what makes it large', () => {
		expect(request({ seed: 1, prompt: 'x'.repeat(5 * 1024 * 1024) })).toEqual({
			problems: [
				{
					input: 'prompt',
					message:
						`'prompt' brings the request to 5.0 MB; the maximum is 1.0 MB. ` +
						'Shorten it, and give images, videos and audio as URLs.',
				},
			],
			warnings: [],
		});
		expect(request({ prompt: 'x'.repeat(1024 * 1024 - 100) })).toEqual({
			problems: [],
			warnings: [],
		});
	});

	it('takes data: URLs of any size, with a warning that names it', () => {
		const url = `data:image/png;base64,${'A'.repeat(3 * 1024 * 1024)}`;
		const { problems, warnings } = request(
			{ mode: 'image-to-image', prompt: 'x', aspect_ratio: '1:1', image_urls: [url, image, url] },
			'nano-banana',
		);
		expect(problems).toEqual([]);
		expect(warnings).toEqual([
			{
				input: 'image_urls',
				message:
					"'image_urls' holds 2 files as data: URLs (6.0 MB). APIXO's docs name public URLs " +
					'only, and a large request may be rejected. If you can, give public URLs.',
			},
		]);
	});

	it('names inputs as the form does where it is the form that was filled', () => {
		const input = { image_urls: ['data:image/png;base64,AA'], prompt: 'x'.repeat(2 * 1024 * 1024) };
		const { problems, warnings } = validateRequest(
			{ modelId: 'm', model: undefined, input },
			'form',
		);
		expect(problems[0].message).toMatch(/^'Prompt' brings the request to 2\.0 MB/);
		expect(warnings[0].message).toMatch(/^'Image URLs' holds a file as a data: URL/);
	});

	it('names an input that is no JSON', () => {
		const circular: Record<string, unknown> = {};
		circular.self = circular;
		expect(request({ prompt: 'x', extra: circular }).problems).toEqual([
			{ input: 'extra', message: "'extra' can't be sent, because it isn't valid JSON" },
		]);
	});

	it('reports model ID and inputs together, as one message', () => {
		const { problems } = validateRequest({
			modelId: 'nano banana',
			model: findModel('nano-banana'),
			input: { mode: 'text-to-image', aspect_ratio: '1:1' },
		});
		expect(problems.map(({ input }) => input)).toEqual(['model', 'prompt']);
		expect(joinMessages(problems)).toMatch(/docs\. 'prompt' is required for 'text-to-image'\.$/);
	});

	it.each(HOSTILE_TEXTS)('takes no more than linear time for 1 MB of %s', (_, text) => {
		const input = {
			mode: 'image-to-image',
			prompt: text,
			image_urls: [text],
			aspect_ratio: text,
			output_format: text,
		};
		expect(cpuMs(() => request(input, 'nano-banana'))).toBeLessThan(LINEAR_CPU_MS);
		expect(cpuMs(() => modelIdProblem(text))).toBeLessThan(LINEAR_CPU_MS);
	});
});
