import type { ModelInput } from './catalogueTypes';

/** Words that a capital first letter does not do justice to. */
const SPELLINGS = new Map([
	['and', 'and'],
	['bbox', 'BBox'],
	['bgm', 'BGM'],
	['cfg', 'CFG'],
	['gpt', 'GPT'],
	['hd', 'HD'],
	['id', 'ID'],
	['jpeg', 'JPEG'],
	['jpg', 'JPG'],
	['lora', 'LoRA'],
	['loras', 'LoRAs'],
	['png', 'PNG'],
	['to', 'to'],
	['url', 'URL'],
	['urls', 'URLs'],
]);

/** `image_urls` to `Image URLs`, `customMode` to `Custom Mode`, `V4_5` to `V4.5`. */
export function titleCase(name: string): string {
	return name
		.replace(/(\d)_(?=\d)/g, '$1.')
		.replace(/([a-z])([A-Z])(?=[a-z])/g, '$1 $2')
		.split(/[-_ ]+/)
		.map(
			(word) => SPELLINGS.get(word.toLowerCase()) ?? word.charAt(0).toUpperCase() + word.slice(1),
		)
		.join(' ');
}

/** What the form calls an input: `Image URLs`, or `Image URL` where it takes only one. */
export function inputLabel({ name, maxItems }: Pick<ModelInput, 'name' | 'maxItems'>): string {
	const label = titleCase(name);
	return maxItems === 1 ? label.replace(/URLs$/, 'URL') : label;
}

/** Values that stand for a word. */
const VALUE_WORDS = new Map([
	['f', 'Female'],
	['m', 'Male'],
]);

/** What the form calls a value: `png` is `PNG`, `TEXT_2_VIDEO` is `Text to Video`, `16:9` stays. */
export function valueLabel(value: string | number | boolean): string {
	const text = String(value);
	const word = VALUE_WORDS.get(text);
	if (word !== undefined) return word;
	if (/^[A-Z]+(_[A-Z0-9]+)+$/.test(text)) {
		return titleCase(text.toLowerCase().replaceAll('_2_', '_to_'));
	}
	return /^[a-z]+$/.test(text) ? titleCase(text) : text;
}
