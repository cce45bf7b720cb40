import { modeOptions, NO_MODEL_MODE } from '../../../../nodes/Apixo/editor/modes';
import { findModel } from '../../../../nodes/shared/models/catalogue';

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
	['flux-2', 'Default (Pro Text to Image)'],
	['gpt-image-1', 'Default (GPT Image 1)'],
	['nano-banana', 'Choose a Mode'],
])('keeps an entry for no mode, so that the editor always has its label: %s', (id, name) => {
	const options = modeOptions(findModel(id), 'image');
	expect(options.filter(({ value }) => value === '')).toEqual([{ name, value: '' }]);
	expect(NO_MODEL_MODE).toMatchObject({ name: 'Choose a Mode', value: '' });
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
