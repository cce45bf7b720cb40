/** When to poll a task. Seconds; all but the interval's two count from the submission. */
export interface PollingGuide {
	initialWaitSeconds: number;
	intervalSeconds: number;
	/** How far backoff may stretch the interval where the user set no cap. */
	maxIntervalSeconds: number;
	timeoutSeconds: number;
}

interface CategoryFacts {
	/** Of the parameter `resource`, and of a model in the catalogue and in APIXO's index. */
	value: string;
	/** As the editor shows it. */
	name: string;
	/** One result: "Generate an image". */
	article: string;
	/** What its models generate: "Nano Banana generates images". */
	plural: string;
	/** The first half of the MIME type of its files, and what inputs for such files are named after. */
	mediaType: string;
	/**
	 * Waits, intervals and timeouts: https://apixo.ai/docs/guides/polling-vs-webhooks. The caps are
	 * this project's: the guide lets backoff grow to 30 s in every category.
	 */
	guide: PollingGuide;
	/** The guide's row for models of high quality, where it has one. */
	highQualityGuide?: PollingGuide;
}

/** The one list of what APIXO's models make; everything that differs by category is derived from it. */
const LIST = [
	{
		value: 'audio',
		name: 'Audio',
		article: 'audio',
		plural: 'audio',
		mediaType: 'audio',
		guide: {
			initialWaitSeconds: 30,
			intervalSeconds: 10,
			maxIntervalSeconds: 20,
			timeoutSeconds: 300,
		},
	},
	{
		value: 'image',
		name: 'Image',
		article: 'an image',
		plural: 'images',
		mediaType: 'image',
		// 5.4: with an interval of 3 and a factor of 1.5, an image of 60 s is noticed within 5 s of its
		// end by at most 12 polls, and one of 20 s within 25 s of its submission.
		guide: {
			initialWaitSeconds: 5,
			intervalSeconds: 3,
			maxIntervalSeconds: 5.4,
			timeoutSeconds: 120,
		},
		highQualityGuide: {
			initialWaitSeconds: 10,
			intervalSeconds: 5,
			maxIntervalSeconds: 10,
			timeoutSeconds: 180,
		},
	},
	{
		value: 'video',
		name: 'Video',
		article: 'a video',
		plural: 'videos',
		mediaType: 'video',
		guide: {
			initialWaitSeconds: 60,
			intervalSeconds: 15,
			maxIntervalSeconds: 30,
			timeoutSeconds: 600,
		},
	},
] as const satisfies readonly CategoryFacts[];

export type Category = (typeof LIST)[number]['value'];

export interface CategoryEntry extends CategoryFacts {
	value: Category;
}

/** Every category, by the alphabet of their names, as n8n wants options. */
export const CATEGORIES: readonly CategoryEntry[] = LIST;

/** The values alone. */
export const CATEGORY_VALUES: readonly Category[] = CATEGORIES.map(({ value }) => value);

export function isCategory(value: unknown): value is Category {
	return CATEGORY_VALUES.some((category) => category === value);
}

/** The entry of one category. */
export function categoryEntry(category: Category): CategoryEntry {
	return CATEGORIES.filter(({ value }) => value === category)[0];
}
