import type { Category } from './categories';

/** `url[]`: URLs of media, as APIXO takes no uploads. `array`, `object[]`: given as JSON. */
export type InputType =
	| 'string'
	| 'integer'
	| 'number'
	| 'boolean'
	| 'url[]'
	| 'object[]'
	| 'array';

/** Numbers: min, max, step. Texts: length in characters. Lists: count of entries. */
export interface Limits {
	enum?: Array<string | number>;
	min?: number;
	max?: number;
	step?: number;
	minLength?: number;
	maxLength?: number;
	minItems?: number;
	maxItems?: number;
}

/** What the catalogue states of an input, and a value can violate. */
export type Statement = 'type' | 'values' | 'letterCase' | 'limits' | 'required';

/**
 * Where APIXO's pages contradict each other or do not mean a refusal, with the reason as a message
 * for people. What is disputed only warns; `input` disputes the whole input.
 */
export type Disputes = { [key in Statement | 'input']?: string };

/** An input as the catalogue holds it. The values of `mode` are the model's `modes`. */
export interface ModelInput extends Limits {
	name: string;
	type: InputType;
	description: string;
	unit?: 'seconds';
	/** true: in every mode. A list: in these modes. */
	required?: true | string[];
	/** The modes in which the model takes the input; absent: in every mode. */
	modes?: string[];
	/** MIME types of the files behind a `url[]`, where they differ from APIXO's usual ones. */
	fileTypes?: string[];
	/** Size of each file behind a `url[]`, where it differs from APIXO's usual 10 MB for images. */
	maxFileMegabytes?: number;
	default?: string | number | boolean;
	/** A value that works, where the list of values or the limits are not known. */
	example?: string | number;
	/** Limits that replace the general ones in one mode. */
	inMode?: { [mode: string]: Limits };
	deprecated?: true;
	disputed?: Disputes;
}

/**
 * page: the model's whole table was read. snippet: a part of it, so that its statements only warn.
 * name-only: the inputs are not known.
 */
export type Confidence = 'page' | 'snippet' | 'name-only';

/** A model as the catalogue holds it. */
export interface CatalogueModel {
	id: string;
	title: string;
	vendor?: string;
	category: Category;
	/** For images: which row of APIXO's polling guide applies. */
	speed?: 'fast' | 'highQuality';
	modes: string[];
	inputs: ModelInput[];
	/** The model's own figures, where APIXO names some; its category's apply to the rest. */
	polling?: {
		initialWaitSeconds?: number;
		intervalSeconds?: number;
		timeoutSeconds?: number;
	};
	/** How long a task usually takes. */
	typicalSeconds?: { min: number; max: number };
	price?: string;
	notes?: string;
	sourceUrl?: string;
	confidence: Confidence;
}
