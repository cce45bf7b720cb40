import { fingerprintOf, openLedger } from '../../../nodes/shared/tasks/ledger';
import type { Task } from '../../../nodes/shared/tasks/outcome';

const TASK: Task = { taskId: 't', model: 'm', submittedAtMs: 1_000, extra: { voice_id: 'v' } };

/** What n8n does between two tries, and to a data base and back. */
const stored = (context: object): Record<string, unknown> => JSON.parse(JSON.stringify(context));

/** A node's context in which item 3 of the first run has submitted a request. */
function afterSubmit(executionId = 'e1', fingerprint = 'f1') {
	const context = {};
	const ledger = openLedger(context, executionId, 0);
	ledger.noteSending(3, fingerprint);
	ledger.noteTask(3, TASK);
	return stored(context);
}

describe('the same item', () => {
	it.each([
		['the next try', 'e1', 'f1', TASK],
		['the next try, where an expression now gives something else', 'e1', 'other', TASK],
		['a retry of the execution', 'e2', 'f1', TASK],
		['a retry of the execution with a changed request', 'e2', 'other', undefined],
	])('in %s', (_, executionId, fingerprint, task) => {
		const ledger = openLedger(afterSubmit(), executionId, 0);
		expect(ledger.find(3, fingerprint)?.task).toEqual(task);
	});
});

it.each([
	['another item', 4, 0],
	['another run of the node', 3, 1],
	['the run after ten', 3, 10],
])('%s has nothing', (_, itemIndex, runIndex) => {
	expect(openLedger(afterSubmit(), 'e1', runIndex).find(itemIndex, 'f1')).toBeUndefined();
});

it('keeps the runs of a loop apart', () => {
	const context = {};
	const second = { ...TASK, taskId: 't2' };
	openLedger(context, 'e1', 0).noteSending(0, 'f');
	openLedger(context, 'e1', 0).noteTask(0, TASK);
	openLedger(context, 'e1', 1).noteSending(0, 'f');
	openLedger(context, 'e1', 1).noteTask(0, second);
	openLedger(context, 'e1', 0).clear();
	expect(openLedger(context, 'e1', 0).find(0, 'f')).toBeUndefined();
	expect(openLedger(context, 'e1', 1).find(0, 'f')?.task).toEqual(second);
});

it('knows what was sent and never answered', () => {
	const context = {};
	openLedger(context, 'e1', 0).noteSending(0, 'f');
	const entry = { executionId: 'e1', fingerprint: 'f' };
	expect(openLedger(stored(context), 'e1', 0).find(0, 'other')).toEqual(entry);
	expect(openLedger(stored(context), 'e2', 0).find(0, 'f')).toEqual(entry);
});

it('forgets an item, and no other', () => {
	const context = afterSubmit();
	const ledger = openLedger(context, 'e1', 0);
	ledger.noteSending(4, 'f2');
	ledger.forget(3);
	ledger.forget(99);
	expect(ledger.find(3, 'f1')).toBeUndefined();
	expect(ledger.find(4, 'f2')).toBeDefined();
});

it('leaves the other data of the context alone', () => {
	const context: Record<string, unknown> = { mine: 1 };
	const ledger = openLedger(context, 'e1', 0);
	ledger.noteSending(0, 'f');
	ledger.clear();
	expect(context.mine).toBe(1);
});

it('fingerprints tell requests apart and stay short', () => {
	const request = { model: 'm', provider: undefined, input: { prompt: 'a red fox' } };
	const fingerprint = fingerprintOf(request);
	expect(fingerprint).toMatch(/^[\w-]{22}$/);
	expect(fingerprintOf(structuredClone(request))).toBe(fingerprint);
	expect(fingerprintOf({ ...request, model: 'n' })).not.toBe(fingerprint);
	expect(fingerprintOf({ ...request, input: { prompt: 'a blue fox' } })).not.toBe(fingerprint);
});
