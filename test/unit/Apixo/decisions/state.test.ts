import {
	afterFailedAttempt,
	forNextAttempt,
	forRetriedExecution,
	isFailed,
	newRunState,
	pendingItems,
	runStateSchema,
	unsubmittedItems,
	withItem,
	withRemembered,
	withoutItem,
	withSettings,
	type ItemState,
} from '../../../../nodes/Apixo/decisions/state';
import type { Completion } from '../../../../nodes/Apixo/options/waiting';
import { explainUnansweredSubmit } from '../../../../nodes/shared/tasks/explain';
import { afterPoll } from '../../../../nodes/shared/tasks/wait';
import {
	EVERY_10_S,
	RUNNING,
	SUCCESS,
	TIMED_OUT,
	UNREADABLE,
	answer,
	failed,
	refusedItem,
	runState,
	sendingItem,
	settings,
	stored,
	taskItem,
	unansweredItem,
} from '../states';

const NOW_MS = 500_000;
const schedule = () => EVERY_10_S;

describe('the items of a run', () => {
	const state = runState([refusedItem(0), taskItem(2), taskItem(3, { outcome: SUCCESS })], {
		itemCount: 6,
	});

	it('are not submitted yet where nothing is known of them', () => {
		expect(unsubmittedItems(state)).toEqual([1, 4, 5]);
		expect(unsubmittedItems(newRunState('execution 1', 3))).toEqual([0, 1, 2]);
		expect(unsubmittedItems(newRunState('execution 1', 0))).toEqual([]);
	});

	it('are waited for where a task has no outcome', () => {
		expect(pendingItems(state).map(({ itemIndex }) => itemIndex)).toEqual([2]);
	});

	it('have one entry each', () => {
		const sending = withItem(state, sendingItem(4));
		const submitted = withItem(sending, taskItem(4));
		expect(submitted.items.filter(({ itemIndex }) => itemIndex === 4)).toEqual([taskItem(4)]);
		expect(submitted.items).toHaveLength(4);
		expect(unsubmittedItems(submitted)).toEqual([1, 5]);
	});

	it('are those that this process remembers where n8n brings older data', () => {
		const older = runState([taskItem(0), taskItem(1), sendingItem(2)], { itemCount: 5 });
		const submittedAgain = taskItem(1);
		submittedAgain.wait.task = { ...submittedAgain.wait.task, taskId: 'new', submittedAtMs: 9_000 };
		const remembered = [
			taskItem(0, { outcome: SUCCESS }),
			submittedAgain,
			taskItem(2),
			taskItem(4),
		];
		const { items } = withRemembered(older, remembered);
		expect([...items].sort((a, b) => a.itemIndex - b.itemIndex)).toEqual([
			taskItem(0),
			submittedAgain,
			taskItem(2),
			taskItem(4),
		]);
	});

	it('keep a task that was submitted later than the one that is remembered', () => {
		const later = taskItem(0);
		later.wait.task = { ...later.wait.task, taskId: 'new', submittedAtMs: 9_000 };
		expect(withRemembered(runState([later]), [taskItem(0)]).items).toEqual([later]);
		expect(withRemembered(runState([taskItem(0)]), [sendingItem(0)]).items).toEqual([taskItem(0)]);
	});

	it('count as not submitted once their entry is gone', () => {
		expect(unsubmittedItems(withoutItem(state, 2))).toEqual([1, 2, 4, 5]);
		expect(withoutItem(state, 5).items).toEqual(state.items);
	});

	it('leave the state that they were changed in as it was', () => {
		const before = stored(state);
		withItem(state, taskItem(2, { outcome: SUCCESS }));
		withoutItem(state, 0);
		withSettings(state, { itemIndex: 2, settings: settings('poll'), schedule }, NOW_MS);
		expect(stored(state)).toEqual(before);
	});

	it('take options of waiting that the user has changed since', () => {
		const longer = { ...EVERY_10_S, timeoutSeconds: 900 };
		const late = { settings: settings('poll', { onTimeout: 'output' }), schedule: () => longer };
		const changed = withSettings(state, { itemIndex: 2, ...late }, NOW_MS);
		expect(pendingItems(changed)[0]).toMatchObject({
			wait: { schedule: longer, task: { taskId: 'task-2' } },
			settings: { completion: 'poll', onTimeout: 'output' },
		});
		const untouched = withSettings(state, { itemIndex: 0, ...late }, NOW_MS);
		expect(untouched).toEqual(state);
	});
});

