import fc from 'fast-check';

import { nextStep } from '../../../nodes/Apixo/decisions/nextStep';
import { onCallback, pauseRecordSchema } from '../../../nodes/Apixo/decisions/onCallback';
import {
	afterFailedAttempt,
	forNextAttempt,
	forRetriedExecution,
	newRunState,
	runStateSchema,
	unsubmittedItems,
	withItem,
	withoutItem,
	type ItemState,
	type RunState,
} from '../../../nodes/Apixo/decisions/state';
import { taskIdsIn } from '../../../nodes/Apixo/memory/stateStore';
import { sameInputMaySucceed } from '../../../nodes/shared/api/failCodes';
import type { Outcome } from '../../../nodes/shared/tasks/outcome';
import { hostileJson, hostileValue, HUGE_JSON, withHostileFields } from './arbitraries';
import { MAX_CPU_MS, leastCpuMs } from './limits';

const NOW_MS = 1_795_365_316_000;
const ITEM_COUNT = 6;

const settings = {
	completion: 'poll',
	onTaskFailure: 'error',
	onTimeout: 'error',
	files: {
		downloadResults: false,
		binaryProperty: 'data',
		outputMode: 'task',
		maxFileSize: 100,
	},
} as const;
const schedule = {
	strategy: 'fixed',
	initialWaitSeconds: 5,
	intervalSeconds: 5,
	backoffFactor: 1.5,
	maxIntervalSeconds: 30,
	timeoutSeconds: 120,
} as const;

const failCode = fc.constantFrom('GENERATION_FAILED', 'NSFW', undefined, 'NEW_CODE');
const outcome = fc.oneof(
	fc.constant<Outcome | undefined>(undefined),
	fc.constantFrom('success', 'failed', 'timedOut', 'unreadable').chain((kind) =>
		failCode.map((code): Outcome => {
			const answer = { taskId: 'a', state: kind, resultJson: undefined, failCode: code };
			if (kind === 'timedOut') return { kind, cause: { limit: 'task', seconds: 120 } };
			if (kind === 'unreadable') return { kind, failure: { kind: 'forbidden', message: 'no' } };
			return { kind: kind as 'success' | 'failed', answer };
		}),
	),
);

const policy = fc.constantFrom('error', 'output');

const explanation = { message: 'It failed', description: '' };
const itemOf = (itemIndex: number): fc.Arbitrary<ItemState> => {
	const known = { itemIndex, fingerprint: `request ${itemIndex}` };
	const submittedAtMs = fc.integer({ min: NOW_MS - 300_000, max: NOW_MS });
	return fc.oneof(
		fc.constant<ItemState>({ status: 'sending', ...known }),
		fc.constant<ItemState>({ status: 'sending', ...known, explanation }),
		fc.constant<ItemState>({ status: 'refused', itemIndex, explanation }),
		fc
			.tuple(submittedAtMs, outcome, policy)
			.map(([startedAtMs, ended, onTaskFailure]): ItemState => {
				const task = { taskId: `task ${itemIndex}`, model: 'a', submittedAtMs: startedAtMs };
				const nextPollAtMs = startedAtMs + 5_000;
				return {
					status: 'task',
					...known,
					settings: { ...settings, onTaskFailure },
					wait: { task, isOwn: true, schedule, startedAtMs, nextPollAtMs, outcome: ended },
				};
			}),
	);
};

/** A run with some of its items begun, in any order. */
const runState: fc.Arbitrary<RunState> = fc
	.record({
		items: fc
			.shuffledSubarray(Array.from({ length: ITEM_COUNT }, (_, index) => index))
			.chain((indexes) => fc.tuple(...indexes.map(itemOf))),
		maxConcurrency: fc.integer({ min: 1, max: 10 }),
		canPause: fc.boolean(),
		failedAttempts: fc.nat(5),
	})
	.map((fields) => ({ ...newRunState('1', ITEM_COUNT), ...fields }));

const tasksOf = ({ items }: RunState) =>
	items.flatMap((item) => (item.status === 'task' ? [item.wait.task.taskId] : []));

describe('the stored state of a run', () => {
	it('is accepted by its schema after a way through the database', () => {
		fc.assert(
			fc.property(runState, (state) => {
				const stored: unknown = JSON.parse(JSON.stringify(state));
				expect(runStateSchema.safeParse(stored).success).toBe(true);
			}),
		);
	});

	it('is read without throwing, whatever the data are', () => {
		const item = withHostileFields({
			status: 'task',
			itemIndex: 0,
			fingerprint: 'a',
			wait: {
				task: { taskId: 'a', model: 'a', submittedAtMs: 1 },
				startedAtMs: 1,
				nextPollAtMs: 1,
			},
		});
		const data = withHostileFields({ version: 2, executionId: '1', itemCount: 1 }).chain((fields) =>
			fc.array(item).map((items) => ({ ...fields, items })),
		);
		fc.assert(
			fc.property(fc.oneof(data, hostileValue), (stored) => {
				runStateSchema.safeParse(stored);
				pauseRecordSchema.safeParse(stored);
			}),
		);
	});

	it('names the tasks of data that it cannot be', () => {
		fc.assert(
			fc.property(hostileJson, (more) => {
				expect(taskIdsIn({ parked: [{ taskId: 'paid' }], more })).toContain('paid');
			}),
		);
	});

	it.each(HUGE_JSON)('of a megabyte of %s takes time in proportion', (_, json) => {
		const items = [json];
		const check = () => runStateSchema.safeParse({ version: 2, items, executionId: json });
		expect(leastCpuMs(check)).toBeLessThan(MAX_CPU_MS);
		expect(leastCpuMs(() => taskIdsIn(json))).toBeLessThan(MAX_CPU_MS);
	});
});

