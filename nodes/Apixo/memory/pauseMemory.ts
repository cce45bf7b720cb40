import type { PauseKnowledge } from '../decisions/onCallback';

/*
 * What this process knows of pauses beyond n8n's data, which may be that of an older pause than the
 * execution's last one. Bounded, and keyed by execution, so that no account sees another's.
 */

const MAX_RUNS = 5_000;

/** n8n 2.41 had recovered its executions 5 s after loading its nodes, on a busy machine after 15 s. */
const RECOVERED_AFTER_MS = 30_000;

/** n8n loads the node while it starts. */
const LOADED_AT_MS = performance.now();

interface RunMemory {
	/** The highest number of a pause that was made here. */
	lastPause: number;
	/** Numbers of the pauses that a callback has resumed, and that a run has continued from. */
	resuming: Set<number>;
	continued: Set<number>;
	/** Ids of the tasks that callbacks have announced as done. */
	reported: Set<string>;
}

const runs = new Map<string, RunMemory>();

function memoryOf(runKey: string): RunMemory {
	const known = runs.get(runKey);
	if (known) return known;
	const memory = {
		lastPause: 0,
		resuming: new Set<number>(),
		continued: new Set<number>(),
		reported: new Set<string>(),
	};
	runs.set(runKey, memory);
	if (runs.size > MAX_RUNS) runs.delete(runs.keys().next().value as string);
	return memory;
}

/** A number that no pause of the run had before, as far as this process knows. */
export function numberPause(runKey: string, lastKnown: number): number {
	const memory = memoryOf(runKey);
	memory.lastPause = Math.max(memory.lastPause, lastKnown) + 1;
	return memory.lastPause;
}

/**
 * Whether n8n may still put an execution back to this pause. Started after a crash, n8n reads each
 * execution that was paused, and writes it back as it was, also over a run that has continued
 * meanwhile: that one's result would be lost, and what follows the node would run once more.
 */
export function mayBePutBack(runKey: string, number: number): boolean {
	const isMadeHere = (runs.get(runKey)?.lastPause ?? 0) >= number;
	return !isMadeHere && performance.now() - LOADED_AT_MS < RECOVERED_AFTER_MS;
}

/** What a callback can learn of a pause. */
export function knowledgeOf(runKey: string, number: number): PauseKnowledge {
	const { lastPause, continued, resuming, reported } = memoryOf(runKey);
	return {
		isMadeHere: lastPause >= number,
		mayBePutBack: mayBePutBack(runKey, number),
		isContinued: continued.has(number),
		isResuming: resuming.has(number),
		reported,
	};
}

/** A process that only runs executions, such as a worker, is never called back. */
let isCalledBackHere = false;

/** Notes that a callback says of a task that it is done. */
export function noteReport(runKey: string, taskId: string): void {
	isCalledBackHere = true;
	memoryOf(runKey).reported.add(taskId);
}

/** Whether a callback that resumes the execution from this pause would be known here. */
export function knowsCallbacksOf(runKey: string, number: number): boolean {
	return isCalledBackHere && memoryOf(runKey).lastPause >= number;
}

/** Claims to resume the execution from a pause: true for the first callback of this process. */
export function claimResume(runKey: string, number: number): true | undefined {
	const { resuming } = memoryOf(runKey);
	if (resuming.has(number)) return undefined;
	resuming.add(number);
	return true;
}

/** Claims to continue from a pause: true for the first run of this process that does. */
export function claimPauseHere(runKey: string, number: number): boolean {
	const { continued } = memoryOf(runKey);
	if (continued.has(number)) return false;
	continued.add(number);
	return true;
}

/** The tasks of these that callbacks have announced as done; they are forgotten. */
export function takeReports(runKey: string, taskIds: string[]): string[] {
	const { reported } = memoryOf(runKey);
	return taskIds.filter((taskId) => reported.delete(taskId));
}
