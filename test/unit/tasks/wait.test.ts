import type { Answer, ApiFailure } from '../../../nodes/shared/api/failure';
import type { TaskAnswer } from '../../../nodes/shared/api/schemas';
import type { DeliveredBy } from '../../../nodes/shared/tasks/outcome';
import type { PollSchedule } from '../../../nodes/shared/tasks/schedule';
import {
	afterPoll,
	pollDueMs,
	startWait,
	startWaitForExisting,
	timeoutAtMs,
	waitAgain,
	type TaskWait,
	type WaitLimits,
} from '../../../nodes/shared/tasks/wait';

/** Polls at 5, 15, 25 ... 115 and 120 s. */
const EVERY_10_S: PollSchedule = {
	strategy: 'fixed',
	initialWaitSeconds: 5,
	intervalSeconds: 10,
	backoffFactor: 1,
	maxIntervalSeconds: 10,
	timeoutSeconds: 120,
};
const HOURLY: PollSchedule = { ...EVERY_10_S, intervalSeconds: 3_600, timeoutSeconds: 36_000 };

/** All times of these tests are seconds after the submission. */
const SUBMITTED_AT_MS = 1_700_000_000_000;
const ms = (seconds: number) => SUBMITTED_AT_MS + seconds * 1000;
const seconds = (unixMs: number) => (unixMs - SUBMITTED_AT_MS) / 1000;

const TASK = { taskId: 't', model: 'm', submittedAtMs: SUBMITTED_AT_MS };
const IN_PROCESS: WaitLimits = { graceMs: 0 };
const CAN_PAUSE: WaitLimits = { graceMs: 600_000 };

const state = (name: string, more: Partial<TaskAnswer> = {}): Answer<TaskAnswer> => ({
	ok: true,
	value: { taskId: 't', state: name, resultJson: undefined, ...more },
});
const failure = (status: number, more: Partial<ApiFailure> = {}): Answer<TaskAnswer> => ({
	ok: false,
	error: { kind: KINDS[status] ?? 'serverError', message: `HTTP ${status}`, status, ...more },
});
const KINDS: Record<number, ApiFailure['kind']> = {
	400: 'invalidRequest',
	401: 'unauthorized',
	403: 'forbidden',
	404: 'notFound',
	429: 'rateLimited',
	503: 'unavailable',
};
const NO_CONNECTION: Answer<TaskAnswer> = {
	ok: false,
	error: { kind: 'network', message: 'read ECONNRESET' },
};
const PROCESSING = state('processing');
const DONE = state('success');

interface Setting {
	schedule?: PollSchedule;
	limits?: WaitLimits;
	/** Not submitted by this execution: Task: Wait. */
	ofOthers?: boolean;
	deliveredBy?: DeliveredBy;
	/** Seconds that each answer takes. */
	answerTakes?: number;
}

function begin(schedule: PollSchedule, ofOthers: boolean): TaskWait {
	return ofOthers
		? startWaitForExisting(TASK, schedule, SUBMITTED_AT_MS)
		: startWait(TASK, schedule);
}

/** Polls whenever a poll is due until the wait is over; the last answer is repeated for ever. */
function waitThrough(answers: Array<Answer<TaskAnswer>>, setting: Setting = {}) {
	const { schedule = EVERY_10_S, limits = IN_PROCESS, ofOthers = false, answerTakes = 0 } = setting;
	let wait = begin(schedule, ofOthers);
	const polls: number[] = [];
	while (!wait.outcome && polls.length < 1_000) {
		const dueMs = pollDueMs(wait, limits);
		polls.push(seconds(dueMs));
		const answer = answers[Math.min(polls.length, answers.length) - 1];
		wait = afterPoll(wait, answer, 'poll', dueMs + answerTakes * 1000, limits);
	}
	return { polls, outcome: wait.outcome, deliveredBy: wait.deliveredBy };
}

