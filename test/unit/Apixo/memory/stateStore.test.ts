import type * as stateStoreModule from '../../../../nodes/Apixo/memory/stateStore';
import type { RunState } from '../../../../nodes/Apixo/decisions/state';
import { submittedOnly } from '../../../../nodes/shared/tasks/wait';
import { FakeExecution } from '../fakeExecution';
import { startProcess } from '../processes';
import { refusedItem, runState, SUCCESS, taskItem, unansweredItem } from '../states';

const start = () =>
	startProcess<typeof stateStoreModule>(() =>
		jest.requireActual('../../../../nodes/Apixo/memory/stateStore'),
	);

const STATE = runState([taskItem(0, { outcome: SUCCESS }), taskItem(1)], { itemCount: 3 });
const OTHER = runState([taskItem(7)]);

describe('the state of a run', () => {
	it('is kept with the execution, for whatever process goes on', () => {
		const execution = new FakeExecution();
		start().openStateStore(execution.context, 0, 'run').save(STATE);
		const { context } = new FakeExecution({ contexts: execution.saved() });
		expect(start().openStateStore(context, 0, 'run').load()).toEqual(STATE);
	});

	it('is none before it was saved, and after the run is over', () => {
		const { context } = new FakeExecution();
		const store = start().openStateStore(context, 0, 'run');
		expect(store.load()).toBeUndefined();
		store.save(STATE);
		store.save(undefined);
		expect(store.load()).toBeUndefined();
	});

	it('is kept apart from that of other runs of a loop', () => {
		const { context } = new FakeExecution();
		const { openStateStore } = start();
		openStateStore(context, 1, 'run 1').save(STATE);
		openStateStore(context, 10, 'run 10').save(OTHER);
		expect(openStateStore(context, 0, 'run 0').load()).toBeUndefined();
		openStateStore(context, 1, 'run 1').save(undefined);
		expect(openStateStore(context, 1, 'run 1').load()).toBeUndefined();
		expect(openStateStore(context, 10, 'run 10').load()).toEqual(OTHER);
	});

	it('leaves the other data of the node alone', () => {
		const execution = new FakeExecution({ contexts: { APIXO: { mine: 1 } } });
		const store = start().openStateStore(execution.context, 0, 'run');
		store.save(STATE);
		store.save(undefined);
		expect(execution.saved().APIXO).toMatchObject({ mine: 1 });
	});

	it('is not kept for calls of an agent, which share a run', () => {
		const execution = new FakeExecution();
		const { openStateStore } = start();
		const one = openStateStore(execution.context, 0, undefined);
		const other = openStateStore(execution.context, 0, undefined);
		one.save(STATE);
		expect(one.load()).toEqual(STATE);
		expect(other.load()).toBeUndefined();
		expect(other.remembered()).toBeUndefined();
		expect(JSON.stringify(execution.saved())).not.toContain('task-0');
	});
});

describe('the state of another version', () => {
	const load = (data: Record<string, unknown>) => {
		const { context } = new FakeExecution({ contexts: { APIXO: data } });
		return start().openStateStore(context, 0, 'run').load();
	};
	const TASK = { taskId: 'b6c1', model: 'nano-banana' };
	const newer = { ...STATE, version: 99 } as unknown as RunState;

	it.each<[string, Record<string, unknown>, string]>([
		['newer', { apixoRuns: { run0: newer } }, 'task-0, task-1'],
		['of another shape', { apixoRuns: { run0: { tasks: [TASK, TASK, TASK] } } }, 'b6c1'],
		['0.1.0, paused', { parked: { entries: [{ task: TASK }] } }, 'b6c1'],
		['0.1.0, submitted', { submitted: { run0: { 0: { task: TASK } } } }, 'b6c1'],
	])('ends with an error that names its tasks: %s', (_, data, taskIds) => {
		expect(() => load(data)).toThrow(/started by another version of the APIXO node/);
		try {
			load(data);
		} catch (error) {
			expect((error as { description?: string }).description).toBe(
				`Nothing was submitted again. Get the results with resource Task, operation Wait. Tasks: ${taskIds}`,
			);
		}
	});

	it.each<[string, Record<string, unknown>]>([
		['no state', {}],
		['one of 0.1.0 without tasks', { parked: {}, submitted: { run0: {} } }],
		['one of another run', { apixoRuns: { run1: newer } }],
	])('is not what %s is', (_, data) => {
		expect(load(data)).toBeUndefined();
	});
});

