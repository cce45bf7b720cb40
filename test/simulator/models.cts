export type Category = 'image' | 'video' | 'audio';

/** Dated prices named in APIXO's pages, USD a task. */
const PRICES_USD: Record<string, number> = {
	'nano-banana': 0.03,
	'gpt-image-1': 0.35,
	'flux-kontext': 0.03,
	'flux-2': 0.05,
	'seedream-4-5': 0.04,
	'veo-3-1': 0.2,
	midjourney: 0.04,
	suno: 0.12,
	'minimax-voice': 0.5,
};
const CATEGORY_PRICES_USD: Record<Category, number> = { image: 0.03, video: 0.2, audio: 0.12 };

/** How long a task of the category usually takes, seconds. */
export const USUAL_SECONDS: Record<Category, number> = { image: 8, video: 90, audio: 45 };

const AUDIO_NAMES = /suno|speech|voice|music|audio/i;
const IMAGE_NAMES = /image|banana|midjourney|seedream|flux/i;
const VIDEO_NAMES = /video|sora|veo|kling|seedance|wan|happyhorse|hailuo|vidu|ltx/i;

/** Guesses a model's category from its name: the simulator keeps no catalogue. */
export function categoryOf(model: string): Category {
	if (AUDIO_NAMES.test(model)) return 'audio';
	if (IMAGE_NAMES.test(model)) return 'image';
	return VIDEO_NAMES.test(model) ? 'video' : 'image';
}

/** What a task of the model costs, USD. */
export function priceUsd(model: string): number {
	return PRICES_USD[model] ?? CATEGORY_PRICES_USD[categoryOf(model)];
}

/** Any well-formed id is a model, except those that begin with `unknown-model`. */
export function isKnownModel(model: string): boolean {
	return /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(model) && !model.startsWith('unknown-model');
}

/** How many files a task makes: as many as the input asks for (at most 10), else the model's usual. */
export function fileCount(model: string, input: Record<string, unknown>): number {
	for (const name of ['num_images', 'max_images', 'nVariants']) {
		const asked = Number(input[name]);
		if (Number.isInteger(asked) && asked >= 1) return Math.min(asked, 10);
	}
	if (model.startsWith('midjourney')) return 4;
	return model.startsWith('suno') ? 2 : 1;
}

/** What the newest audio models add to the data of a submit answer. */
export function submitExtra(model: string): Record<string, unknown> {
	if (model.startsWith('minimax-speech')) return { state: 'processing' };
	if (!model.startsWith('minimax-voice')) return {};
	return { state: 'processing', voice_id: 'sim-voice', voice_type: 'preparing' };
}

/** An entry of the public schema index, field by field as APIXO names them. */
export interface IndexedModel {
	model_id: string;
	slug: string;
	category: string;
	title: string;
	integration_type: string;
	schema_path: string;
	doc_path: string;
}

/** Makes an index entry from an id, for tests that need no more. */
export function indexedModel(modelId: string, more: Partial<IndexedModel> = {}): IndexedModel {
	const category = categoryOf(modelId);
	return {
		model_id: modelId,
		slug: modelId,
		category,
		title: modelId,
		integration_type: 'task_api',
		schema_path: `models/schemas/${category}/${modelId}.json`,
		doc_path: `models/${category}/${modelId}`,
		...more,
	};
}

/** What the schema index lists unless a test sets its own. */
export const DEFAULT_INDEX: IndexedModel[] = [
	indexedModel('nano-banana', { title: 'Nano Banana' }),
	indexedModel('sora-2', { title: 'Sora 2' }),
	indexedModel('suno', { title: 'Suno' }),
	indexedModel('happyHorse', { slug: 'happyhorse', title: 'HappyHorse' }),
	indexedModel('sim-image-next', { title: 'Image model newer than any catalogue' }),
	indexedModel('gpt-text', {
		category: 'text',
		title: 'Text model',
		integration_type: 'llm_gateway',
	}),
];