/** One poll of a wait that has begun. */
function poll(answer: Answer<TaskAnswer>, atSeconds: number, setting: Setting = {}) {
	const { schedule = EVERY_10_S, limits = IN_PROCESS, ofOthers = false, deliveredBy } = setting;
	const wait = begin(schedule, ofOthers);
	const after = afterPoll(wait, answer, deliveredBy ?? 'poll', ms(atSeconds), limits);
	return { ...after, nextPoll: seconds(after.nextPollAtMs) };
}

describe('a wait begins', () => {
	const at = (schedule: PollSchedule) => seconds(startWait(TASK, schedule).nextPollAtMs);

	it.each([
		['after the initial wait', EVERY_10_S, 5],
		['at once where there is none', { ...EVERY_10_S, initialWaitSeconds: 0 }, 0],
		['at the timeout where that is shorter', { ...EVERY_10_S, timeoutSeconds: 3 }, 3],
		[
			'at the timeout where an adaptive one would come just before it',
			{ ...EVERY_10_S, strategy: 'adaptive' as const, pollsAtSeconds: [5, 9], timeoutSeconds: 5.4 },
			5.4,
		],
	])('with a poll %s', (_, schedule, expected) => {
		expect(at(schedule)).toBe(expected);
	});

	it('for a task of another execution with a poll at once', () => {
		const wait = startWaitForExisting(TASK, EVERY_10_S, ms(300));
		expect(seconds(wait.nextPollAtMs)).toBe(300);
		expect(seconds(timeoutAtMs(wait, IN_PROCESS))).toBe(420);
	});

	it('as plain data, for n8n to keep', () => {
		const wait = startWait(TASK, EVERY_10_S);
		expect(JSON.parse(JSON.stringify(wait))).toEqual(wait);
	});
});

describe('an answer', () => {
	it.each([
		['success', { kind: 'success' }],
		['failed', { kind: 'failed' }],
	])('%s ends the wait at once, at whatever time', (name, outcome) => {
		for (const atSeconds of [0, 5, 119, 120, 5_000]) {
			expect(poll(state(name), atSeconds)).toMatchObject({ outcome, deliveredBy: 'poll' });
		}
	});

	it.each(['pending', 'processing', 'processing_r2', 'queued', 'SUCCESS', ''])(
		'%j is not terminal: the schedule goes on',
		(name) => {
			const { outcome, nextPoll, lastAnswer } = poll(state(name), 5);
			expect([outcome, nextPoll, lastAnswer?.state]).toEqual([undefined, 15, name]);
		},
	);

	it('that came late leaves out the polls that were due meanwhile', () => {
		expect(poll(PROCESSING, 37).nextPoll).toBe(45);
		expect(waitThrough([PROCESSING, PROCESSING, DONE], { answerTakes: 22 }).polls).toEqual([
			5, 35, 65,
		]);
	});
});

describe('the timeout', () => {
	it('gets the last poll, which may still bring the result', () => {
		const answers = Array.from({ length: 12 }, () => PROCESSING);
		const { polls, outcome } = waitThrough([...answers, DONE]);
		expect(polls.slice(-3)).toEqual([105, 115, 120]);
		expect(outcome?.kind).toBe('success');
	});

	it('ends the wait with the last state', () => {
		const { polls, outcome } = waitThrough([state('pending'), state('processing_r2')]);
		expect(polls.at(-1)).toBe(120);
		expect(outcome).toEqual({
			kind: 'timedOut',
			answer: expect.objectContaining({ state: 'processing_r2' }),
			cause: { limit: 'task', seconds: 120 },
		});
	});

	it('of a run that was resumed hours later gets one poll, too', () => {
		expect(poll(DONE, 50_000).outcome?.kind).toBe('success');
		expect(poll(PROCESSING, 50_000).outcome?.kind).toBe('timedOut');
	});
});

