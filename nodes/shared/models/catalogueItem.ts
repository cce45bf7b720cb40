import { defaultMode } from './catalogue';
import type { CatalogueModel, Confidence, ModelInput } from './catalogueTypes';
import type { Category } from './categories';

/** An input as `model: getAll` returns it: plain JSON, nothing that is not known. */
export interface CatalogueItemInput extends Omit<ModelInput, 'disputed'> {
	/** Where APIXO's pages contradict each other on this input. */
	disputed?: string[];
}

/** A model as `model: getAll` returns it, so that a workflow or an agent can choose. */
export interface CatalogueItem {
	id: string;
	title: string;
	vendor?: string;
	category: Category;
	modes: string[];
	defaultMode?: string;
	inputs: CatalogueItemInput[];
	/** How long a task usually takes. */
	typicalSeconds?: { min: number; max: number };
	/** As APIXO's page had it; prices change. */
	price?: string;
	notes?: string;
	docsUrl?: string;
	confidence: Confidence;
}

function itemInput(model: CatalogueModel, input: ModelInput): CatalogueItemInput {
	const { disputed, ...rest } = input;
	return {
		...rest,
		...(input.name === 'mode' && { enum: model.modes }),
		...(disputed && { disputed: Object.values(disputed) }),
	};
}

/** The catalogue's entry of a model for people, workflows and agents. */
export function catalogueItem(model: CatalogueModel): CatalogueItem {
	const { id, title, vendor, category, modes, typicalSeconds, price, notes, sourceUrl } = model;
	const mode = defaultMode(model);
	return {
		id,
		title,
		...(vendor && { vendor }),
		category,
		modes,
		...(mode && { defaultMode: mode }),
		inputs: model.inputs.map((input) => itemInput(model, input)),
		...(typicalSeconds && { typicalSeconds }),
		...(price && { price }),
		...(notes && { notes }),
		...(sourceUrl && { docsUrl: sourceUrl }),
		confidence: model.confidence,
	};
}
