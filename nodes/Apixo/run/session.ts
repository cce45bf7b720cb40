import { NodeOperationError, type IExecuteFunctions } from 'n8n-workflow';

import type { DownloadHealth } from '../../shared/media/download';
import { connect, readCredential, type Connection } from '../../shared/n8n/connection';
import { runIndexOf } from '../../shared/n8n/executionData';
import { createSlots } from '../../shared/tasks/concurrency';
import { attemptLimits } from '../memory/attempt';

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
export async function openSession(context: IExecuteFunctions, runIndex: number): Promise<Session> {
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

/**
 * The session of an operation that only reads.
 * @throws NodeOperationError where the credential cannot be used
 */
export async function openReadSession(context: IExecuteFunctions): Promise<Session> {
	const runIndex = runIndexOf(context);
	const session = await openSession(context, runIndex);
	const limits = attemptLimits(context, runIndex, session.timing.now());
	return { ...session, latestMs: limits?.endAtMs };
}