describe('a transient failure is no news', () => {
	it.each<[string, Answer<TaskAnswer>]>([
		['no connection', NO_CONNECTION],
		['a page of a proxy', failure(200, { kind: 'unreadable' })],
		...[408, 425, 429, 500, 502, 503, 504, 520, 522, 524, 530].map(
			(status): [string, Answer<TaskAnswer>] => [`HTTP ${status}`, failure(status)],
		),
	])('%s: the schedule goes on, however often', (_, answer) => {
		const { polls, outcome } = waitThrough([PROCESSING, ...Array(10).fill(answer), DONE]);
		expect(polls).toEqual([5, 15, 25, 35, 45, 55, 65, 75, 85, 95, 105, 115]);
		expect(outcome?.kind).toBe('success');
	});

	it('a transient failure ends no wait for a task of another execution, either', () => {
		const { polls, outcome } = waitThrough([NO_CONNECTION, DONE], { ofOthers: true });
		expect(polls).toEqual([0, 5]);
		expect(outcome?.kind).toBe('success');
	});

	it('keeps the last state, and since when none could be read', () => {
		const { outcome } = waitThrough([PROCESSING, PROCESSING, failure(503), NO_CONNECTION]);
		expect(outcome).toMatchObject({
			kind: 'timedOut',
			answer: { state: 'processing' },
			failedPolls: { sinceMs: ms(25), failure: { message: 'read ECONNRESET' } },
		});
	});

	it('is forgotten with the next answer', () => {
		const failed = poll(failure(503), 5);
		expect(failed.failedPolls).toMatchObject({ sinceMs: ms(5) });
		expect(afterPoll(failed, PROCESSING, 'poll', ms(15), IN_PROCESS).failedPolls).toBeUndefined();
	});
});

describe('Retry-After', () => {
	const retryAfter = (retryAfterSeconds: number) =>
		failure(429, { retryAfterMs: retryAfterSeconds * 1000 });

	it.each([
		['postpones the next poll', 5, 33, 38],
		['changes nothing where the next poll is later anyway', 5, 7, 15],
		['of 0 changes nothing', 5, 0, 15],
		['never postpones the last poll beyond the timeout', 5, 86_400, 120],
	])('%s (at %d s, %d s: next at %d s)', (_, atSeconds, retryAfterSeconds, expected) => {
		expect(poll(retryAfter(retryAfterSeconds), atSeconds).nextPoll).toBe(expected);
	});

	it('postpones also the polls after the timeout, while APIXO cannot be reached', () => {
		expect(poll(retryAfter(300), 130, { limits: CAN_PAUSE }).nextPoll).toBe(430);
	});
});

describe('a refusal (401, 403, 404)', () => {
	it.each([401, 403, 404])(
		'%i of our own task ends the wait once it came three times over 30 s',
		(status) => {
			const { polls, outcome } = waitThrough([PROCESSING, failure(status)]);
			expect(polls).toEqual([5, 15, 25, 35, 45]);
			expect(outcome).toMatchObject({ kind: 'unreadable', failure: { status } });
		},
	);

	it('is repeated within 15 s where the next poll would come much later', () => {
		const { polls, outcome } = waitThrough([failure(404)], { schedule: HOURLY });
		expect(polls).toEqual([5, 20, 35]);
		expect(outcome?.kind).toBe('unreadable');
	});

	it('that does not last costs nothing', () => {
		const { outcome } = waitThrough([failure(404), failure(404), failure(404), DONE]);
		expect(outcome?.kind).toBe('success');
	});

	it('counts anew after an answer', () => {
		const { polls } = waitThrough([failure(404), PROCESSING, failure(404)], { schedule: HOURLY });
		expect(polls.slice(2).map((second) => second - polls[2])).toEqual([0, 15, 30]);
	});

	it('counts alone: transient failures before it do not make it sure', () => {
		const outage = Array(8).fill(failure(503));
		const { outcome } = waitThrough([...outage, failure(404), DONE]);
		expect(outcome?.kind).toBe('success');
	});

	it('is not forgotten over a transient failure', () => {
		const { polls, outcome } = waitThrough(
			[failure(404), NO_CONNECTION, failure(404), failure(404)],
			{ schedule: { ...EVERY_10_S, intervalSeconds: 15 } },
		);
		expect(polls).toEqual([5, 20, 35, 50]);
		expect(outcome?.kind).toBe('unreadable');
	});

	it('at the timeout ends the wait, also when it is the first', () => {
		expect(poll(failure(404), 120).outcome).toMatchObject({ kind: 'unreadable' });
	});

	it.each([400, 401, 403, 404])('%i of a task of another execution ends it at once', (status) => {
		const { polls, outcome } = waitThrough([failure(status)], { ofOthers: true });
		expect(polls).toEqual([0]);
		expect(outcome).toMatchObject({ kind: 'unreadable', failure: { status } });
	});
});

