import { NodeOperationError, type IExecuteFunctions } from 'n8n-workflow';

import { connect, readCredential, type Connection } from '../../shared/n8n/connection';
import { createSlots } from '../../shared/tasks/concurrency';
import { openLedger, type Ledger } from '../../shared/tasks/ledger';

const MAX_DOWNLOADS_AT_ONCE = 4;

/** What one run of the node works with. */
export interface Session extends Connection {
	/** Which run of the node in this execution. */
	runIndex: number;
	ledger: Ledger;
	/** Bounds how many files this run downloads at once. */
	downloadSlots: ReturnType<typeof createSlots>;
}

/** @throws NodeOperationError where the credential cannot be used */
export async function openSession(context: IExecuteFunctions): Promise<Session> {
	const read = await readCredential(context);
	if (!read.ok) {
		throw new NodeOperationError(context.getNode(), read.error, {
			description: 'Open the credential in n8n and mend the field that is named',
		});
	}
	const runIndex = Number(context.evaluateExpression('{{ $runIndex }}', 0));
	return {
		...connect(context, read.value),
		runIndex,
		ledger: openLedger(ledgerContext(context), context.getExecutionId(), runIndex),
		downloadSlots: createSlots(MAX_DOWNLOADS_AT_ONCE),
	};
}

/**
 * Tries of one execution share what they submitted. Not so the calls of an agent, which may be
 * under way at once with the same run index: each is a wish of its own, and none is tried again.
 */
function ledgerContext(context: IExecuteFunctions): Record<string, unknown> {
	return context.isToolExecution() ? {} : context.getContext('node');
}
