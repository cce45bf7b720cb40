import {
	newRunState,
	unsubmittedItems,
	type ItemState,
	type RunState,
} from '../../../../nodes/Apixo/decisions/state';
import { openStateStore } from '../../../../nodes/Apixo/memory/stateStore';
import type { Completion } from '../../../../nodes/Apixo/options/waiting';
import { attemptLimits } from '../../../../nodes/Apixo/memory/attempt';
import { Engine } from '../../../../nodes/Apixo/run/engine';
import type { Session } from '../../../../nodes/Apixo/run/session';
import type { TaskRequest } from '../../../../nodes/Apixo/decisions/taskRequest';
import { adaptiveSchedule } from '../../../../nodes/shared/tasks/adaptive';
import { learnedLengths } from '../../../../nodes/shared/tasks/learnedLengths';
import type { PollSchedule } from '../../../../nodes/shared/tasks/schedule';
import { allIsQuiet } from '../../support/allIsQuiet.cts';
import { FakeTiming } from '../../support/fakeTiming';
import { FakeExecution, type FakeExecutionOptions } from '../fakeExecution';
import { EVERY_10_S, refusedItem, runState, settings, taskItem } from '../states';
import { FakeClient, type Behaviour } from './fakeClient';

interface Setting extends Behaviour, FakeExecutionOptions {
	itemCount: number;
	maxConcurrency?: number;
	completion?: Completion;
	canPause?: boolean;
	schedule?: PollSchedule;
	/** Instead of `schedule`, asked when an item is submitted. */
	scheduleNow?: () => PollSchedule;
	/** Where the run starts from; otherwise a new one. */
	state?: RunState;
	/** Tasks that a callback has announced. */
	reported?: string[];
	/** What reading items waits for, as after a pause. */
	reading?: (itemIndexes: number[]) => Promise<void>;
	/** Items that turn out to be wrong when they are read. */
	refused?: number[];
}

const runKeys = (function* () {
	for (let number = 0; ; number++) yield `run ${number}`;
})();

const BASE_URL = 'https://api.example.com/api/v1';

/** An engine on the fake clock, at 0. */
function createEngine(setting: Setting) {
	const { itemCount, schedule = EVERY_10_S, completion = 'auto' } = setting;
	const { scheduleNow = () => schedule } = setting;
	const timing = new FakeTiming();
	const client = new FakeClient(timing, setting);
	const execution = new FakeExecution(setting);
	const state = {
		...(setting.state ?? newRunState('execution 1', itemCount)),
		maxConcurrency: setting.maxConcurrency ?? 100,
		canPause: setting.canPause ?? false,
	};
	const requests = Array.from(
		{ length: itemCount },
		(_, itemIndex): TaskRequest => ({
			itemIndex,
			model: 'nano-banana',
			body: { request_type: 'async', input: { item: itemIndex } },
			schedule: scheduleNow,
			settings: settings(completion),
			fingerprint: `request ${itemIndex}`,
		}),
	);
	const pauseEnd = setting.reported && {
		reported: new Set(setting.reported),
		isCalledBack: true,
	};
	const engine = new Engine(
		{
			context: execution.context,
			session: {
				client,
				timing,
				credential: { baseUrl: BASE_URL },
				runIndex: 0,
			} as unknown as Session,
			store: openStateStore(execution.context, 0, runKeys.next().value as string),
			requests: new Map(),
			read: async (itemIndexes) => {
				await setting.reading?.(itemIndexes);
				return itemIndexes.map((itemIndex) => ({
					entry: setting.refused?.includes(itemIndex)
						? refusedItem(itemIndex)
						: requests[itemIndex],
					maxConcurrency: 1,
					canPause: false,
				}));
			},
			pauseEnd,
			limits: attemptLimits(execution.context, 0, timing.now(), pauseEnd),
		},
		state,
	);
	const cancel = () => {
		execution.cancel();
		timing.cancel(new Error('The execution was cancelled'));
	};
	return { engine, client, timing, execution, cancel };
}

/** `success`, `timedOut`, ... or the status of an item without a task that is done, by item. */
function endsOf({ items }: RunState): string[] {
	const ends: string[] = [];
	for (const item of items) {
		ends[item.itemIndex] =
			item.status === 'task' ? (item.wait.outcome?.kind ?? 'under way') : item.status;
	}
	return ends;
}

