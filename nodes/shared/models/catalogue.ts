import catalogueData from './catalogue.json';
import type { CatalogueModel, ModelInput } from './catalogueTypes';
import type { Category } from './categories';

/**
 * Every model of the bundled catalogue, in its order. Taken as it is: that each entry is right, and
 * what this type says, is proved by test/unit/models, not in every n8n that loads this package.
 */
export function allModels(): readonly CatalogueModel[] {
	return catalogueData as CatalogueModel[];
}

/** The bundled model of this ID; APIXO tells upper from lower case. */
export function findModel(id: string): CatalogueModel | undefined {
	return allModels().find((model) => model.id === id);
}

/** The bundled models of one category, in the catalogue's order. */
export function modelsOfCategory(category: Category): CatalogueModel[] {
	return allModels().filter((model) => model.category === category);
}

/** The models whose ID, title or vendor contains the filter, in upper or lower case. */
export function filterModels(models: readonly CatalogueModel[], filter = ''): CatalogueModel[] {
	const wanted = filter.trim().toLowerCase();
	return models.filter((model) =>
		[model.id, model.title, model.vendor ?? ''].some((text) => text.toLowerCase().includes(wanted)),
	);
}

/** The mode to send where the user chose none: the only one, else the API's default, if any. */
export function defaultMode(model: CatalogueModel | undefined): string | undefined {
	if (model?.modes.length === 1) return model.modes[0];
	const value = model?.inputs.find((input) => input.name === 'mode')?.default;
	return typeof value === 'string' ? value : undefined;
}

/** The modes that more than half of a category's models have, of those whose modes are known. */
export function usualModes(category: Category | undefined): string[] {
	const models = category ? modelsOfCategory(category) : [];
	const known = models.filter(({ modes }) => modes.length > 0);
	const isUsual = (mode: string) =>
		known.filter(({ modes }) => modes.includes(mode)).length > known.length / 2;
	return [...new Set(known.flatMap(({ modes }) => modes))].filter(isUsual);
}

/** An input as it stands in one mode: its limits there, whether it applies and is required. */
export type InputInMode = Omit<ModelInput, 'required'> & { applies: boolean; required: boolean };

/**
 * The model's inputs as they stand in a mode. In a mode that the catalogue does not know (none
 * chosen, or an expression) every input applies and only what is required everywhere is required.
 */
export function inputsInMode(model: CatalogueModel, mode: string | undefined): InputInMode[] {
	const known = mode !== undefined && model.modes.includes(mode);
	return model.inputs.map((input) => ({
		...input,
		...(input.name === 'mode' && model.modes.length > 0 && { enum: model.modes }),
		...(known && input.inMode?.[mode]),
		applies: !known || !input.modes || input.modes.includes(mode),
		required:
			input.required === true ||
			(known && Array.isArray(input.required) && input.required.includes(mode)),
	}));
}

/** Whether an input must be given beyond doubt; APIXO calls some required and names a default too. */
export function isPlainlyRequired({ required, disputed }: InputInMode): boolean {
	return required && disputed?.required === undefined;
}
