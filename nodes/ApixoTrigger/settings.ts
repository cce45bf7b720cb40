import { NodeOperationError, type IHookFunctions, type IWebhookFunctions } from 'n8n-workflow';
import { z } from 'zod/v4';

import { signingKey } from '../shared/callbacks/url';
import {
	connect,
	CREDENTIAL_NAME,
	readCredential,
	type Connection,
} from '../shared/n8n/connection';

type Context = IHookFunctions | IWebhookFunctions;

/** Whatever a workflow's file says instead of 'none' fails closed. */
export const checksSignature = (context: Context) =>
	context.getNodeParameter('authentication') !== 'none';

export const asksApi = (context: Context) => context.getNodeParameter('confirmWithApi') === true;

/** All that signing needs: neither a base URL, nor an API key where there is a callback secret. */
const signingSchema = z.lazy(() =>
	z
		.object({
			apiKey: z.string().optional().default(''),
			callbackSecret: z.string().optional().default(''),
		})
		.refine(({ apiKey, callbackSecret }) => `${apiKey}${callbackSecret}`.trim() !== ''),
);

/** @throws NodeOperationError where the credential is missing, or has neither secret nor API key */
export async function readSigningKey(context: Context): Promise<string> {
	requireCredential(context);
	const credential = signingSchema.safeParse(await context.getCredentials(CREDENTIAL_NAME));
	if (credential.success) return signingKey(credential.data);
	throw new NodeOperationError(context.getNode(), "APIXO credential: 'API Key' is empty");
}

/** @throws NodeOperationError where the credential is missing or wrong */
export async function connectTrigger(context: Context): Promise<Connection> {
	requireCredential(context);
	const credential = await readCredential(context);
	if (!credential.ok) throw new NodeOperationError(context.getNode(), credential.error);
	return connect(context, credential.value);
}

function requireCredential(context: Context): void {
	const node = context.getNode();
	if (node.credentials?.[CREDENTIAL_NAME]) return;
	throw new NodeOperationError(node, 'Choose an APIXO credential', {
		description:
			"The trigger checks the signature of callback URLs with it, and fetches tasks from APIXO. It needs none only with 'Authentication' set to 'None' and 'Confirm with API' off.",
	});
}
