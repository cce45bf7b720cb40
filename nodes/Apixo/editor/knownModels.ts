import type { ILoadOptionsFunctions } from 'n8n-workflow';

import { allModels } from '../../shared/models/catalogue';
import type { CatalogueModel } from '../../shared/models/catalogueTypes';
import {
	mergeCatalogue,
	modelsFromIndex,
	type IndexedModel,
} from '../../shared/models/publicIndex';
import { connect, readCredential, type ApixoCredential } from '../../shared/n8n/connection';

const PUBLIC_HOST = 'api.apixo.ai';
const PUBLIC_INDEX_URL = 'https://apixo.ai/docs/models/schemas/index.json';
const INDEX_PATH = '/docs/models/schemas/index.json';
const READ_TIMEOUT_MS = 2_500;
/** As long as APIXO's own client keeps it. */
const MAX_AGE_MS = 5 * 60_000;
const MAX_ENTRIES = 50;

const indexCache = new Map<string, { readAtMs: number; models: IndexedModel[] }>();

/**
 * The bundled catalogue, and behind it the models that only APIXO's public index names.
 * An index that cannot be read is no error: the bundled models are there.
 */
export async function knownModels(context: ILoadOptionsFunctions): Promise<CatalogueModel[]> {
	return mergeCatalogue(allModels(), await indexedModels(context));
}

async function indexedModels(context: ILoadOptionsFunctions): Promise<IndexedModel[]> {
	try {
		const credential = await readCredential(context);
		if (!credential.ok) return [];
		const url = indexUrl(credential.value);
		const cached = indexCache.get(url);
		if (cached && Date.now() - cached.readAtMs < MAX_AGE_MS) return cached.models;
		const models = await readIndex(context, credential.value, url);
		if (indexCache.size >= MAX_ENTRIES) indexCache.clear();
		indexCache.set(url, { readAtMs: Date.now(), models });
		return models;
	} catch {
		return [];
	}
}

async function readIndex(
	context: ILoadOptionsFunctions,
	credential: ApixoCredential,
	url: string,
): Promise<IndexedModel[]> {
	const { transport } = connect(context, credential);
	try {
		const { status, body } = await transport.read(url, READ_TIMEOUT_MS);
		return status === 200 ? modelsFromIndex(JSON.parse(body)) : [];
	} catch {
		return [];
	}
}

/** The public index; for a proxy or the simulator, the one beside it. */
function indexUrl({ baseUrl }: ApixoCredential): string {
	const { host, origin } = new URL(baseUrl);
	return host === PUBLIC_HOST ? PUBLIC_INDEX_URL : origin + INDEX_PATH;
}
