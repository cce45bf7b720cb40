import type { ApiFailure, FailureKind } from '../../../nodes/shared/api/failure';
import {
	explainCallFailure,
	explainOutcome,
	explainSubmitFailure,
	explainUnansweredSubmit,
	type Explanation,
} from '../../../nodes/shared/tasks/explain';
import type { Outcome, Task } from '../../../nodes/shared/tasks/outcome';

const TASK_ID = '9f86d081884c7d659a2feaa0c55ad015';
const TASK: Task = { taskId: TASK_ID, model: 'happyHorse', submittedAtMs: 0 };
const answer = (state: string, more = {}) => ({
	taskId: TASK_ID,
	state,
	resultJson: undefined,
	...more,
});

const STATUS_OF: Record<FailureKind, number | undefined> = {
	unauthorized: 401,
	lowBalance: 402,
	forbidden: 403,
	notFound: 404,
	invalidRequest: 400,
	rateLimited: 429,
	unavailable: 503,
	serverError: 500,
	unreadable: 200,
	network: undefined,
};
const FAILURES: ApiFailure[] = (Object.keys(STATUS_OF) as FailureKind[]).map((kind) => ({
	kind,
	message: `words of ${kind}`,
	status: STATUS_OF[kind],
}));
const NEVER_SENT: ApiFailure = { kind: 'network', message: 'refused', neverSent: true };

const of = (kind: FailureKind) => FAILURES.find((failure) => failure.kind === kind) as ApiFailure;
const reading = (failure: ApiFailure) => explainOutcome(TASK, { kind: 'unknown', failure });

type Missed = Exclude<Outcome, { kind: 'success' | 'running' }>;
const MISSED: Array<[string, Missed]> = [
	['failed', { kind: 'failed', answer: answer('failed', { failCode: 'NSFW', failMsg: 'Not so' }) }],
	['failed without a reason', { kind: 'failed', answer: answer('failed') }],
	[
		'failed with a new code',
		{ kind: 'failed', answer: answer('failed', { failCode: 'ODD_CODE' }) },
	],
	['timed out', { kind: 'timedOut', answer: answer('processing_r2'), timeoutSeconds: 120 }],
	['timed out, never seen', { kind: 'timedOut', timeoutSeconds: 120 }],
];

const all: Array<[string, Explanation]> = [
	...FAILURES.flatMap(
		(failure): Array<[string, Explanation]> => [
			[`submitting: ${failure.kind}`, explainSubmitFailure(failure, TASK.model)],
			[`calling: ${failure.kind}`, explainCallFailure(failure)],
			[`reading: ${failure.kind}`, reading(failure)],
		],
	),
	['submitting: never sent', explainSubmitFailure(NEVER_SENT, TASK.model)],
	['an earlier try', explainUnansweredSubmit(TASK.model)],
	...MISSED.map(([name, outcome]): [string, Explanation] => [name, explainOutcome(TASK, outcome)]),
];

