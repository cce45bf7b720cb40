import {
	firstToPoll,
	onCallback,
	pauseRecordSchema,
	type CallbackDecision,
	type PauseKnowledge,
	type PauseRecord,
} from '../../../../nodes/Apixo/decisions/onCallback';
import { stored } from '../states';

const NOW_MS = 1_700_000_000_000;

const task = (taskId: string) => ({ taskId, model: 'nano-banana' });
const [A, B, C] = ['a', 'b', 'c'].map(task);

const pauseFor = (tasks: PauseRecord['tasks'], more: Partial<PauseRecord> = {}): PauseRecord => ({
	runKey: 'execution 1 node 0',
	number: 3,
	untilMs: NOW_MS + 300_000,
	tasks,
	resumeOnFirst: false,
	...more,
});
const endingIn = (ms: number) => ({ untilMs: NOW_MS + ms });
const FREE_PLACES = { resumeOnFirst: true };

/** The pause was made by this process, as in n8n's regular mode. */
const MADE_HERE = { isMadeHere: true };
const reported = (...taskIds: string[]) => ({ reported: new Set(taskIds) });

function decide(
	pause: PauseRecord | undefined,
	callback: { taskId: string; state: string },
	known: Partial<PauseKnowledge>,
): CallbackDecision {
	const knowledge = {
		isMadeHere: false,
		mayBePutBack: false,
		isContinued: false,
		isResuming: false,
		reported: new Set<string>(),
		...known,
	};
	return onCallback(pause, callback, knowledge, NOW_MS);
}

const SUCCESS_OF_A = { taskId: 'a', state: 'success' };
const RESUME: CallbackDecision = { status: 200, message: 'The execution continues', resume: true };
const CONTINUES: CallbackDecision = { status: 200, message: 'The execution continues' };
const NOTED: CallbackDecision = { status: 200, message: 'Noted: other tasks are still under way' };
const SEND_AGAIN: CallbackDecision = {
	status: 503,
	message: 'The execution continues right now: send again',
};
const poll = (...tasks: PauseRecord['tasks']): CallbackDecision => ({ ...CONTINUES, poll: tasks });

describe('a callback of a task that this execution does not wait for is answered 404', () => {
	it.each([
		['where it waits for others', pauseFor([B])],
		['where it waits for none', pauseFor([])],
		['where it is not paused', undefined],
	])('%s', (_, pause) => {
		expect(decide(pause, SUCCESS_OF_A, MADE_HERE).status).toBe(404);
		expect(decide(pause, SUCCESS_OF_A, { isContinued: true }).status).toBe(404);
	});
});

describe('a callback to a pause that n8n, which has just started, may put the execution back to', () => {
	const STARTING = { status: 503, message: 'n8n is still starting: send again' };
	it.each([
		['resumes nothing', pauseFor([A])],
		['polls nothing', pauseFor([A, B])],
		['is answered so near the end of the pause, too', pauseFor([A], endingIn(500))],
	])('%s', (_, pause) => {
		expect(decide(pause, SUCCESS_OF_A, { mayBePutBack: true })).toEqual(STARTING);
	});
});

describe('a callback of a task that is not done changes nothing', () => {
	it.each(['pending', 'processing', 'processing_r2', 'SUCCESS', ''])('%j', (state) => {
		for (const known of [MADE_HERE, {}, { isContinued: true }, { isResuming: true }]) {
			expect(decide(pauseFor([A]), { taskId: 'a', state }, known)).toEqual({
				status: 200,
				message: 'Ignored: the task is not done yet',
			});
		}
	});
});

it.each(['success', 'failed'])('%s is the end of a task', (state) => {
	expect(decide(pauseFor([A]), { taskId: 'a', state }, MADE_HERE)).toEqual(RESUME);
});

