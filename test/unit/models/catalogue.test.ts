import {
	allModels,
	defaultMode,
	findModel,
	modelsOfCategory,
	searchModels,
} from '../../../nodes/shared/models/catalogue';
import catalogueData from '../../../nodes/shared/models/catalogue.json';
import { catalogueItem } from '../../../nodes/shared/models/catalogueItem';
import { catalogueSchema } from '../../../nodes/shared/models/catalogueSchema';

const entry = {
	id: 'sample',
	title: 'Sample',
	category: 'image',
	speed: 'fast',
	modes: ['draw', 'edit'],
	inputs: [
		{ name: 'mode', type: 'string', description: 'What to do' },
		{ name: 'count', type: 'integer', description: 'How many', min: 1, max: 4, default: 1 },
	],
	confidence: 'page',
};
const count = entry.inputs[1];
const withInput = (change: object) => ({ ...entry, inputs: [{ ...count, ...change }] });

function faultsOf(catalogue: unknown): string {
	const { error } = catalogueSchema.safeParse(catalogue);
	const issues = error?.issues ?? [];
	return issues.map((issue) => `${issue.path.join('.')} ${issue.message}`).join('\n');
}

test('the bundled catalogue has no fault', () => {
	expect(faultsOf(catalogueData)).toBe('');
	expect(allModels()).toHaveLength(44);
});

test.each([
	['a right entry', [entry], ''],
	['a missing title', [{ ...entry, title: undefined }], '0.title Invalid input'],
	['a field misspelt', [{ ...entry, tittle: 'x' }], 'Unrecognized key: "tittle"'],
	['a wrong category', [{ ...entry, category: 'text' }], '0.category Invalid option'],
	['an ID twice', [entry, entry], "Model 'sample' is listed twice"],
	['a mode twice', [{ ...entry, modes: ['a', 'a'] }], "Model 'sample': mode 'a' is listed twice"],
	['an input twice', [{ ...entry, inputs: [count, count] }], "input 'count' is listed twice"],
	['min above max', [withInput({ min: 5 })], "input 'count': min 5 is above max 4"],
	[
		'minItems above maxItems',
		[withInput({ type: 'url[]', default: undefined, minItems: 3, maxItems: 2 })],
		"input 'count': minItems 3 is above maxItems 2",
	],
	['a default outside the limits', [withInput({ default: 9 })], 'default 9 is outside min and max'],
	['a default outside the enum', [withInput({ enum: [2, 4] })], 'default 1 is not in the enum'],
	['a default of another type', [withInput({ default: '1' })], 'default 1 is not of type integer'],
	['an enum of another type', [withInput({ enum: ['a'] })], 'enum value a is not of type integer'],
	[
		'an input in a mode that the model lacks',
		[withInput({ modes: ['paint'] })],
		"input 'count': mode 'paint' is not a mode of the model",
	],
	['required in such a mode', [withInput({ required: ['paint'] })], "mode 'paint' is not a mode"],
	['limits in such a mode', [withInput({ inMode: { paint: { max: 2 } } })], "mode 'paint' is not"],
	[
		'limits of a mode that cross',
		[withInput({ inMode: { draw: { max: 0 } } })],
		"input 'count': in mode 'draw' min 1 is above max 0",
	],
	[
		'required where it does not apply',
		[withInput({ modes: ['draw'], required: ['edit'] })],
		'required in edit, where it does not apply',
	],
	[
		'an enum on mode',
		[{ ...entry, inputs: [{ ...entry.inputs[0], enum: ['draw'] }] }],
		"input 'mode': enum must be left out",
	],
	[
		'a default mode that the model lacks',
		[{ ...entry, inputs: [{ ...entry.inputs[0], default: 'paint' }] }],
		"input 'mode': default paint is not in the enum",
	],
	[
		'an image without speed',
		[{ ...entry, speed: undefined }],
		'speed belongs to every image model',
	],
	['a video with speed', [{ ...entry, category: 'video' }], 'speed belongs to every image model'],
	[
		'inputs of a model known by name only',
		[{ ...entry, confidence: 'name-only' }],
		"a model of confidence 'name-only' has no inputs",
	],
	[
		'times in the wrong order',
		[{ ...entry, typicalSeconds: { min: 9, max: 3 } }],
		'typicalSeconds: min is above max',
	],
])('%s', (_case, catalogue, fault) => {
	if (fault === '') expect(faultsOf(catalogue)).toBe('');
	else expect(faultsOf(catalogue)).toContain(fault);
});

test('IDs are told apart by case', () => {
	expect(findModel('happyHorse')?.title).toBe('HappyHorse');
	expect(findModel('happyhorse')).toBeUndefined();
});

test('every model is of one category', () => {
	const sizes = (['image', 'video', 'audio'] as const).map(
		(category) => modelsOfCategory(category).length,
	);
	expect(sizes).toEqual([21, 20, 3]);
	expect(modelsOfCategory('audio').map((model) => model.id)).toEqual([
		'suno',
		'minimax-speech-2-8',
		'minimax-voice',
	]);
});

test.each([
	['KLING', ['kling-2-1', 'kling-2-5-turbo-pro', 'kling-2-6', 'kling-3-0-std']],
	['lightricks', ['ltx-2-19b']],
	[' happyhorse ', ['happyHorse']],
	['no such thing', []],
])('search for %j', (filter, ids) => {
	expect(searchModels(allModels(), filter).map((model) => model.id)).toEqual(ids);
});

test('search without a filter gives every model', () => {
	expect(searchModels(allModels())).toEqual(allModels());
});

test.each([
	['gpt-image-1', 'gpt-image-1'],
	['flux-2', 'pro-text-to-image'],
	['nano-banana', undefined],
	['qwen-image', undefined],
])('default mode of %s', (id, mode) => {
	expect(defaultMode(findModel(id))).toBe(mode);
});

test('descriptions are sentences without a final period', () => {
	for (const { description } of allModels().flatMap((model) => model.inputs)) {
		expect(description).toMatch(/^[A-Z0-9].*[^.]$/s);
	}
});

test('an item of the catalogue tells what a workflow or an agent needs to choose', () => {
	const model = findModel('kling-2-1');
	expect(model && catalogueItem(model)).toEqual({
		id: 'kling-2-1',
		title: 'Kling 2.1',
		vendor: 'Kuaishou',
		category: 'video',
		modes: [
			'standard-image-to-video',
			'pro-image-to-video',
			'master-text-to-video',
			'master-image-to-video',
		],
		defaultMode: 'standard-image-to-video',
		inputs: expect.arrayContaining([
			expect.objectContaining({ name: 'mode', enum: model?.modes }),
			expect.objectContaining({ name: 'duration', unit: 'seconds', enum: [5, 10] }),
			expect.objectContaining({ name: 'cfg_scale', min: 0, max: 1, step: 0.1 }),
		]),
		docsUrl: 'https://apixo.ai/docs/ru/models/video/kling-2-1',
		confidence: 'page',
	});
});

test('an item gives doubts as sentences, and is plain JSON', () => {
	const items = allModels().map(catalogueItem);
	expect(JSON.parse(JSON.stringify(items))).toEqual(items);
	const resolution = items
		.find((item) => item.id === 'nano-banana-2')
		?.inputs.find((input) => input.name === 'resolution');
	expect(resolution?.doubts).toEqual([expect.stringMatching(/upper case/)]);
});
