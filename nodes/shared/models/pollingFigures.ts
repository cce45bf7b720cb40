import { categoryEntry, type Category, type PollingGuide } from './categories';
import type { CatalogueModel } from './catalogueTypes';

/** When to poll a task where the user set nothing, in seconds counted from its submission. */
export interface PollingFigures extends PollingGuide {
	/** How long a task usually takes; where unknown, twice the initial wait. */
	usualSeconds: number;
	/**
	 * The middle of what a task usually takes, and its spread as `LengthEstimate` has it; absent
	 * where polls are not to be aimed at it.
	 */
	expected?: { medianSeconds: number; spread: number; isGuess: boolean };
}

/** How much the lengths of a model's tasks differ, and how far off APIXO's pages may be. */
const USUAL_SPREAD = 0.4;
/** Where it is guessed, it may well be half or twice as long. */
const GUESS_SPREAD = 0.6;

/** APIXO's guide lets backoff grow to 30 s; no interval here is stretched beyond that. */
const LONGEST_INTERVAL_SECONDS = 30;

/**
 * The model's own figures where APIXO names some, else those of the category's row in the guide.
 * An image model that the catalogue does not know counts as fast.
 */
export function pollingFigures(
	model: CatalogueModel | undefined,
	category: Category,
): PollingFigures {
	const { guide, highQualityGuide } = categoryEntry(category);
	const row = (model?.speed === 'highQuality' && highQualityGuide) || guide;
	const { polling: own, typicalSeconds: typical } = model ?? {};
	const initialWaitSeconds = own?.initialWaitSeconds ?? row.initialWaitSeconds;
	const intervalSeconds = own?.intervalSeconds ?? row.intervalSeconds;
	return {
		initialWaitSeconds,
		intervalSeconds,
		maxIntervalSeconds: Math.min(
			LONGEST_INTERVAL_SECONDS,
			Math.max(intervalSeconds, row.maxIntervalSeconds),
		),
		timeoutSeconds: own?.timeoutSeconds ?? row.timeoutSeconds,
		usualSeconds: typical?.max ?? 2 * initialWaitSeconds,
		expected: typical
			? { medianSeconds: (typical.min + typical.max) / 2, spread: USUAL_SPREAD, isGuess: false }
			: { medianSeconds: 2 * initialWaitSeconds, spread: GUESS_SPREAD, isGuess: true },
	};
}

/** From a minute on, n8n's timer resumes a paused execution to the second. */
const SAFETY_NET_INTERVAL_SECONDS = 60;
/** A callback that is lost costs no more than this; a longer interval would save next to nothing. */
const LONGEST_SAFETY_NET_INTERVAL_SECONDS = 300;

/**
 * When to poll a task that carries a callback URL. The callback brings the result, however early the
 * task ends; polls only guard against its loss. So the first one comes when the task has taken its
 * usual length, and the others at intervals that grow from 60 s, long enough for the execution to be
 * paused in between. The timeout stays the model's.
 */
export function safetyNetFigures(figures: PollingFigures): PollingFigures {
	return {
		...figures,
		expected: undefined,
		initialWaitSeconds: figures.usualSeconds,
		intervalSeconds: SAFETY_NET_INTERVAL_SECONDS,
		maxIntervalSeconds: LONGEST_SAFETY_NET_INTERVAL_SECONDS,
	};
}
