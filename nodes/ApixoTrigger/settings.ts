import { NodeOperationError, type IHookFunctions, type IWebhookFunctions } from 'n8n-workflow';

import {
	connect,
	CREDENTIAL_NAME,
	readCredential,
	type Connection,
} from '../shared/n8n/connection';

type Context = IHookFunctions | IWebhookFunctions;

/** Whatever a workflow's file may say instead of 'signed' leaves no door open. */
export const checksSignature = (context: Context) =>
	context.getNodeParameter('authentication') !== 'none';

export const asksApi = (context: Context) => context.getNodeParameter('confirmWithApi') === true;

export const needsCredential = (context: Context) => checksSignature(context) || asksApi(context);

/** @throws NodeOperationError where the credential is missing or wrong */
export async function connectTrigger(context: Context): Promise<Connection> {
	const node = context.getNode();
	if (!node.credentials?.[CREDENTIAL_NAME]) {
		throw new NodeOperationError(node, 'Choose an APIXO credential', {
			description:
				"It checks the signature of callback URLs and asks the status API. Only with Authentication 'None' and without 'Confirm with API' none is needed.",
		});
	}
	const read = await readCredential(context);
	if (!read.ok) throw new NodeOperationError(node, read.error);
	return connect(context, read.value);
}