const itemOf = ({ items }: RunState, index: number): ItemState | undefined =>
	items.find(({ itemIndex }) => itemIndex === index);

/** A promise that the test settles. */
function createGate() {
	let open = () => {};
	const opened = new Promise<void>((resolve) => (open = resolve));
	return { opened, open: () => open() };
}

describe('many items', () => {
	it('take as long as the longest of them', async () => {
		const taskSeconds = (itemIndex: number) => 5 + (itemIndex % 40);
		const { engine, client, timing } = createEngine({ itemCount: 100, taskSeconds });
		expect(await engine.run()).toBe('done');
		expect(endsOf(engine.state)).toEqual(Array(100).fill('success'));
		expect(client.submitted.map(({ at }) => at)).toEqual(Array(100).fill(0));
		// 44 s, by polls at 35 and 45 s.
		expect(timing.now()).toBe(45_000);
	});

	it('are scheduled by how long those took that the run has finished before', async () => {
		const kind = { baseUrl: BASE_URL, model: 'nano-banana', mode: undefined };
		const lengths = [31.25, 32.25, 33.25];
		const known: number[][] = [];
		const { engine } = createEngine({
			itemCount: 3,
			maxConcurrency: 1,
			taskSeconds: (itemIndex) => lengths[itemIndex],
			scheduleNow: () => {
				known.push(learnedLengths.of(kind).filter((seconds) => lengths.includes(seconds)));
				return EVERY_10_S;
			},
		});
		await engine.run();
		expect(known).toEqual([[], [31.25], [31.25, 32.25]]);
	});

	it('are polled no more often because the shortest are done first', async () => {
		const kind = { baseUrl: BASE_URL, model: 'nano-banana', mode: undefined };
		// In ms, and of this test alone: what is learned is kept for the process.
		const shortestMs = 90_000 + Math.floor(Math.random() * 600);
		const lengths = Array.from(
			{ length: 100 },
			(_, index) => (shortestMs + ((index * 37) % 100) * 625) / 1000,
		);
		const { engine, client } = createEngine({
			itemCount: 100,
			taskSeconds: (itemIndex) => lengths[itemIndex],
			scheduleNow: () =>
				adaptiveSchedule(
					{
						expected: { medianSeconds: 120, spread: 0.6, isGuess: true },
						learnedSeconds: learnedLengths.of(kind).filter((each) => lengths.includes(each)),
						initialWaitSeconds: 60,
						intervalSeconds: 15,
						timeoutSeconds: 600,
					},
					Math.random(),
				),
		});
		await engine.run();
		expect(endsOf(engine.state)).toEqual(Array(100).fill('success'));
		const seconds = Object.values(client.polls).flat().map(Math.floor);
		expect(seconds.length / 100).toBeLessThanOrEqual(9);
		const inSecond = (second: number) => seconds.filter((each) => each === second).length;
		expect(Math.max(...seconds.map(inSecond))).toBeLessThanOrEqual(25);
	});

	it('are polled each by its own schedule', async () => {
		const { engine, client } = createEngine({
			itemCount: 3,
			taskSeconds: (itemIndex) => [5, 30, 16][itemIndex],
		});
		await engine.run();
		expect(client.polls).toEqual({
			'task-0': [5],
			'task-1': [5, 15, 25, 35],
			'task-2': [5, 15, 25],
		});
	});

	it('are nothing to wait for where there are none', async () => {
		const { engine, timing } = createEngine({ itemCount: 0 });
		expect(await engine.run()).toBe('done');
		expect(timing.now()).toBe(0);
	});
});

describe('places', () => {
	it('that get free are filled at once', async () => {
		const { engine, client } = createEngine({
			itemCount: 5,
			maxConcurrency: 2,
			taskSeconds: (itemIndex) => [1, 24, 1, 1, 1][itemIndex],
		});
		await engine.run();
		expect(client.submitted).toEqual([
			{ itemIndex: 0, at: 0 },
			{ itemIndex: 1, at: 0 },
			{ itemIndex: 2, at: 5 },
			{ itemIndex: 3, at: 10 },
			{ itemIndex: 4, at: 15 },
		]);
		expect(endsOf(engine.state)).toEqual(Array(5).fill('success'));
	});

	it('are never exceeded, however long submissions take', async () => {
		let underWay = 0;
		let most = 0;
		const setting: Setting = { itemCount: 20, maxConcurrency: 3 };
		const run = createEngine({
			...setting,
			taskSeconds: (itemIndex) => 1 + (itemIndex % 7),
			async submitting() {
				most = Math.max(most, ++underWay);
				await run.timing.sleep(2_500);
			},
			async polling(_, count) {
				if (count === 1) underWay--;
			},
			schedule: { ...EVERY_10_S, initialWaitSeconds: 7 },
		});
		await run.engine.run();
		expect(most).toBe(3);
		expect(endsOf(run.engine.state)).toEqual(Array(20).fill('success'));
	});
});