describe("a task whose 'Wait for Result' the user has changed", () => {
	const change = (item: ItemState, completion: Completion) => {
		const changed = { itemIndex: 0, settings: settings(completion), schedule };
		return withSettings(runState([item]), changed, NOW_MS).items[0];
	};

	it("comes out as it is with Don't Wait, in the last state that is known", () => {
		expect(change(taskItem(0), 'none')).toMatchObject({
			wait: { outcome: { kind: 'running', answer: { state: 'pending' } }, deliveredBy: 'submit' },
		});
		const polled = taskItem(0, { lastAnswer: answer('processing') });
		expect(change(polled, 'none')).toMatchObject({
			wait: { outcome: { kind: 'running', answer: { state: 'processing' } } },
		});
	});

	it("is polled at once where it was Don't Wait before", () => {
		const waitedFor = change(taskItem(0, { outcome: RUNNING }), 'auto');
		expect(waitedFor).toMatchObject({ wait: { nextPollAtMs: NOW_MS } });
		expect(waitedFor).not.toHaveProperty('wait.outcome');
	});

	it('keeps its result', () => {
		const done = taskItem(0, { outcome: SUCCESS });
		expect(change(done, 'none')).toMatchObject({ wait: { outcome: SUCCESS } });
	});
});

describe('an item fails', () => {
	const OUTPUT = { onTaskFailure: 'output', onTimeout: 'output' } as const;

	it.each<[string, boolean, ItemState]>([
		['was refused', true, refusedItem(0)],
		['has a request of unknown outcome', true, unansweredItem(0)],
		['is being sent', false, sendingItem(0)],
		['has a task under way', false, taskItem(0)],
		['has a result', false, taskItem(0, { outcome: SUCCESS })],
		['is not waited for', false, taskItem(0, { outcome: RUNNING })],
		['has a task that failed', true, taskItem(0, { outcome: failed() })],
		['has a task that timed out', true, taskItem(0, { outcome: TIMED_OUT })],
		['has a task that cannot be read', true, taskItem(0, { outcome: UNREADABLE })],
		['wants failures as output', false, taskItem(0, { outcome: failed(), policy: OUTPUT })],
		['wants timeouts as output', false, taskItem(0, { outcome: TIMED_OUT, policy: OUTPUT })],
		['wants output, but has none', true, taskItem(0, { outcome: UNREADABLE, policy: OUTPUT })],
	])('that %s: %s', (_, expected, item) => {
		expect(isFailed(item)).toBe(expected);
	});
});

