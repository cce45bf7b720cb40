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
/** By workflow and credential: an expression in a credential may mean something else elsewhere. */
const recentReads = createRecentMap<Promise<string>>(SHARED_READS, () => performance.now());

/**
 * Whether the callback URL is signed with the trigger's credential. No URL is refused by what was
 * read before: the credential may have changed since.
 * @throws as `readSigningKey`
 */
export async function isSigned(context: IWebhookFunctions, query: SignedQuery): Promise<boolean> {
	const id = context.getNode().credentials?.[CREDENTIAL_NAME]?.id;
	const key = id ? JSON.stringify([context.getWorkflow().id, id]) : undefined;
	const recentRead = key === undefined ? undefined : recentReads.get(key);
	if (recentRead) {
		const signingKey = await recentRead.catch(() => undefined);
		if (signingKey !== undefined && isSignedWith(query, signingKey)) return true;
	}
	const read = readSigningKey(context);
	if (key !== undefined) recentReads.set(key, read);
	return isSignedWith(query, await read);
}
