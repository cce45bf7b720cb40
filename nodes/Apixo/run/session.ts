import { NodeOperationError, type IExecuteFunctions } from 'n8n-workflow';

import type { DownloadHealth } from '../../shared/media/download';
import { connect, readCredential, type Connection } from '../../shared/n8n/connection';
import { runIndexOf } from '../../shared/n8n/executionData';
import { createSlots } from '../../shared/tasks/concurrency';

const MAX_DOWNLOADS_AT_ONCE = 4;

/** What a run of the node works with. */
export interface Session extends Connection {
	/** Which run of the node in this execution. */
	runIndex: number;
	/** Bounds how many files this run downloads at once. */
	downloadSlots: ReturnType<typeof createSlots>;
	downloadHealth: DownloadHealth;
	/** Unix ms at which requests end, since n8n is about to end the execution. */
	latestMs?: number;
}

/** @throws NodeOperationError where the credential cannot be used */
export async function openSession(
	context: IExecuteFunctions,
	runIndex = runIndexOf(context),
): Promise<Session> {
	const credential = await readCredential(context);
	if (!credential.ok) {
		throw new NodeOperationError(context.getNode(), credential.error, {
			description: 'Open the credential and correct this field',
		});
	}
	return {
		...connect(context, credential.value),
		runIndex,
		downloadSlots: createSlots(MAX_DOWNLOADS_AT_ONCE),
		downloadHealth: {},
	};
}
