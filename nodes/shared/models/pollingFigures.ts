import type { CatalogueModel, Category } from './catalogueSchema';

/** When to look after a task, in seconds counted from its submission. */
export interface PollingFigures {
	initialWaitSeconds: number;
	intervalSeconds: number;
	/** How far backoff may stretch the interval where the user set no cap. */
	maxIntervalSeconds: number;
	timeoutSeconds: number;
	/** How long a task usually takes; where unknown, twice the initial wait. */
	usualSeconds: number;
}

type Row = Omit<PollingFigures, 'usualSeconds'>;

/** APIXO's guide lets backoff grow to 30 s; no interval here is stretched beyond that. */
const longestIntervalSeconds = 30;

/**
 * Waits, intervals and limits: https://apixo.ai/docs/guides/polling-vs-webhooks. The caps are this
 * project's. 5.4 for fast images: with an interval of 3 and a factor of 1.5 an image of 60 s is seen
 * within 5 s of its end in at most 12 looks, and one of 20 s within 25 s.
 */
const guide: Record<'fast' | 'highQuality' | 'video' | 'audio', Row> = {
	fast: {
		initialWaitSeconds: 5,
		intervalSeconds: 3,
		maxIntervalSeconds: 5.4,
		timeoutSeconds: 120,
	},
	highQuality: {
		initialWaitSeconds: 10,
		intervalSeconds: 5,
		maxIntervalSeconds: 10,
		timeoutSeconds: 180,
	},
	video: {
		initialWaitSeconds: 60,
		intervalSeconds: 15,
		maxIntervalSeconds: 30,
		timeoutSeconds: 600,
	},
	audio: {
		initialWaitSeconds: 30,
		intervalSeconds: 10,
		maxIntervalSeconds: 20,
		timeoutSeconds: 300,
	},
};

/**
 * The model's own figures where APIXO names some, else those of the category's row in the guide.
 * An image model that the catalogue does not know counts as fast.
 */
export function pollingFigures(
	model: CatalogueModel | undefined,
	category: Category,
): PollingFigures {
	const row = guide[category === 'image' ? (model?.speed ?? 'fast') : category];
	const own = model?.polling;
	const initialWaitSeconds = own?.initialWaitSeconds ?? row.initialWaitSeconds;
	const intervalSeconds = own?.intervalSeconds ?? row.intervalSeconds;
	return {
		initialWaitSeconds,
		intervalSeconds,
		maxIntervalSeconds: Math.min(
			longestIntervalSeconds,
			Math.max(intervalSeconds, row.maxIntervalSeconds),
		),
		timeoutSeconds: own?.maxWaitSeconds ?? row.timeoutSeconds,
		usualSeconds: model?.typicalSeconds?.max ?? 2 * initialWaitSeconds,
	};
}

/** n8n looks for parked executions that are due once a minute; more wake-ups bring nothing. */
const WAKE_UP_INTERVAL_SECONDS = 60;

/**
 * When a parked execution wakes by itself, in case no callback comes: after the task's usual
 * length, then less and less often, up to the same limit.
 */
export function parkedFigures(figures: PollingFigures): PollingFigures {
	return {
		...figures,
		initialWaitSeconds: Math.max(figures.initialWaitSeconds, figures.usualSeconds),
		intervalSeconds: WAKE_UP_INTERVAL_SECONDS,
		maxIntervalSeconds: 5 * WAKE_UP_INTERVAL_SECONDS,
	};
}
