import type { IWebhookFunctions } from 'n8n-workflow';

import { createRecentMap } from '../shared/callbacks/recentMap';
import { isSignedWith, type SignedQuery } from '../shared/callbacks/url';
import { CREDENTIAL_NAME } from '../shared/n8n/connection';
import { readSigningKey } from './settings';

/**
 * n8n gives an expression isolate, some 25 ms of CPU, to each read of a credential in a webhook.
 * Callbacks that come together share a read, so a secret that was replaced is accepted until then.
 */
const SHARED_READS = { maxAgeMs: 5_000, maxCount: 1_000 };
/** By the credential's ID. */
const recentReads = createRecentMap<Promise<string>>(SHARED_READS, () => Date.now());

/**
 * Whether the callback URL is signed with the trigger's credential. No URL is refused by what was
 * read before: the credential may have changed since.
 * @throws as `readSigningKey`
 */
export async function isSigned(context: IWebhookFunctions, query: SignedQuery): Promise<boolean> {
	const id = context.getNode().credentials?.[CREDENTIAL_NAME]?.id;
	const recentRead = id ? recentReads.get(id) : undefined;
	if (recentRead) {
		const key = await recentRead.catch(() => undefined);
		if (key !== undefined && isSignedWith(query, key)) return true;
	}
	const read = readSigningKey(context);
	if (id) recentReads.set(id, read);
	return isSignedWith(query, await read);
}
