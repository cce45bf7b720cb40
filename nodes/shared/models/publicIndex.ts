import { z } from 'zod/v4';

import type { CatalogueModel } from './catalogueTypes';
import { CATEGORY_VALUES, type Category } from './categories';

/** A model as APIXO's public schema index lists it. */
export interface IndexedModel {
	id: string;
	title: string;
	category: Category;
}

const indexSchema = z.lazy(() => z.object({ models: z.array(z.unknown()) }));

/** The index names more than this, and may change; only what is used here has to be right. */
const entrySchema = z.lazy(() =>
	z.object({
		model_id: z.string().min(1),
		title: z.string().min(1).optional(),
		category: z.enum(CATEGORY_VALUES),
		integration_type: z.literal('task_api'),
	}),
);

/**
 * The task models of APIXO's public schema index (https://apixo.ai/docs/models/schemas/index.json).
 * Entries of another kind (text, LLM gateway) or shape are skipped; an answer that is no index has
 * none.
 */
export function modelsFromIndex(index: unknown): IndexedModel[] {
	const parsed = indexSchema.safeParse(index);
	if (!parsed.success) return [];
	return parsed.data.models.flatMap((entry) => {
		const model = entrySchema.safeParse(entry);
		if (!model.success) return [];
		const { model_id: id, title, category } = model.data;
		return [{ id, title: title ?? id, category }];
	});
}

/** The bundled models, and after them those that only the index lists, known by name only. */
export function mergeCatalogue(
	bundled: readonly CatalogueModel[],
	indexed: readonly IndexedModel[],
): CatalogueModel[] {
	const byId = new Map(bundled.map((model) => [model.id, model]));
	for (const { id, title, category } of indexed) {
		if (byId.has(id)) continue;
		byId.set(id, {
			id,
			title,
			category,
			modes: [],
			inputs: [],
			confidence: 'name-only',
		});
	}
	return [...byId.values()];
}
