import { allModels } from '../../shared/models/catalogue';
import { CATEGORY_VALUES } from '../../shared/models/categories';

const OPERATIONS = { getAll: 'Get Many', getBalance: 'Get Balance' };

/**
 * What stands below the node, as an expression: model and mode by the names of their lists, else
 * operation and resource. The name that the editor keeps of a chosen model is missing where nobody
 * chose one, so the titles are looked up here.
 */
export function subtitleExpression(): string {
	const titles = Object.fromEntries(allModels().map(({ id, title }) => [id, title]));
	const model = `(${JSON.stringify(titles)})[$parameter["model"]] || $rawParameter["model"]?.cachedResultName || $parameter["model"] || $parameter["resource"].toTitleCase()`;
	const mode =
		'$parameter["mode"] ? ": " + $parameter["mode"].replaceAll(/[-_]/g, " ").toTitleCase() : ""';
	const operation = `(${JSON.stringify(OPERATIONS)})[$parameter["operation"]] ?? $parameter["operation"].toTitleCase()`;
	return `={{ ${JSON.stringify(CATEGORY_VALUES)}.includes($parameter["resource"]) ? (${model}) + (${mode}) : (${operation}) + ": " + $parameter["resource"].toTitleCase() }}`;
}