describe('a slow request holds back no other item', () => {
	it('where it is a poll', async () => {
		const run = createEngine({
			itemCount: 4,
			maxConcurrency: 2,
			taskSeconds: () => 12,
			async polling(itemIndex, count) {
				if (itemIndex === 0 && count === 1) await run.timing.sleep(90_000);
			},
		});
		await run.engine.run();
		expect(run.client.polls).toEqual({
			'task-0': [5],
			'task-1': [5, 15],
			'task-2': [20, 30],
			'task-3': [35, 45],
		});
		expect(run.timing.now()).toBe(95_000);
		expect(endsOf(run.engine.state)).toEqual(Array(4).fill('success'));
	});

	it('where it is a submission', async () => {
		const run = createEngine({
			itemCount: 3,
			taskSeconds: () => 12,
			async submitting(itemIndex) {
				if (itemIndex === 1) await run.timing.sleep(60_000);
			},
		});
		await run.engine.run();
		expect(run.client.polls).toEqual({
			'task-0': [5, 15],
			'task-1': [65, 75],
			'task-2': [5, 15],
		});
	});
});

describe('an error of whatever class', () => {
	it('while polling is no news', async () => {
		const { engine, client } = createEngine({
			itemCount: 2,
			async polling(itemIndex, count) {
				if (itemIndex === 0 && count === 1) throw new TypeError('odd');
			},
		});
		await engine.run();
		expect(client.polls['task-0']).toEqual([5, 15]);
		expect(endsOf(engine.state)).toEqual(['success', 'success']);
	});

	it('while submitting leaves the request of unknown outcome, and concerns no other item', async () => {
		const { engine } = createEngine({
			itemCount: 2,
			async submitting(itemIndex) {
				if (itemIndex === 0) throw new TypeError('odd');
			},
		});
		await engine.run();
		expect(endsOf(engine.state)).toEqual(['sending', 'success']);
		expect(itemOf(engine.state, 0)).toMatchObject({
			explanation: { description: expect.stringContaining('[odd]') },
		});
	});
});

it("what breaks while an answer is read is the item's error, and not polled for ever", async () => {
	const broken = taskItem(0);
	delete (broken.wait as Partial<typeof broken.wait>).schedule;
	const state = runState([broken, taskItem(1)]);
	const { engine } = createEngine({ itemCount: 0, state });
	expect(await engine.run()).toBe('done');
	expect(itemOf(engine.state, 0)).toMatchObject({ wait: { outcome: { kind: 'unreadable' } } });
});