describe.each(all)('%s', (_, { message, description }) => {
	it('says what happened and what to do, in sentences', () => {
		for (const text of [message, description]) {
			expect(text).toMatch(/^[A-Z]/);
			expect(text.length).toBeGreaterThanOrEqual(15);
			expect(text).not.toMatch(/undefined|null|NaN|\[object|\.\./);
		}
		expect(description).toMatch(
			/check|change|top up|run again|look for it|lower|raise|take it up|try again/i,
		);
	});
});

describe('a submission', () => {
	it.each<[ApiFailure, RegExp, RegExp]>([
		[of('unauthorized'), /does not accept the API key \[words of unauth/, /Check the key/],
		[of('lowBalance'), /top up/, /Top up in the APIXO dashboard/],
		[of('forbidden'), /policy or the permissions/, /allow-list/],
		[of('notFound'), /does not know the model 'happyHorse'/, /upper and lower case.*'Base URL'/],
		[of('invalidRequest'), /did not accept.*\[words of invalidRequest\]/, /Change the inputs/],
		[of('rateLimited'), /too many requests/, /'Max Concurrency'/],
		[of('unavailable'), /not available/, /another model/],
		[NEVER_SENT, /could not be reached \[refused\]/, /'Base URL'/],
	])('that was not accepted: %j', (failure, message, description) => {
		const explanation = explainSubmitFailure(failure, TASK.model);
		expect(explanation.message).toMatch(message);
		expect(explanation.description).toMatch(/^Nothing was submitted to 'happyHorse'\. /);
		expect(explanation.description).toMatch(description);
		expect(explanation.httpCode).toBe(failure.status?.toString());
	});

	it.each(['serverError', 'unreadable', 'network'] as const)(
		'of which nobody knows (%s) warns against paying twice',
		(kind) => {
			const { message, description } = explainSubmitFailure(of(kind), TASK.model);
			expect(message).toBe("Nobody can tell whether APIXO accepted the request for 'happyHorse'");
			expect(description).toMatch(/^No task ID came back \[words of .*not sent again.*dashboard/);
		},
	);

	it('takes the advice of a fail code that came at once', () => {
		const failure: ApiFailure = {
			kind: 'forbidden',
			message: 'Forbidden: NSFW',
			status: 403,
			failCode: 'NSFW',
		};
		expect(explainSubmitFailure(failure, TASK.model)).toMatchObject({
			message: expect.stringContaining('[Forbidden: NSFW]'),
			description: expect.stringContaining('The content policy refused it'),
			failCode: 'NSFW',
		});
	});
});

describe('a task', () => {
	it.each([...MISSED.map(([, outcome]) => outcome), ...FAILURES.map(asUnknown)])(
		'is named with its id and model, whatever became of it: %j',
		(outcome) => {
			const { message, task } = explainOutcome(TASK, outcome);
			expect(message).toContain(TASK_ID);
			expect(task).toMatchObject({ taskId: TASK_ID, model: 'happyHorse' });
		},
	);

	it('that failed gives the words of APIXO and the advice for the code', () => {
		expect(explainOutcome(TASK, MISSED[0][1])).toMatchObject({
			message: `APIXO task ${TASK_ID} has state 'failed' [NSFW: Not so]`,
			description: expect.stringContaining('content policy'),
			task: { state: 'failed' },
			failCode: 'NSFW',
		});
		expect(explainOutcome(TASK, MISSED[1][1]).message).toContain('[APIXO gave no reason]');
		expect(explainOutcome(TASK, MISSED[2][1]).message).toContain('[ODD_CODE]');
	});

	it('that failed for want of money says: top up', () => {
		const failCode = 'INSUFFICIENT_CREDITS';
		const outcome: Missed = { kind: 'failed', answer: answer('failed', { failCode }) };
		expect(explainOutcome(TASK, outcome).description).toContain('top up');
	});

	it('that ran out of time says how long, its last state, and how to take it up', () => {
		expect(explainOutcome(TASK, MISSED[3][1])).toMatchObject({
			message: `APIXO task ${TASK_ID} was not done within 120 seconds; its last state was 'processing_r2'`,
			description: expect.stringMatching(/'Timeout'.*operation Wait.*not paid for again/),
			task: { state: 'processing_r2' },
		});
		expect(explainOutcome(TASK, MISSED[4][1]).message).toContain("'not known'");
	});

	it('that could not be read may still be running, and can be taken up', () => {
		const { description, httpCode } = reading(of('unavailable'));
		expect(description).toMatch(/may still be running.*operation Wait/);
		expect(description).toContain(TASK_ID);
		expect(httpCode).toBe('503');
	});

	it('that APIXO does not know: id or model is wrong', () => {
		expect(reading(of('notFound'))).toMatchObject({
			message: expect.stringContaining(`does not know task ${TASK_ID} of model 'happyHorse'`),
			description: expect.stringContaining('Check the task ID'),
		});
	});
});

function asUnknown(failure: ApiFailure): Missed {
	return { kind: 'unknown', failure };
}