describe('a callback of a task that is done', () => {
	it.each<[string, CallbackDecision, PauseRecord, Partial<PauseKnowledge>]>([
		// One process, which gets all callbacks.
		['of one task', RESUME, pauseFor([A]), MADE_HERE],
		['of the first of three', NOTED, pauseFor([A, B, C]), MADE_HERE],
		['of the second', NOTED, pauseFor([A, B, C]), { ...MADE_HERE, ...reported('b') }],
		['of the last', RESUME, pauseFor([A, B, C]), { ...MADE_HERE, ...reported('b', 'c') }],
		['that came before', NOTED, pauseFor([A, B]), { ...MADE_HERE, ...reported('a') }],
		['of the first, with items without a place', RESUME, pauseFor([A, B], FREE_PLACES), MADE_HERE],

		// Several processes, each of which may get callbacks.
		['of one task, elsewhere', RESUME, pauseFor([A]), {}],
		['of the first of three, elsewhere', poll(B, C), pauseFor([A, B, C]), {}],
		['of the second, elsewhere', poll(C), pauseFor([A, B, C]), reported('b')],
		['of the last, elsewhere', RESUME, pauseFor([A, B, C]), reported('b', 'c')],
		[
			'of the first, elsewhere, with items without a place',
			RESUME,
			pauseFor([A, B], FREE_PLACES),
			{},
		],
	])('%s: %j', (_, expected, pause, known) => {
		expect(decide(pause, SUCCESS_OF_A, known)).toEqual(expected);
	});

	it.each<[string, CallbackDecision, Partial<PauseKnowledge>]>([
		['is resumed by an earlier callback', CONTINUES, { isResuming: true, isMadeHere: true }],
		['is resumed by an earlier callback, elsewhere', CONTINUES, { isResuming: true }],
		['has been continued', SEND_AGAIN, { isContinued: true, isMadeHere: true }],
		['has been continued, after a callback', SEND_AGAIN, { isContinued: true, isResuming: true }],
	])('never resumes a pause that %s', (_, expected, known) => {
		expect(decide(pauseFor([A]), SUCCESS_OF_A, known)).toEqual(expected);
		expect(decide(pauseFor([A, B], FREE_PLACES), SUCCESS_OF_A, known)).toEqual(expected);
	});

	it.each<[string, CallbackDecision, number, Partial<PauseKnowledge>]>([
		['a second before', RESUME, 1_000, MADE_HERE],
		['less than a second before', CONTINUES, 999, MADE_HERE],
		['at the moment of', CONTINUES, 0, MADE_HERE],
		['after', CONTINUES, -60_000, MADE_HERE],
		['a second before, elsewhere', RESUME, 1_000, {}],
		['less than a second before, elsewhere', SEND_AGAIN, 999, {}],
		['at the moment of, elsewhere', SEND_AGAIN, 0, {}],
		['after, elsewhere', SEND_AGAIN, -60_000, {}],
	])("never competes with n8n's timer: %s its end: %j (%d ms)", (_, expected, ms, known) => {
		expect(decide(pauseFor([A], endingIn(ms)), SUCCESS_OF_A, known)).toEqual(expected);
		expect(
			decide(pauseFor([A, B], { ...FREE_PLACES, ...endingIn(ms) }), SUCCESS_OF_A, known),
		).toEqual(expected);
	});
});

describe('of the tasks that are polled', () => {
	const tasks = (count: number) =>
		Array.from({ length: count }, (_, index) => task(`task ${index}`));

	it.each([1, 2, 10])('%d are polled at once', (count) => {
		expect(firstToPoll(tasks(count), 0.5)).toEqual(tasks(count));
	});

	it.each([
		[11, 0, 0],
		[40, 0.5, 20],
		[1_000, 0.999_999, 999],
	])('of %d one comes first, at random: %d is that of index %d', (count, random, index) => {
		expect(firstToPoll(tasks(count), random)).toEqual([task(`task ${index}`)]);
	});
});

describe('the record of a pause in the database', () => {
	it('is what was written', () => {
		expect(pauseRecordSchema.parse(stored(pauseFor([A, B])))).toEqual(pauseFor([A, B]));
	});

	it.each([
		['of version 0.1.0', { parked: true }],
		['without a number', { ...pauseFor([A]), number: undefined }],
		['with a task without a model', pauseFor([{ taskId: 'a' } as typeof A])],
		['that is text', 'pause'],
	])('is none %s', (_, record) => {
		expect(pauseRecordSchema.safeParse(record).success).toBe(false);
	});
});