describe('the next attempt of Retry On Fail', () => {
	const LAST = 3;
	const AT_DEADLINE = taskItem(0, {
		outcome: { kind: 'timedOut', cause: { limit: 'execution', seconds: 12 } },
	});

	const AGAIN = { maxAttempts: LAST, isTimeOver: false, nowMs: NOW_MS };

	/** What the next attempt does about an item, after so many attempts that failed. */
	function next(item: ItemState, { failedAttempts = 1, isTimeOver = false } = {}): string {
		const before = runState([item], { failedAttempts });
		const state = forNextAttempt(before, { maxAttempts: LAST, isTimeOver, nowMs: NOW_MS });
		const [kept] = state.items;
		if (!kept) return 'submits it again';
		if (JSON.stringify(kept) === JSON.stringify(item)) return 'keeps it';
		return kept.status === 'task' && !kept.wait.outcome && kept.wait.nextPollAtMs === NOW_MS
			? 'polls it at once'
			: JSON.stringify(kept);
	}

	it.each<[string, string, ItemState]>([
		['a result', 'keeps it', taskItem(0, { outcome: SUCCESS })],
		['a task that is not waited for', 'keeps it', taskItem(0, { outcome: RUNNING })],
		['a task under way', 'keeps it', taskItem(0)],
		['a request of unknown outcome', 'keeps it', unansweredItem(0)],
		['a refused request', 'submits it again', refusedItem(0)],
		['a task that timed out', 'polls it at once', taskItem(0, { outcome: TIMED_OUT })],
		["a task that was not done at n8n's deadline", 'polls it at once', AT_DEADLINE],
		['a task that could not be read', 'polls it at once', taskItem(0, { outcome: UNREADABLE })],
		[
			'a task that failed for a reason that may pass',
			'submits it again',
			taskItem(0, { outcome: failed('PROCESSING_TIMEOUT') }),
		],
		[
			'a task that the content policy refused',
			'keeps it',
			taskItem(0, { outcome: failed('NSFW') }),
		],
	])('%s: %s', (_, expected, item) => {
		expect(next(item)).toBe(expected);
	});

	it.each<[string, string, ItemState]>([
		['a refused request', 'keeps it', refusedItem(0)],
		[
			'a task that failed for a reason that may pass',
			'keeps it',
			taskItem(0, { outcome: failed('PROCESSING_TIMEOUT') }),
		],
		['a task that timed out', 'polls it at once', taskItem(0, { outcome: TIMED_OUT })],
	])('where all attempts are used up pays for nothing more: %s: %s', (_, expected, item) => {
		expect(next(item, { failedAttempts: LAST })).toBe(expected);
	});

	it.each<[string, ItemState]>([
		['a refused request', refusedItem(0)],
		['a failure that may pass', taskItem(0, { outcome: failed('PROCESSING_TIMEOUT') })],
		['a task that timed out', taskItem(0, { outcome: TIMED_OUT })],
		['a task that was not done then', AT_DEADLINE],
		['a task that could not be read', taskItem(0, { outcome: UNREADABLE })],
	])('keeps every end where n8n is about to end the execution: %s', (_, item) => {
		expect(next(item, { isTimeOver: true })).toBe('keeps it');
	});

	it('gives a request that was being sent its error: nobody waits for its answer any more', () => {
		const { items } = forNextAttempt(runState([sendingItem(0)]), AGAIN);
		expect(items).toEqual([{ ...sendingItem(0), explanation: explainUnansweredSubmit() }]);
		expect(isFailed(items[0])).toBe(true);
	});

	it('counts the attempts that failed, which n8n counts anew after each pause', () => {
		const once = afterFailedAttempt(runState([refusedItem(0)]));
		const twice = afterFailedAttempt(forNextAttempt(once, AGAIN));
		expect([once.failedAttempts, twice.failedAttempts]).toEqual([1, 2]);
	});
});