describe('a cancelled run', () => {
	it('reads submissions under way to their end, then logs all tasks in one line', async () => {
		const gate = createGate();
		const { engine, client, execution, timing, cancel } = createEngine({
			itemCount: 10,
			maxConcurrency: 4,
			taskSeconds: (itemIndex) => (itemIndex === 0 ? 1 : 100),
			submitting: async (itemIndex) => (itemIndex >= 2 ? await gate.opened : undefined),
		});
		const settled = jest.fn();
		const ended = engine.run().then(settled, settled);
		await timing.sleep(8_000);
		expect(client.submitted.map(({ itemIndex }) => itemIndex)).toEqual([0, 1, 2, 3, 4]);

		cancel();
		await allIsQuiet();
		expect(settled).not.toHaveBeenCalled();
		expect(execution.log.filter((line) => line.startsWith('warn'))).toEqual([]);

		gate.open();
		await ended;
		expect(settled.mock.calls[0][0]).toMatchObject({ message: 'The execution was cancelled' });
		expect(execution.log.filter((line) => line.startsWith('warn'))).toEqual([
			expect.stringMatching(/execution 1 ended at node 'APIXO'/),
		]);
		const [line] = execution.log.filter((text) => text.startsWith('warn'));
		for (const itemIndex of [0, 1, 2, 3, 4]) {
			expect(line).toContain(`item ${itemIndex}: task task-${itemIndex} of nano-banana`);
		}
		expect(client.submitted).toHaveLength(5);
	});

	it('submits nothing more, also where a poll makes room', async () => {
		const gate = createGate();
		const { engine, client, timing, cancel } = createEngine({
			itemCount: 3,
			maxConcurrency: 1,
			polling: async () => await gate.opened,
		});
		const ended = expect(engine.run()).rejects.toThrow('cancelled');
		await timing.sleep(6_000);
		cancel();
		gate.open();
		await ended;
		expect(client.submitted).toEqual([{ itemIndex: 0, at: 0 }]);
	});

	it('submits nothing where it was cancelled before', async () => {
		const { engine, client, cancel } = createEngine({ itemCount: 3 });
		cancel();
		await expect(engine.run()).rejects.toThrow('cancelled');
		expect(client.submitted).toEqual([]);
		expect(engine.state.items).toEqual([]);
	});

	it('ends at once where it only sleeps', async () => {
		const { engine, timing, execution, cancel } = createEngine({
			itemCount: 1,
			taskSeconds: () => 100,
		});
		const ended = expect(engine.run()).rejects.toThrow('cancelled');
		await timing.sleep(7_000);
		cancel();
		await ended;
		expect(timing.now()).toBe(7_000);
		expect(execution.log.at(-1)).toContain('item 0: task task-0 of nano-banana');
	});
});

describe('the log', () => {
	it('names execution, node, item, model and task of each submission', async () => {
		const { engine, execution } = createEngine({ itemCount: 2 });
		await engine.run();
		expect(execution.log).toEqual(
			[0, 1].map(
				(itemIndex) =>
					`info: APIXO task task-${itemIndex} of model nano-banana is under way (execution execution 1, node 'APIXO', item ${itemIndex})`,
			),
		);
	});
});

describe("n8n's deadline", () => {
	it('ends the wait 8 s before, and nothing is submitted after that', async () => {
		const { engine, client, timing } = createEngine({
			itemCount: 3,
			maxConcurrency: 2,
			taskSeconds: () => 100,
			deadlineMs: 60_000,
			continueOnFail: true,
		});
		expect(await engine.run()).toBe('done');
		expect(timing.now()).toBe(52_000);
		expect(endsOf(engine.state)).toEqual(['timedOut', 'timedOut']);
		expect(client.submitted).toHaveLength(2);
		expect(client.latestMs).toEqual([52_000, 52_000]);
	});

	it('ends the run 3 s before, although a submission is under way', async () => {
		const run = createEngine({
			itemCount: 2,
			taskSeconds: () => 20,
			async submitting(itemIndex) {
				if (itemIndex === 1) await run.timing.sleep(130_000);
			},
			deadlineMs: 60_000,
		});
		expect(await run.engine.run()).toBe('done');
		expect(run.timing.now()).toBe(57_000);
		expect(endsOf(run.engine.state)).toEqual(['success', 'sending']);
	});

	it('lets the last polls end, which take up to 5 s', async () => {
		const run = createEngine({
			itemCount: 2,
			taskSeconds: () => 20,
			async submitting(itemIndex) {
				if (itemIndex === 1) await run.timing.sleep(130_000);
			},
			async polling() {
				if (run.timing.now() >= 50_000) await run.timing.sleep(5_500);
			},
			schedule: { ...EVERY_10_S, initialWaitSeconds: 52 },
			deadlineMs: 60_000,
		});
		expect(await run.engine.run()).toBe('done');
		expect(run.timing.now()).toBe(57_500);
		expect(endsOf(run.engine.state)).toEqual(['success', 'sending']);
	});
});

