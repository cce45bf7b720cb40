import type { z } from 'zod/v4';

import {
	allModels,
	defaultMode,
	filterModels,
	findModel,
	modelsOfCategory,
} from '../../../nodes/shared/models/catalogue';
import catalogueData from '../../../nodes/shared/models/catalogue.json';
import { catalogueItem } from '../../../nodes/shared/models/catalogueItem';
import type { CatalogueModel } from '../../../nodes/shared/models/catalogueTypes';
import { CATEGORY_VALUES } from '../../../nodes/shared/models/categories';
import { catalogueSchema } from './catalogueSchema';

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

function errorsOf(catalogue: unknown): string {
	const { error } = catalogueSchema.safeParse(catalogue);
	const issues = error?.issues ?? [];
	return issues.map((issue) => `${issue.path.join('.')} ${issue.message}`).join('\n');
}

it('accepts the bundled catalogue', () => {
	expect(errorsOf([entry])).toBe('');
	expect(errorsOf(catalogueData)).toBe('');
});

it('proves what the shipped types say', () => {
	const models: CatalogueModel[] = catalogueSchema.parse(catalogueData);
	const proved: z.infer<typeof catalogueSchema> = [...allModels()];
	expect(models).toEqual(proved);
});

it.each([
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
])('refuses %s', (_case, catalogue, error) => {
	expect(errorsOf(catalogue)).toContain(error);
});

it('is read without the schema, which would cost each start of n8n', async () => {
	await jest.isolateModulesAsync(async () => {
		jest.doMock('zod/v4', () => {
			throw new Error('zod was loaded');
		});
		const fresh = await import('../../../nodes/shared/models/catalogue.ts');
		expect(fresh.findModel('nano-banana')?.title).toBe('Nano Banana');
	});
	jest.dontMock('zod/v4');
});

it('tells IDs apart by case', () => {
	expect(findModel('happyHorse')?.title).toBe('HappyHorse');
	expect(findModel('happyhorse')).toBeUndefined();
});

it('finds the models of each category, which together are all models', () => {
	const byCategory = CATEGORY_VALUES.flatMap(modelsOfCategory);
	expect(new Set(byCategory)).toEqual(new Set(allModels()));
	expect(byCategory).toHaveLength(allModels().length);
	expect(modelsOfCategory('audio').map(({ id }) => id)).toContain('suno');
});

it.each([
	['KLING', ['kling-2-1', 'kling-2-5-turbo-pro', 'kling-2-6', 'kling-3-0-std']],
	['lightricks', ['ltx-2-19b']],
	[' happyhorse ', ['happyHorse']],
	['no such thing', []],
])('finds the models for %j', (filter, ids) => {
	expect(filterModels(allModels(), filter).map((model) => model.id)).toEqual(ids);
});

it('finds every model without a filter', () => {
	expect(filterModels(allModels())).toEqual(allModels());
});

it.each([
	['gpt-image-1', 'gpt-image-1'],
	['flux-2', 'pro-text-to-image'],
	['nano-banana', undefined],
	['qwen-image', undefined],
])('gives the default mode of %s', (id, mode) => {
	expect(defaultMode(findModel(id))).toBe(mode);
});

it('has descriptions that are sentences without a final period', () => {
	for (const { description } of allModels().flatMap((model) => model.inputs)) {
		expect(description).toMatch(/^[A-Z0-9].*[^.]$/s);
	}
});

it('tells a workflow or an agent what it needs to choose', () => {
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

it('gives disputes as sentences, and items as plain JSON', () => {
	const items = allModels().map(catalogueItem);
	expect(JSON.parse(JSON.stringify(items))).toEqual(items);
	const resolution = items
		.find((item) => item.id === 'nano-banana-2')
		?.inputs.find((input) => input.name === 'resolution');
	expect(resolution?.disputed).toEqual([expect.stringMatching(/upper case/)]);
});
