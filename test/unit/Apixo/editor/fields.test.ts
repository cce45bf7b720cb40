import { formFields } from '../../../../nodes/Apixo/editor/fields';
import { coerceFormValues } from '../../../../nodes/Apixo/editor/formValues';
import { allModels, findModel } from '../../../../nodes/shared/models/catalogue';
import { validateInput } from '../../../../nodes/shared/models/validate';

function fieldsOf(id: string, mode?: string) {
	return formFields(findModel(id), mode);
}

function field(id: string, mode: string, name: string) {
	return fieldsOf(id, mode).find((each) => each.id === name);
}

it('has the fields of one mode, required ones first', () => {
	expect(fieldsOf('kling-2-6', 'image-to-video')).toEqual([
		{
			id: 'sound',
			displayName: 'Sound *',
			type: 'boolean',
			required: false,
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

it.each([
	['vidu-q3', 'text-to-video', 'duration', 'number', 'Duration (1–16 s)'],
	['kling-2-1', 'pro-image-to-video', 'cfg_scale', 'number', 'CFG Scale (0–1)'],
	['vidu-q3', 'text-to-video', 'seed', 'number', 'Seed (-1 to 2147483647)'],
	['wan-2-6-video', 'text-to-video', 'duration', 'number', 'Duration (2–15 s, default 5)'],
	['wan-2-6-video', 'reference-to-video', 'duration', 'number', 'Duration (2–10 s, default 5)'],
	['wan-2-5', 'text-to-video', 'duration', 'number', 'Duration (seconds, e.g. 10)'],
	['suno', 'V4', 'title', 'string', 'Title (up to 80)'],
	[
		'kling-2-5-turbo-pro',
		'text-to-video',
		'negative_prompt',
		'string',
		'Negative Prompt (up to 2500)',
	],
	['minimax-speech-2-8', 'speech-hd', 'voice_id', 'string', 'Voice ID'],
	['sora-2', 'image-to-video', 'image_urls', 'string', 'Image URL *'],
	['grok-image', 'image-to-image', 'image_urls', 'string', 'Image URL'],
	['vidu-q3', 'text-to-video', 'bgm', 'options', 'BGM (default yes)'],
	['nano-banana', 'text-to-image', 'output_format', 'options', 'Output Format (default JPEG)'],
	['nano-banana-2', 'image-to-image', 'image_urls', 'string', 'Image URLs * (1–14)'],
	['nano-banana-pro', 'image-to-image', 'image_urls', 'string', 'Image URLs'],
	['ltx-2-19b', 'text-to-video-LoRA', 'loras', 'array', 'LoRAs (JSON, up to 3)'],
	['wan-2-7-image', 'omni-image', 'bbox_list', 'array', 'BBox List (JSON)'],
	['flux-kontext', 'pro', 'safetyTolerance', 'number', 'Safety Tolerance (0–2)'],
	['gpt-image-1', 'gpt-image-1', 'nVariants', 'options', 'N Variants (deprecated)'],
	['nano-banana', 'text-to-image', 'aspect_ratio', 'options', 'Aspect Ratio'],
])('%s, %s: shows %s as %s, labelled %s', (id, mode, name, type, displayName) => {
	expect(field(id, mode, name)).toMatchObject({ type, displayName });
});

it('has no label that the editor cuts off', () => {
	const labels = allModels().flatMap((model) =>
		[undefined, ...model.modes].flatMap((mode) =>
			formFields(model, mode).map(({ displayName }) => displayName),
		),
	);
	expect(labels.filter((label) => label.length > 28)).toEqual([]);
});

it('names the options of a list for people', () => {
	const names = (id: string, mode: string, name: string) =>
		field(id, mode, name)?.options?.map((option) => option.name);
	expect(names('veo-3-1', 'fast', 'generationType')).toEqual([
		'Text to Video',
		'First and Last Frames to Video',
		'Reference to Video',
	]);
	expect(names('nano-banana', 'text-to-image', 'output_format')).toEqual(['JPEG', 'PNG']);
	expect(names('flux-2', 'pro-text-to-image', 'resolution')).toEqual(['1K', '2K']);
});

it('has other fields in another mode', () => {
	const names = (mode: string) => fieldsOf('kling-3-0-std', mode).map((each) => each.id);
	expect(names('text-to-video')).toEqual(['duration', 'sound', 'aspect_ratio']);
	expect(names('image-to-video')).toEqual(['image_urls', 'duration', 'sound']);
	expect(names('motion-control')).toEqual(['image_urls', 'video_urls', 'sound']);
});

it.each([undefined, '', '={{ $json.mode }}'])(
	'has every field, none of them required, in the mode %j, which the model lacks',
	(mode) => {
		const fields = fieldsOf('kling-3-0-std', mode);
		expect(fields.map((each) => each.id)).toEqual([
			'duration',
			'sound',
			'aspect_ratio',
			'image_urls',
			'video_urls',
		]);
		expect(fields.some((each) => each.required)).toBe(false);
	},
);

it('has the options of one mode', () => {
	const values = (mode: string) =>
		field('wan-2-7-image', mode, 'resolution')?.options?.map((option) => option.value);
	expect(values('omni-image')).toEqual(['1k', '2k']);
	expect(values('omni-image-pro')).toEqual(['1k', '2k', '4k']);
});

it('fills in the default of a required input, which may be removed, and no other default', () => {
	const aspectRatio = field('nano-banana', 'text-to-image', 'aspect_ratio');
	expect(aspectRatio).toMatchObject({ required: false, removed: false, defaultValue: '1:1' });
	expect(field('nano-banana', 'text-to-image', 'output_format')).not.toHaveProperty('defaultValue');
});

it.each([
	['hailuo-2-3', 'standard-text-to-video', 'duration', true],
	['nano-banana-2', 'text-to-image', 'aspect_ratio', false],
	['nano-banana', 'image-to-image', 'image_urls', false],
])('lets n8n insist on what is sure to be refused: %s, %s: %s %s', (id, mode, name, required) => {
	expect(field(id, mode, name)).toMatchObject({ required });
	expect(field(id, mode, name)?.displayName).toContain(' *');
});

it('lets an optional boolean be true, false or not set', () => {
	expect(field('kling-3-0-std', 'text-to-video', 'sound')).toMatchObject({
		type: 'options',
		required: false,
		removed: false,
		options: [
			{ name: 'Yes', value: true },
			{ name: 'No', value: false },
		],
	});
	const forms = allModels().flatMap((model) => model.modes.map((mode) => formFields(model, mode)));
	const switches = forms.flat().filter((each) => each.type === 'boolean');
	expect(switches.length).toBeGreaterThan(0);
	for (const each of switches) expect(each.required || 'defaultValue' in each).toBe(true);
});

it('hides inputs that should rather not be used until the user adds them', () => {
	expect(field('gpt-image-1', 'gpt-image-1', 'isEnhance')).toMatchObject({ removed: true });
	expect(field('nano-banana-2', 'text-to-image', 'google_search')).toMatchObject({ removed: true });
});

const pages = allModels().filter(({ confidence }) => confidence === 'page');
it.each(pages.flatMap((model) => model.modes.map((mode) => [model.id, mode, model] as const)))(
	'%s, %s: leaves mode and prompt out, and marks all that is refused where it is missing',
	(_id, mode, model) => {
		const fields = formFields(model, mode);
		expect(fields.map((each) => each.id)).not.toContain('mode');
		expect(fields.map((each) => each.id)).not.toContain('prompt');
		const opened = fields.map((each) => [each.id, each.removed ? null : each.defaultValue]);
		const input = coerceFormValues(model, Object.fromEntries(opened));
		const refused = validateInput(model, { ...input, mode }).problems;
		const marked = fields.filter((each) => each.displayName.includes(' *') && !(each.id in input));
		const others = refused.filter((problem) => problem.input !== 'prompt');
		expect(others.map((problem) => problem.input)).toEqual(marked.map((each) => each.id));
	},
);

it('has no field without a model', () => {
	expect(formFields(undefined, 'text-to-image')).toEqual([]);
});

it('opens a long form without its fine tuning', () => {
	const removed = fieldsOf('suno', 'V5')
		.filter((each) => each.removed)
		.map(({ id }) => id);
	expect(removed).toEqual(['styleWeight', 'weirdnessConstraint', 'audioWeight']);
	expect(field('suno', 'V5', 'vocalGender')?.options?.map(({ name }) => name)).toEqual([
		'Male',
		'Female',
	]);
});
