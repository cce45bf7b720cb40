import type { INodeProperties } from 'n8n-workflow';

import { allModels } from '../../shared/models/catalogue';
import type { CatalogueModel } from '../../shared/models/catalogueTypes';
import { DOCS_URL } from '../../shared/pages';
import { notice } from './notices';

/** What a mode costs; undefined where the price depends on something else, such as a speed. */
export function priceOfMode({ price = '' }: CatalogueModel, mode: string): string | undefined {
	if (!price.includes('(')) return price || undefined;
	const [, amount] = new RegExp(`([\\d.]+) \\(${mode}\\)`).exec(price) ?? [];
	const unit = /per .*$/.exec(price)?.[0];
	return amount && unit ? `USD ${amount} ${unit}` : undefined;
}

/** How long a task usually takes, in words. */
export function usualDuration({ typicalSeconds }: CatalogueModel): string | undefined {
	if (!typicalSeconds) return undefined;
	const { min, max } = typicalSeconds;
	const unit = max >= 120 ? 'minutes' : 'seconds';
	const [from, to] = [min, max].map((seconds) =>
		unit === 'minutes' ? Math.round(seconds / 6) / 10 : seconds,
	);
	return from === to ? `about ${to} ${unit}` : `${from} to ${to} ${unit}`;
}

/**
 * What to know of a model before it costs money, as HTML for a notice: price, duration, notes, where
 * its inputs are explained. Undefined where the catalogue knows none of it.
 */
export function modelFacts(model: CatalogueModel): string | undefined {
	const { price, notes, sourceUrl, inputs, confidence } = model;
	const duration = usualDuration(model);
	const known = [price, duration && `usually takes ${duration}`].filter(Boolean).join(', ');
	const source =
		confidence === 'page'
			? "from APIXO's page when this version was made"
			: "from an excerpt of APIXO's page";
	const facts = [
		known && `${capitalized(known)} (${source}${price ? '; prices change' : ''}).`,
		notes && `${capitalized(notes)}.`,
		inputs.some(({ type }) => type === 'url[]') &&
			"To use a file of an earlier node instead of a URL, add the option 'Input Files'.",
		sourceUrl && `<a href="${sourceUrl}" target="_blank">What the inputs mean, current price</a>`,
		confidence === 'name-only' && SEE_DOCS,
	].filter(Boolean);
	return facts.length > 0 ? facts.join(' ') : undefined;
}

const SEE_DOCS = `For its price and duration, see <a href="${DOCS_URL}" target="_blank">APIXO's docs</a>.`;
/** What to know of a model that only APIXO's public index names. */
const FACTS_OF_OTHERS = `Known by name only: give its inputs as JSON. ${SEE_DOCS}`;

/**
 * One notice for each model that there is something to say of, shown while it is chosen; and one for
 * the models that are in the list without being in the catalogue.
 */
export function modelNotices(): INodeProperties[] {
	const ofKnown = allModels().flatMap((model, index): INodeProperties[] => {
		const facts = modelFacts(model);
		if (facts === undefined) return [];
		// n8n shows every field whose condition is on an expression: of two, the first one decides.
		const show = { resource: [model.category], '/model.mode': ['list'], model: [model.id] };
		return [notice(`modelNotice${index}`, facts, { show })];
	});
	const known = allModels().map(({ id }) => id);
	const ofOthers = notice('otherModelNotice', FACTS_OF_OTHERS, {
		show: { '/model.mode': ['list'] },
		hide: { model: ['', ...known] },
	});
	return [...ofKnown, ofOthers];
}

function capitalized(text: string): string {
	return text.charAt(0).toUpperCase() + text.slice(1);
}
