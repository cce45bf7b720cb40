import { nextStep, type Step } from '../../../../nodes/Apixo/decisions/nextStep';
import type { ItemState, RunState, TaskItem } from '../../../../nodes/Apixo/decisions/state';
import type { Completion } from '../../../../nodes/Apixo/options/waiting';
import {
	SUCCESS,
	TIMED_OUT,
	failed,
	refusedItem,
	runState,
	sendingItem,
	taskItem,
	unansweredItem,
} from '../states';

const NOW_MS = 1_700_000_000_000;

interface Setting {
	busy?: number[];
	goesOn?: boolean;
	reported?: string[];
	/** Seconds from now to n8n's deadline, and to the end of the last requests before it. */
	stopsIn?: number;
	endsIn?: number;
	/** Seconds from now to the last moment until which the run may be paused. */
	pausesWithin?: number;
}

const at = (inSeconds?: number) =>
	inSeconds === undefined ? undefined : NOW_MS + inSeconds * 1000;

function fullStep(state: RunState, setting: Setting): Step {
	const { busy, goesOn, reported, stopsIn, endsIn, pausesWithin } = setting;
	return nextStep(state, {
		nowMs: NOW_MS,
		limits: {
			graceMs: 0,
			stopAtMs: at(stopsIn),
			endAtMs: at(endsIn),
			pauseBeforeMs: at(pausesWithin),
		},
		busy: new Set(busy),
		goesOn: goesOn ?? false,
		reported: new Set(reported),
	});
}

/** The step, with times in seconds from now. */
function step(state: RunState, setting: Setting = {}) {
	const { submit, poll, untilMs, pause }: Step = fullStep(state, setting);
	const until = untilMs === undefined ? undefined : (untilMs - NOW_MS) / 1000;
	return { submit, poll: poll.map(({ itemIndex }) => itemIndex), until, pause };
}

/** A task whose next poll is due in so many seconds. */
const due = (itemIndex: number, inSeconds: number, completion: Completion = 'auto'): TaskItem =>
	taskItem(itemIndex, { completion, nextPollAtMs: NOW_MS + inSeconds * 1000 });

const done = (itemIndex: number) => taskItem(itemIndex, { outcome: SUCCESS });

const pausable = (items: ItemState[], more: Partial<RunState> = {}) =>
	runState(items, { canPause: true, ...more });

describe('the run polls', () => {
	it('what is due, and sleeps until the earliest of the others', () => {
		const state = runState([due(0, 0), due(1, 7), due(2, -30), due(3, 4), done(4)]);
		expect(step(state)).toEqual({ submit: [], poll: [0, 2], until: 4, pause: false });
	});

	it('what a callback has announced, before it is due', () => {
		const state = runState([due(0, 300), due(1, 200)]);
		expect(step(state, { reported: ['task-0', 'task-of-another-run'] })).toMatchObject({
			poll: [0],
			until: 200,
		});
	});

	it('nothing that a request is under way for, and does not wake for it', () => {
		const state = runState([due(0, -1), due(1, 9), due(2, 3)]);
		expect(step(state, { busy: [0, 2], reported: ['task-0'] })).toMatchObject({
			poll: [],
			until: 9,
		});
		expect(step(state, { busy: [0, 1, 2] })).toMatchObject({ poll: [], until: undefined });
	});

	it('nothing once all tasks are done', () => {
		const ended = taskItem(1, { outcome: TIMED_OUT });
		expect(step(runState([done(0), ended, refusedItem(2), unansweredItem(3)]))).toEqual({
			submit: [],
			poll: [],
			until: undefined,
			pause: false,
		});
		expect(step(runState([]))).toMatchObject({ until: undefined, pause: false });
	});
});

describe('the run submits', () => {
	it.each<[string, ItemState[], number[]]>([
		['into all places of a new run', [], [0, 1, 2]],
		['into the places that tasks leave free', [due(0, 5), due(1, 5)], [2]],
		['nothing where all places are taken', [due(0, 5), due(1, 5), due(2, 5)], []],
		['into the place of a task that is done', [due(0, 5), done(1), due(2, 5)], [3]],
	])('%s', (_, items, expected) => {
		const state = runState(items, { itemCount: 6, maxConcurrency: 3 });
		expect(step(state).submit).toEqual(expected);
	});

	it('a request that is being sent takes a place, but not one that another attempt has sent', () => {
		const items = [due(0, 5), sendingItem(1)];
		const state = runState(items, { itemCount: 6, maxConcurrency: 3 });
		expect(step(state, { busy: [1] }).submit).toEqual([2]);
		expect(step(state).submit).toEqual([2, 3]);
	});

	it('nothing where more tasks are under way than there are places', () => {
		const state = runState([due(0, 5), due(1, 5)], { itemCount: 6, maxConcurrency: 1 });
		expect(step(state).submit).toEqual([]);
	});

	it('its last items', () => {
		const state = runState([done(0), done(1)], { itemCount: 3, maxConcurrency: 10 });
		expect(step(state).submit).toEqual([2]);
	});

	describe('nothing after an item has failed, unless the workflow goes on', () => {
		it.each<[string, ItemState]>([
			['was refused', refusedItem(0)],
			['has a request of unknown outcome', unansweredItem(0)],
			['has a task that failed', taskItem(0, { outcome: failed() })],
			['has a task that timed out', taskItem(0, { outcome: TIMED_OUT })],
		])('that %s', (_, item) => {
			const state = runState([item, due(1, 5)], { itemCount: 4, maxConcurrency: 3 });
			expect(step(state)).toMatchObject({ submit: [], until: 5 });
			expect(step(state, { goesOn: true }).submit).toEqual([2, 3]);
		});

		it('goes on after a failed task where failures are output', () => {
			const item = taskItem(0, { outcome: failed(), policy: { onTaskFailure: 'output' } });
			expect(step(runState([item], { itemCount: 2 })).submit).toEqual([1]);
		});
	});

	it("nothing once n8n's deadline has come", () => {
		const state = runState([done(0)], { itemCount: 3, maxConcurrency: 3 });
		expect(step(state, { stopsIn: 1 }).submit).toEqual([1, 2]);
		expect(step(state, { stopsIn: 0, goesOn: true })).toMatchObject({
			submit: [],
			until: undefined,
		});
	});
});

