import { NodeOperationError, type IExecuteFunctions } from 'n8n-workflow';

import type { Task } from '../../shared/tasks/outcome';
import { waitAgain } from '../../shared/tasks/wait';
import { runStateSchema, type RunState } from '../decisions/state';

/** Where the states of the node's runs are in its context of the execution, which n8n keeps. */
const RUNS_KEY = 'apixoRuns';
/** Version 0.1.0 kept its state here. */
const FORMER_KEYS = ['parked', 'submitted'];

const MAX_RUNS = 1_000;
/** Of all runs together: some 1.5 kB each. */
const MAX_ITEMS = 50_000;

/** The state that this process saved last, by run: n8n may hand over that of an older pause. */
const lastSaved = new Map<string, RunState>();
let itemCount = 0;

function forget(runKey: string): void {
	itemCount -= lastSaved.get(runKey)?.items.length ?? 0;
	lastSaved.delete(runKey);
}

/** The runs that were not saved for longest are forgotten. */
function remember(runKey: string, state: RunState): void {
	forget(runKey);
	for (const oldest of lastSaved.keys()) {
		if (lastSaved.size < MAX_RUNS && itemCount + state.items.length <= MAX_ITEMS) break;
		forget(oldest);
	}
	lastSaved.set(runKey, state);
	itemCount += state.items.length;
}

/** Of a run that is over: a run from older data only needs to know its tasks, and polls them again. */
function withoutResults(state: RunState): RunState {
	const items = state.items.map((item) => {
		if (item.status !== 'task' || item.wait.outcome?.kind === 'running') return item;
		return { ...item, wait: waitAgain(item.wait, item.wait.nextPollAtMs) };
	});
	return { ...state, items };
}

/** Keeps the state of one run of the node. */
export interface StateStore {
	/** @throws NodeOperationError that names the tasks of a state that this version cannot read */
	load(): RunState | undefined;
	/** `undefined` once the run is over and no attempt can follow. */
	save(state: RunState | undefined): void;
	/** The state that this process saved last of this run, whatever n8n's data tells. */
	remembered(): RunState | undefined;
}

/** @param runKey names the run of the node in this execution; without one nothing is kept */
export function openStateStore(
	context: IExecuteFunctions,
	runIndex: number,
	runKey: string | undefined,
): StateStore {
	const nodeContext: Record<string, unknown> =
		runKey === undefined ? {} : context.getContext('node');
	const runs = (nodeContext[RUNS_KEY] ??= {}) as Record<string, unknown>;
	const own = `run${runIndex}`;
	return {
		load() {
			const former = FORMER_KEYS.map((key) => nodeContext[key]);
			const data = runs[own] ?? former.find((state) => taskIdsIn(state).length > 0);
			if (data === undefined) return undefined;
			if (runStateSchema.safeParse(data).success) return data as RunState;
			throw new NodeOperationError(
				context.getNode(),
				"This execution was started by another version of the APIXO node, and this version can't continue it",
				{
					description: `Nothing was submitted again. Get the results with resource Task, operation Wait. Tasks: ${taskIdsIn(data).join(', ')}`,
				},
			);
		},
		save(state) {
			if (state) runs[own] = state;
			else delete runs[own];
			if (runKey === undefined) return;
			const last = lastSaved.get(runKey);
			if (state) remember(runKey, state);
			else if (last) remember(runKey, withoutResults(last));
		},
		remembered: () => lastSaved.get(runKey ?? ''),
	};
}

/** The tasks of a run of the node that is not over, by item index, as far as n8n's data tells. */
export function tasksOf(context: IExecuteFunctions, runIndex: number): Map<number, Task> {
	const runs = (context.getContext('node')[RUNS_KEY] ?? {}) as Record<string, unknown>;
	const items = runStateSchema.safeParse(runs[`run${runIndex}`]).data?.items ?? [];
	return new Map(
		items.flatMap((item) =>
			item.status === 'task' ? [[item.itemIndex, item.wait.task] satisfies [number, Task]] : [],
		),
	);
}

/** Every task ID in data of whatever shape. */
export function taskIdsIn(data: unknown): string[] {
	const text = JSON.stringify(data ?? null);
	return [...new Set([...text.matchAll(/"taskId":"([^"]+)"/g)].map(([, taskId]) => taskId))];
}
