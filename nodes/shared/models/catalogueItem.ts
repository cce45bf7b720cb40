import { defaultMode } from './catalogue';
import type { CatalogueModel, ModelInput } from './catalogueSchema';

/** An input as `model: getAll` gives it out: plain JSON, nothing that is not known. */
export interface CatalogueItemInput extends Omit<ModelInput, 'doubtful'> {
	/** Where APIXO's pages contradict each other on this input. */
	doubts?: string[];
}

/** A model as `model: getAll` gives it out, so that a workflow or an agent can choose. */
export interface CatalogueItem {
	id: string;
	title: string;
	vendor?: string;
	category: string;
	modes: string[];
	defaultMode?: string;
	inputs: CatalogueItemInput[];
	/** How long a task usually takes. */
	typicalSeconds?: { min: number; max: number };
	/** As APIXO's page had it; prices change. */
	price?: string;
	notes?: string;
	docsUrl?: string;
	confidence: string;
}

function itemInput(model: CatalogueModel, input: ModelInput): CatalogueItemInput {
	const { doubtful, ...rest } = input;
	return {
		...rest,
		...(input.name === 'mode' ? { enum: model.modes } : {}),
		...(doubtful ? { doubts: Object.values(doubtful) } : {}),
	};
}

/** The catalogue's entry of a model for people, workflows and agents. */
export function catalogueItem(model: CatalogueModel): CatalogueItem {
	const { id, title, vendor, category, modes, typicalSeconds, price, notes } = model;
	const mode = defaultMode(model);
	return {
		id,
		title,
		...(vendor ? { vendor } : {}),
		category,
		modes,
		...(mode ? { defaultMode: mode } : {}),
		inputs: model.inputs.map((input) => itemInput(model, input)),
		...(typicalSeconds ? { typicalSeconds } : {}),
		...(price ? { price } : {}),
		...(notes ? { notes } : {}),
		...(model.sourceUrl ? { docsUrl: model.sourceUrl } : {}),
		confidence: model.confidence,
	};
}