describe('a pause', () => {
	const HOURLY = { ...EVERY_10_S, initialWaitSeconds: 90, timeoutSeconds: 36_000 };

	it('begins once nothing is due for long enough', async () => {
		const { engine, execution, client } = createEngine({
			itemCount: 2,
			canPause: true,
			schedule: HOURLY,
			taskSeconds: () => 600,
		});
		expect(await engine.run()).toBe('paused');
		expect(execution.pausedUntilMs).toEqual([90_000]);
		expect(endsOf(engine.state)).toEqual(['under way', 'under way']);
		expect(client.polls).toEqual({});
	});

	it('waits for submissions under way', async () => {
		const run = createEngine({
			itemCount: 2,
			canPause: true,
			completion: 'callback',
			schedule: HOURLY,
			taskSeconds: () => 600,
			async submitting(itemIndex) {
				if (itemIndex === 1) await run.timing.sleep(40_000);
			},
		});
		expect(await run.engine.run()).toBe('paused');
		expect(run.timing.now()).toBe(40_000);
		expect(run.execution.pausedUntilMs).toEqual([90_000]);
		expect(endsOf(run.engine.state)).toEqual(['under way', 'under way']);
	});

	it('has a record that callbacks are held against', async () => {
		const { engine, execution } = createEngine({
			itemCount: 3,
			maxConcurrency: 2,
			canPause: true,
			completion: 'callback',
			taskSeconds: () => 600,
		});
		await engine.run();
		expect(execution.saved()['APIXO'].apixoPause).toMatchObject({
			untilMs: 5_000,
			tasks: [
				{ taskId: 'task-0', model: 'nano-banana' },
				{ taskId: 'task-1', model: 'nano-banana' },
			],
			resumeOnFirst: true,
		});
	});

	it('that a callback ended goes on with a poll of the tasks that it announced', async () => {
		const paused = createEngine({
			itemCount: 2,
			canPause: true,
			completion: 'callback',
			schedule: HOURLY,
		});
		await paused.engine.run();
		const resumed = createEngine({
			itemCount: 2,
			canPause: true,
			completion: 'callback',
			state: paused.engine.state,
			reported: ['task-1'],
		});
		expect(await resumed.engine.run()).toBe('paused');
		expect(resumed.client.polls).toEqual({ 'task-1': [0] });
		expect(resumed.client.submitted).toEqual([]);
		expect(itemOf(resumed.engine.state, 1)).toMatchObject({
			wait: { outcome: { kind: 'success' }, deliveredBy: 'callback' },
		});
	});

	it('is none where a task is polled all the time', async () => {
		const { engine, execution, timing } = createEngine({
			itemCount: 1,
			canPause: true,
			completion: 'poll',
			schedule: HOURLY,
			taskSeconds: () => 60,
		});
		expect(await engine.run()).toBe('done');
		expect(timing.now()).toBe(90_000);
		expect(execution.pausedUntilMs).toEqual([]);
	});
});

describe('items that are read when there is room for them', () => {
	it('are read once each, those that there is room for together', async () => {
		const read: number[][] = [];
		const reading = async (itemIndexes: number[]) => void read.push(itemIndexes);
		const { engine, client } = createEngine({ itemCount: 3, maxConcurrency: 2, reading });
		expect(await engine.run()).toBe('done');
		expect(read).toEqual([[0, 1], [2]]);
		expect(client.submitted.map(({ itemIndex }) => itemIndex)).toEqual([0, 1, 2]);
	});

	it('are refused where they are wrong, and hold back no other', async () => {
		const { engine, client } = createEngine({
			itemCount: 3,
			refused: [1],
			continueOnFail: true,
		});
		expect(await engine.run()).toBe('done');
		expect(endsOf(engine.state)).toEqual(['success', 'refused', 'success']);
		expect(client.submitted.map(({ itemIndex }) => itemIndex)).toEqual([0, 2]);
	});

	it('are not submitted where reading takes until n8n is about to end the execution', async () => {
		const { engine, client, timing } = createEngine({
			itemCount: 2,
			deadlineMs: 60_000,
			reading: async () => await timing.sleep(59_000),
		});
		expect(await engine.run()).toBe('done');
		expect(client.submitted).toEqual([]);
		expect(unsubmittedItems(engine.state)).toEqual([0, 1]);
	});

	it('are not submitted where reading fails, which ends the run', async () => {
		const reading = async () => await Promise.reject(new Error('no such node'));
		const { engine, client } = createEngine({ itemCount: 2, reading });
		await expect(engine.run()).rejects.toThrow('no such node');
		expect(client.submitted).toEqual([]);
		expect(unsubmittedItems(engine.state)).toEqual([0, 1]);
	});
});