describe('the memory of the process', () => {
	it('has what was saved last, whatever n8n hands over', () => {
		const { openStateStore } = start();
		openStateStore(new FakeExecution().context, 0, 'run').save(STATE);
		const old = openStateStore(new FakeExecution().context, 0, 'run');
		expect(old.load()).toBeUndefined();
		expect(old.remembered()).toEqual(STATE);
		expect(openStateStore(new FakeExecution().context, 0, 'other').remembered()).toBeUndefined();
		expect(
			start().openStateStore(new FakeExecution().context, 0, 'run').remembered(),
		).toBeUndefined();
	});

	it('keeps the tasks, but not their results, when the run is over', () => {
		const store = start().openStateStore(new FakeExecution().context, 0, 'run');
		store.save(STATE);
		store.save(undefined);
		const { items = [] } = store.remembered() ?? {};
		expect(items).toMatchObject([{ wait: { task: { taskId: 'task-0' } } }, STATE.items[1]]);
		expect(items[0]).not.toHaveProperty('wait.outcome');
	});

	it('keeps that a task was not waited for, when the run is over', () => {
		const wait = submittedOnly(taskItem(0).wait);
		const store = start().openStateStore(new FakeExecution().context, 0, 'run');
		store.save(runState([{ ...taskItem(0), wait }]));
		store.save(undefined);
		expect(store.remembered()?.items).toMatchObject([{ wait }]);
	});

	it('is bounded: the runs that were not saved for longest are forgotten', () => {
		const { openStateStore } = start();
		const { context } = new FakeExecution();
		const store = (number: number) => openStateStore(context, 0, `run ${number}`);
		for (let number = 0; number < 1_000; number++) store(number).save(STATE);
		store(0).save(OTHER);
		store(1_000).save(STATE);
		expect(store(0).remembered()).toEqual(OTHER);
		expect(store(1).remembered()).toBeUndefined();
		expect(store(2).remembered()).toEqual(STATE);
	});

	it('is bounded by the items of all runs, too', () => {
		const { openStateStore } = start();
		const { context } = new FakeExecution();
		const store = (name: string) => openStateStore(context, 0, name);
		const withItems = (count: number) => runState(Array.from({ length: count }, () => taskItem(0)));
		store('first').save(withItems(20_000));
		store('second').save(withItems(10_000));
		// Each save replaces the one before.
		for (let time = 0; time < 3; time++) store('third').save(withItems(20_000));
		expect(store('first').remembered()?.items).toHaveLength(20_000);
		store('third').save(withItems(20_001));
		expect(store('first').remembered()).toBeUndefined();
		expect(store('second').remembered()?.items).toHaveLength(10_000);
		store('huge').save(withItems(60_000));
		expect(store('third').remembered()).toBeUndefined();
		expect(store('huge').remembered()?.items).toHaveLength(60_000);
	});
});

it('names the tasks of a run that is not over, for an error of the whole run', () => {
	const { context } = new FakeExecution();
	const { openStateStore, tasksOf } = start();
	const named = (runIndex: number) =>
		[...tasksOf(context, runIndex)].map(([itemIndex, { taskId }]) => [itemIndex, taskId]);
	expect(named(0)).toEqual([]);
	openStateStore(context, 0, 'run 0').save(runState([taskItem(0), refusedItem(1)]));
	openStateStore(context, 1, 'run 1').save(runState([unansweredItem(0), taskItem(4)]));
	openStateStore(context, 2, 'run 2').save(undefined);
	expect([named(0), named(1), named(2)]).toEqual([[[0, 'task-0']], [[4, 'task-4']], []]);
});