describe('while APIXO cannot be reached at the timeout', () => {
	it('a run that stays in process ends', () => {
		const { polls, outcome } = waitThrough([NO_CONNECTION]);
		expect(polls.at(-1)).toBe(120);
		expect(outcome?.kind).toBe('timedOut');
	});

	it('a run that can pause goes on for 10 minutes, once a minute', () => {
		const { polls, outcome } = waitThrough([NO_CONNECTION], { limits: CAN_PAUSE });
		expect(polls.filter((second) => second >= 120)).toEqual(
			Array.from({ length: 11 }, (_, minute) => 120 + 60 * minute),
		);
		expect(outcome).toMatchObject({ kind: 'timedOut', cause: { limit: 'task', seconds: 120 } });
	});

	it('a run that can pause gets the result that is there once the API answers again', () => {
		const outage = Array(20).fill(failure(503));
		const { outcome } = waitThrough([...outage, DONE], { limits: CAN_PAUSE });
		expect(outcome?.kind).toBe('success');
	});

	it('a run that can pause ends with the first answer that is not terminal', () => {
		const { outcome } = waitThrough([...Array(15).fill(NO_CONNECTION), PROCESSING], {
			limits: CAN_PAUSE,
		});
		expect(outcome).toMatchObject({ kind: 'timedOut', answer: { state: 'processing' } });
	});
});

describe("n8n's deadline for the execution", () => {
	const stopAt = (second: number, limits = IN_PROCESS) => ({ ...limits, stopAtMs: ms(second) });

	it('gets the last poll', () => {
		const { polls, outcome } = waitThrough([PROCESSING], { limits: stopAt(62) });
		expect(polls).toEqual([5, 15, 25, 35, 45, 55, 62]);
		expect(outcome).toMatchObject({
			kind: 'timedOut',
			answer: { state: 'processing' },
			cause: { limit: 'execution', seconds: 62 },
		});
	});

	it('ends the wait also while APIXO cannot be reached', () => {
		const { polls, outcome } = waitThrough([NO_CONNECTION], { limits: stopAt(300, CAN_PAUSE) });
		expect(polls.at(-1)).toBe(300);
		expect(outcome).toMatchObject({ kind: 'timedOut', cause: { limit: 'execution' } });
	});

	it('ends a refusal, too', () => {
		const { polls, outcome } = waitThrough([failure(404)], { limits: stopAt(20) });
		expect(polls).toEqual([5, 15, 20]);
		expect(outcome?.kind).toBe('unreadable');
	});

	it('is not what ended a task whose own timeout came first', () => {
		const { outcome } = waitThrough([PROCESSING], { limits: stopAt(122), answerTakes: 9 });
		expect(outcome).toMatchObject({ kind: 'timedOut', cause: { limit: 'task', seconds: 120 } });
	});

	it('moves no poll that is due before it', () => {
		const wait = startWait(TASK, EVERY_10_S);
		expect(seconds(pollDueMs(wait, stopAt(300)))).toBe(5);
		expect(seconds(pollDueMs(wait, stopAt(2)))).toBe(2);
		expect(seconds(pollDueMs(wait, IN_PROCESS))).toBe(5);
		expect(seconds(timeoutAtMs(wait, IN_PROCESS))).toBe(120);
		expect(seconds(timeoutAtMs(wait, stopAt(300)))).toBe(120);
		expect(seconds(timeoutAtMs(wait, stopAt(62)))).toBe(62);
	});
});

