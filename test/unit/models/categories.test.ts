import { binaryInputsOption } from '../../../nodes/Apixo/options/binaryInputs';
import { allModels } from '../../../nodes/shared/models/catalogue';
import {
	CATEGORIES,
	CATEGORY_VALUES,
	categoryEntry,
	isCategory,
} from '../../../nodes/shared/models/categories';

it('has every category of the catalogue, by the alphabet of their names', () => {
	expect(new Set(allModels().map(({ category }) => category))).toEqual(new Set(CATEGORY_VALUES));
	const names = CATEGORIES.map(({ name }) => name);
	expect(names).toEqual([...names].sort());
});

it.each(CATEGORY_VALUES)('finds the entry of %s', (category) => {
	expect(categoryEntry(category).value).toBe(category);
	expect(isCategory(category)).toBe(true);
});

it.each([undefined, '', 'all', 'text', 'task', 'constructor', 5])(
	'knows no category %j',
	(value) => {
		expect(isCategory(value)).toBe(false);
	},
);

it('offers an input for the files of each category', () => {
	expect(JSON.stringify(binaryInputsOption)).toContain(
		JSON.stringify([
			{ name: 'Audio URLs', value: 'audio_urls' },
			{ name: 'Image URLs', value: 'image_urls' },
			{ name: 'Video URLs', value: 'video_urls' },
		]),
	);
});
