import { inputLabel, titleCase, valueLabel } from '../../../nodes/shared/models/labels';
import { cpuMs, HOSTILE_TEXTS, LINEAR_CPU_MS } from './cpuMs.cts';

it.each([
	['image_urls', 'Image URLs'],
	['customMode', 'Custom Mode'],
	['nVariants', 'N Variants'],
	['cfg_scale', 'CFG Scale'],
	['text-to-video-LoRA', 'Text to Video LoRA'],
	['V4_5PLUS', 'V4.5PLUS'],
	['constructor', 'Constructor'],
])('calls %s %s', (name, label) => {
	expect(titleCase(name)).toBe(label);
});

it.each([
	[{ name: 'image_urls', maxItems: 1 }, 'Image URL'],
	[{ name: 'image_urls', maxItems: 2 }, 'Image URLs'],
	[{ name: 'image_urls' }, 'Image URLs'],
	[{ name: 'prompt', maxItems: 1 }, 'Prompt'],
])('calls the input %j %s', (input, label) => {
	expect(inputLabel(input)).toBe(label);
});

it.each([
	['png', 'PNG'],
	['landscape', 'Landscape'],
	['TEXT_2_VIDEO', 'Text to Video'],
	['FIRST_AND_LAST_FRAMES_2_VIDEO', 'First and Last Frames to Video'],
	['16:9', '16:9'],
	['2K', '2K'],
	['V5', 'V5'],
	['720*1280', '720*1280'],
	[5, '5'],
	[true, 'True'],
])('calls the value %j %s', (value, label) => {
	expect(valueLabel(value)).toBe(label);
});

it.each(HOSTILE_TEXTS)('takes no more than linear time for 1 MB of %s', (_, text) => {
	expect(cpuMs(() => inputLabel({ name: text, maxItems: 1 }))).toBeLessThan(LINEAR_CPU_MS);
	expect(cpuMs(() => valueLabel(text))).toBeLessThan(LINEAR_CPU_MS);
});