describe('another execution that retries this one', () => {
	const state = runState(
		[
			taskItem(0, { outcome: SUCCESS }),
			taskItem(1),
			unansweredItem(2),
			refusedItem(3),
			taskItem(4, { outcome: failed('NSFW') }),
		],
		{ failedAttempts: 3, itemCount: 6 },
	);
	const same = [0, 1, 2, 3, 4, 5].map((index) => [`request ${index}`]);

	it('takes all requests that are the same, and begins its attempts anew', () => {
		const retried = forRetriedExecution(state, 'execution 2', same, NOW_MS);
		expect(retried).toMatchObject({ executionId: 'execution 2', failedAttempts: 0, itemCount: 6 });
		expect(retried.items.map(({ itemIndex }) => itemIndex)).toEqual([0, 1, 2, 4]);
		expect(unsubmittedItems(retried)).toEqual([3, 5]);
	});

	it('polls a task at once whose callback goes to the execution before', () => {
		const { items } = forRetriedExecution(state, 'execution 2', same, NOW_MS);
		expect(items[1]).toEqual({
			...state.items[1],
			isOfFormerExecution: true,
			wait: { ...taskItem(1).wait, nextPollAtMs: NOW_MS },
		});
		expect(items[0]).toEqual({ ...state.items[0], isOfFormerExecution: true });
	});

	it('takes requests that a former version told by another fingerprint', () => {
		const both = same.map(([request], index) => [`request ${index} of this version`, request]);
		const retried = forRetriedExecution(state, 'execution 2', both, NOW_MS);
		expect(unsubmittedItems(retried)).toEqual([3, 5]);
		// So that the next retry knows them, too, whatever the editor stores meanwhile.
		const own = both.map(([fingerprint]) => [fingerprint]);
		const again = forRetriedExecution(retried, 'execution 3', own, NOW_MS);
		expect(unsubmittedItems(again)).toEqual([3, 5]);
	});

	it('submits requests that were changed', () => {
		const changed = same.map(([request], index) => [index < 3 ? `${request}, changed` : request]);
		expect(unsubmittedItems(forRetriedExecution(state, 'execution 2', changed, NOW_MS))).toEqual([
			0, 1, 2, 3, 5,
		]);
	});

	it('has as many items as its input', () => {
		const retried = forRetriedExecution(state, 'execution 2', same.slice(0, 2), NOW_MS);
		expect(retried.itemCount).toBe(2);
		expect(retried.items.map(({ itemIndex }) => itemIndex)).toEqual([0, 1]);
	});
});

describe('the state in the database', () => {
	const failedPoll = { ok: false, error: { kind: 'network', message: 'reset' } } as const;
	const polled = afterPoll(taskItem(0).wait, failedPoll, 'poll', 5_000, { graceMs: 0 });
	const made = runState(
		[
			taskItem(0, polled),
			taskItem(1, { outcome: SUCCESS, deliveredBy: 'callback', lastAnswer: answer('pending') }),
			taskItem(2, { isOwn: false, outcome: UNREADABLE }),
			refusedItem(3),
			sendingItem(4),
			unansweredItem(5),
		],
		{ itemCount: 9, canPause: true, failedAttempts: 2 },
	);

	it('is plain data', () => {
		expect(stored(made)).toEqual(made);
	});

	it.each([
		['a new run', newRunState('execution 1', 3)],
		['a run without items', newRunState('execution 1', 0)],
		['all kinds of items', made],
	])('is accepted, whole: %s', (_, state) => {
		expect(runStateSchema.safeParse(stored(state))).toMatchObject({ success: true });
		expect(runStateSchema.parse(stored(state))).toEqual(stored(state));
	});

	const changed = (change: object) => ({ ...stored(made), ...change });
	const withFirst = (change: object) =>
		changed({ items: [{ ...stored(made.items[0]), ...change }] });

	it.each<[string, unknown]>([
		['of an older version', changed({ version: 1 })],
		['of a newer version', changed({ version: made.version + 1 })],
		['without a version', changed({ version: undefined })],
		['of no execution', changed({ executionId: undefined })],
		['without a number of items', changed({ itemCount: null })],
		['without the number of its last pause', changed({ lastPause: undefined })],
		['without items', changed({ items: undefined })],
		['with an item of unknown status', withFirst({ status: 'parked' })],
		['with an item without a place', withFirst({ itemIndex: '0' })],
		['with an item without a fingerprint', withFirst({ fingerprint: undefined })],
		['with a task without an ID', withFirst({ wait: { ...polled, task: { model: 'm' } } })],
		['with a task without a time', withFirst({ wait: { ...polled, nextPollAtMs: null } })],
		['that is text', 'state'],
		['that is null', null],
		['that is a list', [stored(made)]],
	])('is refused %s', (_, state) => {
		expect(runStateSchema.safeParse(state).success).toBe(false);
	});
});