describe('a callback that announced the end', () => {
	const ANNOUNCED = { schedule: HOURLY, deliveredBy: 'callback' } as const;

	it('is confirmed by the poll, which brings the result', () => {
		expect(poll(DONE, 40, ANNOUNCED)).toMatchObject({
			outcome: { kind: 'success' },
			deliveredBy: 'callback',
		});
	});

	it('is confirmed by another poll within 10 s where the status API lags behind', () => {
		expect(poll(PROCESSING, 40, ANNOUNCED).nextPoll).toBe(50);
		expect(poll(PROCESSING, 40, { deliveredBy: 'callback' }).nextPoll).toBe(45);
	});

	it('is confirmed by another poll within 10 s where the state cannot be read', () => {
		expect(poll(NO_CONNECTION, 40, ANNOUNCED).nextPoll).toBe(50);
		expect(poll(NO_CONNECTION, 40, { schedule: HOURLY }).nextPoll).toBe(5 + 3_600);
	});

	it('is confirmed no sooner than APIXO asks for', () => {
		const busy = failure(503, { retryAfterMs: 30_000 });
		expect(poll(busy, 40, ANNOUNCED).nextPoll).toBe(70);
	});

	it('is not how a timeout was learned', () => {
		expect(poll(PROCESSING, 40_000, ANNOUNCED)).toMatchObject({
			outcome: { kind: 'timedOut' },
			deliveredBy: 'poll',
		});
	});
});

describe('waiting again for a task', () => {
	const ended = (isOwn: boolean): TaskWait => ({
		...begin(EVERY_10_S, !isOwn),
		lastAnswer: { taskId: 't', state: 'processing', resultJson: undefined },
		outcome: { kind: 'timedOut', cause: { limit: 'task', seconds: 120 } },
		deliveredBy: 'poll',
	});

	it('polls it at once', () => {
		const again = waitAgain(ended(true), ms(500));
		expect(seconds(again.nextPollAtMs)).toBe(500);
		expect(again).not.toHaveProperty('outcome');
		expect(again).not.toHaveProperty('deliveredBy');
		expect(afterPoll(again, DONE, 'poll', ms(500), IN_PROCESS).outcome?.kind).toBe('success');
	});

	it('counts the timeout of an own task from its submission: one poll, no second wait', () => {
		const again = waitAgain(ended(true), ms(500));
		expect(seconds(timeoutAtMs(again, IN_PROCESS))).toBe(120);
		expect(afterPoll(again, PROCESSING, 'poll', ms(500), IN_PROCESS).outcome?.kind).toBe(
			'timedOut',
		);
	});

	it('counts the timeout of another task from now', () => {
		const again = waitAgain(ended(false), ms(500));
		expect(seconds(timeoutAtMs(again, IN_PROCESS))).toBe(620);
		expect(afterPoll(again, PROCESSING, 'poll', ms(500), IN_PROCESS).outcome).toBeUndefined();
	});
});

describe('the schedule of a task of another execution', () => {
	/** All in seconds; the wait begins at 1000. */
	function nextPollOf(createdAt: number | undefined) {
		const wait = startWaitForExisting(TASK, HOURLY, ms(1_000));
		const createTime = createdAt === undefined ? undefined : ms(createdAt);
		const after = afterPoll(
			wait,
			state('processing', { createTime }),
			'poll',
			ms(1_000),
			IN_PROCESS,
		);
		return seconds(after.nextPollAtMs) - 1_000;
	}

	it.each([
		['the creation that APIXO tells: 995 s ago', 5, 3_605 - 995],
		['the creation that APIXO tells: 3 s ago', 997, 2],
		['now, where APIXO tells none', undefined, 5],
		['now, where the creation is in the future', 99_000, 5],
		['the longest possible wait, where the creation is absurd', -1e12, 5],
	])('counts from %s', (_, createdAt, expected) => {
		expect(nextPollOf(createdAt)).toBe(expected);
	});

	it('has its timeout from the beginning of the wait, whatever the age', () => {
		const wait = startWaitForExisting(TASK, EVERY_10_S, ms(1_000));
		const answer = state('processing', { createTime: ms(0) });
		const after = afterPoll(wait, answer, 'poll', ms(1_000), IN_PROCESS);
		expect(after.outcome).toBeUndefined();
		expect(seconds(timeoutAtMs(after, IN_PROCESS))).toBe(1_120);
	});
});
