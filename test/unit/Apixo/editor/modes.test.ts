import { automaticMode, modeOptions, NO_MODEL_MODE } from '../../../../nodes/Apixo/editor/modes';
import { allModels, findModel } from '../../../../nodes/shared/models/catalogue';

it.each([
	['image' as const, ['', 'text-to-image', 'image-to-image']],
	['video' as const, ['', 'text-to-video', 'image-to-video']],
	['audio' as const, ['']],
	[undefined, ['']],
])('offers none, or the usual ones of %s, where a model has no known modes', (category, values) => {
	for (const model of [undefined, findModel('qwen-image')]) {
		expect(modeOptions(model, category).map(({ value }) => value)).toEqual(values);
	}
});

it.each([
	['flux-2', 'Default (Pro Text to Image)', undefined],
	['gpt-image-1', 'Default (GPT Image 1)', undefined],
	['nano-banana', 'Automatic', 'Text to Image, or Image to Image when image URLs are given'],
	['suno', 'Automatic', 'V4'],
])('has an entry for no mode, which says what holds then: %s', (id, name, description) => {
	const unset = modeOptions(findModel(id), 'image').filter(({ value }) => value === '');
	expect(unset).toEqual([expect.objectContaining({ name, value: '' })]);
	if (description !== undefined) expect(unset[0].description).toBe(description);
	expect(NO_MODEL_MODE).toMatchObject({ name: 'Automatic', value: '' });
});

const image = { image_urls: ['https://a.example/1.png'] };
const video = { video_urls: ['https://a.example/1.mp4'] };
it.each([
	['nano-banana', {}, 'text-to-image'],
	['nano-banana', image, 'image-to-image'],
	['nano-banana', { image_urls: [] }, 'text-to-image'],
	['nano-banana', { image_urls: '' }, 'text-to-image'],
	['kling-3-0-std', image, 'image-to-video'],
	['kling-3-0-std', { ...image, ...video }, 'motion-control'],
	['seedance-2-0', image, 'first_and_last_frames'],
	['seedance-2-0', video, 'omni_reference'],
	['hailuo-2-3', {}, 'standard-text-to-video'],
	['hailuo-2-3-fast', {}, 'standard-image-to-video'],
	['midjourney', image, 'image-to-image'],
	['wan-2-7-video', image, 'image-to-video'],
	['wan-2-7-video', video, 'reference-to-video'],
	['flux-kontext', image, 'pro'],
	['kling-2-1', {}, 'standard-image-to-video'],
	['qwen-image', {}, undefined],
])('where none is chosen, sends of %s with %j the mode %s', (id, input, mode) => {
	expect(automaticMode(findModel(id), input)).toBe(mode);
});

it('has a mode for every model that has some, whatever is given', () => {
	for (const model of allModels().filter(({ modes }) => modes.length > 0)) {
		for (const input of [{}, image, video]) {
			expect(model.modes).toContain(automaticMode(model, input));
		}
	}
	expect(automaticMode(undefined, image)).toBeUndefined();
});

it('says at each mode what it costs', () => {
	const descriptions = modeOptions(findModel('veo-3-1'), 'video').map((mode) => mode.description);
	expect(descriptions).toEqual([
		expect.stringContaining('USD 1.50 per video'),
		expect.stringContaining('USD 1.50 per video'),
		expect.stringContaining('USD 0.20 per video'),
	]);
});

it('has names for people, and tells what a mode requires', () => {
	expect(modeOptions(findModel('kling-3-0-std'), 'video').slice(1)).toEqual([
		{ name: 'Text to Video', value: 'text-to-video' },
		{ name: 'Image to Video', value: 'image-to-video', description: 'Requires Image URLs' },
		{
			name: 'Motion Control',
			value: 'motion-control',
			description: 'Requires Image URL, Video URL',
		},
	]);
});

it.each([
	['seedance-2-0', ['Text to Video', 'First and Last Frames', 'Omni Reference']],
	['suno', ['V4', 'V4.5', 'V4.5ALL', 'V4.5PLUS', 'V5', 'V5.5']],
	['ltx-2-19b', ['Text to Video', 'Image to Video', 'Text to Video LoRA', 'Image to Video LoRA']],
	['minimax-speech-2-8', ['Speech Turbo', 'Speech HD']],
])('names the modes of %s', (id, names) => {
	const options = modeOptions(findModel(id), undefined).filter(({ value }) => value !== '');
	expect(options.map(({ name }) => name)).toEqual(names);
});