describe("n8n's deadline", () => {
	it.each<[string, ItemState[], number]>([
		['that are sent by this step', [], 1],
		['that are under way', [sendingItem(0)], 1],
		['under way beside a task', [sendingItem(0), due(1, 40)], 2],
	])('wakes the run for the end of submissions %s', (_, items, itemCount) => {
		const state = runState(items, { itemCount, maxConcurrency: 5 });
		const busy = items
			.filter(({ status }) => status === 'sending')
			.map(({ itemIndex }) => itemIndex);
		expect(step(state, { busy, stopsIn: 20, endsIn: 12 }).until).toBe(12);
	});

	it('does not wake the run for a submission of another attempt', () => {
		expect(step(runState([sendingItem(0)]), { stopsIn: 20, endsIn: 12 }).until).toBeUndefined();
	});

	it('ends the run although a submission is under way, but not before tasks are polled', () => {
		const isOver = (items: ItemState[], endsIn: number) =>
			fullStep(runState(items), { busy: [0], stopsIn: -5, endsIn }).isOver;
		expect(isOver([sendingItem(0)], 1)).toBe(false);
		expect(isOver([sendingItem(0)], 0)).toBe(true);
		expect(isOver([sendingItem(0), due(1, 0)], 0)).toBe(false);
	});

	it('is when the last poll is due', () => {
		expect(step(runState([due(0, 40)]), { stopsIn: 12 })).toMatchObject({ poll: [], until: 12 });
		expect(step(runState([due(0, 40)]), { stopsIn: 0 })).toMatchObject({ poll: [0] });
		expect(step(runState([due(0, 4)]), { stopsIn: 12 })).toMatchObject({ until: 4 });
	});
});

describe('a gap until the next poll is spent', () => {
	it.each<[Completion, number, 'paused' | 'in process']>([
		['auto', 1, 'in process'],
		['auto', 54, 'in process'],
		['auto', 55, 'paused'],
		['auto', 60, 'paused'],
		['auto', 3_600, 'paused'],
		['poll', 1, 'in process'],
		['poll', 54, 'in process'],
		['poll', 55, 'in process'],
		['poll', 60, 'in process'],
		['poll', 3_600, 'in process'],
		['callback', 1, 'paused'],
		['callback', 54, 'paused'],
		['callback', 55, 'paused'],
		['callback', 60, 'paused'],
		['callback', 3_600, 'paused'],
	])('%s, %d s: %s', (completion, gap, expected) => {
		const items = [due(0, gap, completion), done(1)];
		expect(step(pausable(items))).toEqual({
			submit: [],
			poll: [],
			until: gap,
			pause: expected === 'paused',
		});
		expect(step(runState(items)).pause).toBe(false);
	});

	it.each<[string, boolean, RunState, Setting]>([
		['every task is far off', true, pausable([due(0, 90), due(1, 200)]), {}],
		[
			'items wait for a place',
			true,
			pausable([due(0, 90)], { itemCount: 9, maxConcurrency: 1 }),
			{},
		],
		['one task is near', false, pausable([due(0, 90), due(1, 20)]), {}],
		['one task is due', false, pausable([due(0, 90), due(1, 0)]), {}],
		['one task is polled all the time', false, pausable([due(0, 90), due(1, 90, 'poll')]), {}],
		['a poll is under way', false, pausable([due(0, 90), due(1, 90)]), { busy: [1] }],
		['a submission is under way', false, pausable([due(0, 90), sendingItem(1)]), { busy: [1] }],
		['an item has room', false, pausable([due(0, 90)], { itemCount: 2, maxConcurrency: 2 }), {}],
		['a callback came', false, pausable([due(0, 90)]), { reported: ['task-0'] }],
		['nothing is waited for', false, pausable([done(0)]), {}],
		["n8n's deadline is near", false, pausable([due(0, 90)]), { stopsIn: 30 }],
		[
			'n8n would end the execution before its timer resumes it',
			false,
			pausable([due(0, 120)]),
			{ pausesWithin: 120 },
		],
		["n8n's timer resumes it in time", true, pausable([due(0, 120)]), { pausesWithin: 121 }],
	])('where %s, paused: %s', (_, expected, state, setting) => {
		expect(step(state, setting).pause).toBe(expected);
	});
});
