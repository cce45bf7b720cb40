import {
	modelFacts,
	modelNotices,
	priceOfMode,
	usualDuration,
} from '../../../../nodes/Apixo/editor/modelFacts';
import { allModels, findModel } from '../../../../nodes/shared/models/catalogue';
import type { CatalogueModel } from '../../../../nodes/shared/models/catalogueTypes';

const model = (id: string) => findModel(id) as CatalogueModel;

it.each([
	['nano-banana', 'text-to-image', 'USD 0.03 per image'],
	['veo-3-1', 'fast', 'USD 0.20 per video'],
	['veo-3-1', 'quality', 'USD 1.50 per video'],
	['flux-kontext', 'pro', 'USD 0.03 per image'],
	['flux-kontext', 'max', 'USD 0.06 per image'],
	['midjourney', 'vary', undefined],
	['kling-2-6', 'text-to-video', undefined],
])('knows of %s, %s: %s', (id, mode, price) => {
	expect(priceOfMode(model(id), mode)).toBe(price);
});

it.each([
	['nano-banana', '10 to 15 seconds'],
	['veo-3-1', 'about 2 minutes'],
	['sora-2', '2 to 5 minutes'],
	['kling-2-6', undefined],
])('says how long %s usually takes: %s', (id, duration) => {
	expect(usualDuration(model(id))).toBe(duration);
});

it.each([
	['nano-banana', "USD 0.03 per image, usually takes 10 to 15 seconds (from APIXO's page"],
	['nano-banana', "add the option 'Input Files'"],
	['nano-banana', '<a href="https://apixo.ai/docs/models/image/nano-banana" target="_blank">'],
	['gpt-image-2', 'USD 0.02 per image (from an excerpt'],
	['sora-2', 'Set the option Provider to Official'],
	['qwen-image', 'For its price and duration, see <a href="https://apixo.ai/docs"'],
	['suno', 'USD 0.12 per task of 2 tracks'],
])('says of %s before it costs money: %s', (id, text) => {
	expect(modelFacts(model(id))).toContain(text);
});

it('has a notice for each model with a price, shown for this model from the list alone', () => {
	const notices = modelNotices().filter(({ name }) => name !== 'otherModelNotice');
	const shown = notices.map(({ displayOptions }) => displayOptions?.show);
	for (const { id, category, price } of allModels()) {
		if (!price) continue;
		expect(shown).toContainEqual({ resource: [category], '/model.mode': ['list'], model: [id] });
	}
	for (const show of shown) {
		// n8n shows any field whose condition is on an expression, unless an earlier one fails.
		expect(Object.keys(show ?? {})).toEqual(['resource', '/model.mode', 'model']);
	}
});
