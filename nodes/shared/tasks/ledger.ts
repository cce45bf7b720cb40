import { createHash } from 'node:crypto';

import type { Task } from './outcome';

/**
 * What one input item of one run of the node has submitted. A request that was sent but not
 * answered stays `sent`: nobody knows whether it is paid for, so it is never sent again.
 */
export interface LedgerEntry {
	executionId: string;
	/** Of the request, so that a changed one is submitted anew. */
	fingerprint: string;
	task?: Task;
}

/**
 * Keeps submitted tasks in the execution's data, so that Retry On Fail (and the retry of a whole
 * execution) takes up what is running instead of paying twice.
 */
export interface Ledger {
	find(itemIndex: number, fingerprint: string): LedgerEntry | undefined;
	/** Before the request goes out. */
	noteSending(itemIndex: number, fingerprint: string): void;
	noteTask(itemIndex: number, task: Task): void;
	/** After an answer that says: nothing was accepted, or what was is final and lost. */
	forget(itemIndex: number): void;
	/** When the run is over and no retry can follow. */
	clear(): void;
}

type LedgerStore = Record<string, Record<string, LedgerEntry> | undefined>;

/**
 * @param context the node's context of the execution: kept by n8n across tries
 * @param runIndex which run of the node in this execution; a loop's rounds do not mix
 */
export function openLedger(
	context: Record<string, unknown>,
	executionId: string,
	runIndex: number,
): Ledger {
	const store = (context.submitted ??= {}) as LedgerStore;
	const runKey = `run${runIndex}`;
	const run = () => (store[runKey] ??= {});

	return {
		find(itemIndex, fingerprint) {
			const entry = run()[itemIndex];
			// Within one execution an expression may give another value at each try ($now, a random
			// seed); a retry of the execution by the user may bring a request that was mended.
			const isSame = entry?.executionId === executionId || entry?.fingerprint === fingerprint;
			return isSame ? entry : undefined;
		},
		noteSending(itemIndex, fingerprint) {
			run()[itemIndex] = { executionId, fingerprint };
		},
		noteTask(itemIndex, task) {
			run()[itemIndex].task = task;
		},
		forget(itemIndex) {
			delete run()[itemIndex];
		},
		clear() {
			delete store[runKey];
		},
	};
}

/** Tells requests apart; short, since it is kept in the execution's data. */
export function fingerprintOf(request: unknown): string {
	return createHash('sha256').update(JSON.stringify(request)).digest('base64url').slice(0, 22);
}