describe('the next step', () => {
	const facts = fc.record({
		nowMs: fc.integer({ min: NOW_MS - 300_000, max: NOW_MS + 300_000 }),
		busy: fc.uniqueArray(fc.nat(ITEM_COUNT - 1)).map((indexes) => new Set(indexes)),
		limits: fc.record({
			stopAtMs: fc.option(fc.integer({ min: NOW_MS - 300_000, max: NOW_MS + 300_000 }), {
				nil: undefined,
			}),
			graceMs: fc.constantFrom(0, 600_000),
		}),
		goesOn: fc.boolean(),
		reported: fc.subarray(['task 0', 'task 1', 'task 2']).map((taskIds) => new Set(taskIds)),
	});

	it('never submits an item that is begun, nor more than there is room for', () => {
		fc.assert(
			fc.property(runState, facts, (state, known) => {
				const { submit } = nextStep(state, known);
				const begun = state.items.map(({ itemIndex }) => itemIndex);
				expect(submit.filter((itemIndex) => begun.includes(itemIndex))).toEqual([]);
				expect(new Set(submit).size).toBe(submit.length);
				expect(submit.length).toBeLessThanOrEqual(state.maxConcurrency);
			}),
		);
	});

	it('polls only tasks without an outcome, and none that a request is under way for', () => {
		fc.assert(
			fc.property(runState, facts, (state, known) => {
				for (const { itemIndex, wait } of nextStep(state, known).poll) {
					expect(wait.outcome).toBeUndefined();
					expect(known.busy.has(itemIndex)).toBe(false);
				}
			}),
		);
	});

	it('pauses only with nothing else to do, until a time to come', () => {
		fc.assert(
			fc.property(runState, facts, (state, known) => {
				const { pause, poll, submit, untilMs = 0 } = nextStep(state, known);
				if (!pause) return;
				expect([poll, submit, known.busy.size]).toEqual([[], [], 0]);
				expect(untilMs).toBeGreaterThan(known.nowMs);
			}),
		);
	});
});

describe('a transition', () => {
	it('keeps one entry for each item', () => {
		fc.assert(
			fc.property(runState, fc.nat(ITEM_COUNT - 1).chain(itemOf), (state, item) => {
				const next = withItem(state, item);
				const indexes = next.items.map(({ itemIndex }) => itemIndex);
				expect(new Set(indexes).size).toBe(indexes.length);
				expect(next.items).toContain(item);
				expect(unsubmittedItems(withoutItem(next, item.itemIndex))).toContain(item.itemIndex);
			}),
		);
	});

	it('to the next attempt gives up a task only if its error may be temporary', () => {
		fc.assert(
			fc.property(runState, fc.integer({ min: 2, max: 5 }), (state, maxAttempts) => {
				const next = forNextAttempt(afterFailedAttempt(state), {
					maxAttempts,
					isTimeOver: false,
					nowMs: NOW_MS,
				});
				const kept = new Set(tasksOf(next));
				const dropped = state.items.filter(
					(item) => item.status === 'task' && !kept.has(item.wait.task.taskId),
				);
				for (const item of dropped) {
					const ended = item.status === 'task' ? item.wait.outcome : undefined;
					expect(item).toMatchObject({ settings: { onTaskFailure: 'error' } });
					expect(ended?.kind).toBe('failed');
					const code = ended?.kind === 'failed' ? ended.answer.failCode : undefined;
					expect(sameInputMaySucceed(code)).toBe(true);
					expect(state.failedAttempts + 1).toBeLessThan(maxAttempts);
				}
			}),
		);
	});

	it('to the next attempt, or to a retried execution, never submits what may be under way', () => {
		fc.assert(
			fc.property(runState, (state) => {
				const sending = state.items
					.filter(({ status }) => status === 'sending')
					.map((item) => expect.objectContaining(item) as unknown);
				const fingerprints = Array.from({ length: ITEM_COUNT }, (_, index) => [`request ${index}`]);
				for (const next of [
					forNextAttempt(state, { maxAttempts: 5, isTimeOver: false, nowMs: NOW_MS }),
					forRetriedExecution(state, '2', fingerprints, NOW_MS),
				]) {
					expect(next.items).toEqual(expect.arrayContaining(sending));
				}
			}),
		);
	});
});

describe('a callback to a paused run', () => {
	it('resumes it at most for a task that it waits for, and answers by a known status', () => {
		const pause = fc.option(
			fc.record({
				runKey: fc.string(),
				number: fc.nat(),
				untilMs: fc.integer({ min: NOW_MS - 5_000, max: NOW_MS + 300_000 }),
				tasks: fc.array(fc.record({ taskId: fc.string(), model: fc.string() })),
				resumeOnFirst: fc.boolean(),
			}),
			{ nil: undefined },
		);
		const knowledge = fc.record({
			isMadeHere: fc.boolean(),
			mayBePutBack: fc.boolean(),
			isContinued: fc.boolean(),
			isResuming: fc.boolean(),
			reported: fc.array(fc.string()).map((taskIds) => new Set(taskIds)),
		});
		const callback = fc.record({
			taskId: fc.string(),
			state: fc.constantFrom('success', 'failed', 'pending', '__proto__'),
		});
		fc.assert(
			fc.property(pause, callback, knowledge, (paused, { taskId, state }, known) => {
				const decision = onCallback(paused, { taskId, state }, known, NOW_MS);
				expect([200, 404, 503]).toContain(decision.status);
				if (decision.resume === undefined) return;
				expect(paused?.tasks.map((task) => task.taskId)).toContain(taskId);
				expect(['success', 'failed']).toContain(state);
				expect(known.isContinued || known.isResuming || known.mayBePutBack).toBe(false);
			}),
		);
	});
});
