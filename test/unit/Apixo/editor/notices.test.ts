import { emptyFieldsNotice, otherCategoryNotice } from '../../../../nodes/Apixo/editor/notices';
import { findModel } from '../../../../nodes/shared/models/catalogue';

it.each([
	[undefined, /doesn't know this model's inputs.*'Using JSON'.*href="https:\/\/apixo.ai\/docs"/],
	['qwen-image', /doesn't know this model's inputs/],
	['hailuo-2-3', /^Hailuo 2.3 has no other inputs in this mode$/],
])('explains why there is no field: %s', (id, notice) => {
	expect(emptyFieldsNotice(id === undefined ? undefined : findModel(id))).toMatch(notice);
});

it.each([
	[
		'nano-banana',
		'video',
		"Nano Banana generates images, but 'Resource' is 'Video'. Choose another model, or set 'Resource' to 'Image'.",
	],
	[
		'suno',
		'image',
		"Suno generates audio, but 'Resource' is 'Image'. Choose another model, or set 'Resource' to 'Audio'.",
	],
	['nano-banana', 'image', undefined],
	['nano-banana', undefined, undefined],
	['no-such-model', 'video', undefined],
] as const)('of %s where the resource is %s: %s', (id, resource, notice) => {
	expect(otherCategoryNotice(findModel(id), resource)).toBe(notice);
});
