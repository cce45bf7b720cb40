import type { ApiFailure, FailureKind } from '../../../nodes/shared/api/failure';
import {
	explainCallFailure,
	explainNoTimeLeft,
	explainOutcome,
	explainResumedTwice,
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
	redirected: 301,
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
const reading = (failure: ApiFailure) => explainOutcome(TASK, { kind: 'unreadable', failure });

const IN_TIME = { limit: 'task', seconds: 120 } as const;

type Missed = Exclude<Outcome, { kind: 'success' | 'running' }>;
const MISSED: Array<[string, Missed]> = [
	['failed', { kind: 'failed', answer: answer('failed', { failCode: 'NSFW', failMsg: 'Not so' }) }],
	['failed without a reason', { kind: 'failed', answer: answer('failed') }],
	[
		'failed with a new code',
		{ kind: 'failed', answer: answer('failed', { failCode: 'ODD_CODE' }) },
	],
	['timed out', { kind: 'timedOut', answer: answer('processing_r2'), cause: IN_TIME }],
	['timed out, no poll answered', { kind: 'timedOut', cause: IN_TIME }],
	[
		'timed out while APIXO could not be reached',
		{
			kind: 'timedOut',
			answer: answer('processing'),
			cause: IN_TIME,
			failedPolls: {
				sinceMs: Date.UTC(2026, 0, 2, 14, 2, 59),
				failure: { kind: 'unavailable', message: 'Service unavailable', status: 503 },
			},
		},
	],
	[
		"timed out by n8n's own limit",
		{
			kind: 'timedOut',
			answer: answer('processing'),
			cause: { limit: 'execution', seconds: 52 },
		},
	],
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
	['submitting: unanswered', explainUnansweredSubmit()],
	['submitting: no time left', explainNoTimeLeft()],
	['submitting: resumed twice', explainResumedTwice()],
	...MISSED.map(([name, outcome]): [string, Explanation] => [name, explainOutcome(TASK, outcome)]),
];

describe.each(all)('%s', (_, { message, description }) => {
	it('says what happened and what to do, in sentences', () => {
		for (const text of [message, description]) {
			expect(text).toMatch(/^[A-Z]/);
			expect(text.length).toBeGreaterThanOrEqual(15);
			expect(text).not.toMatch(/undefined|null|NaN|\[object|(?<!\.)\.\.(?!\.)/);
		}
		expect(description).toMatch(/check|change|top up|run again|lower|raise|pick it up|try again/i);
	});
});

describe('a submission', () => {
	it.each<[ApiFailure, RegExp, RegExp]>([
		[of('unauthorized'), /rejected the API key \[words of unauth/, /Check the key/],
		[of('lowBalance'), /balance is too low/, /Top up in the APIXO dashboard/],
		[of('forbidden'), /policy or the permissions/, /IP allowlist/],
		[of('notFound'), /can't find the model 'happyHorse'/, /case-sensitive.*'Base URL'/],
		[of('invalidRequest'), /rejected.*\[words of invalidRequest\]/, /Change the inputs/],
		[of('rateLimited'), /too many requests/, /'Max Concurrency'/],
		[of('unavailable'), /not available/, /another model/],
		[of('redirected'), /redirects to another one \[words of/, /put it into 'Base URL'/],
		[NEVER_SENT, /could not be reached \[refused\]/, /'Base URL'/],
	])('that was not accepted says what to change: %j', (failure, message, description) => {
		const explanation = explainSubmitFailure(failure, TASK.model);
		expect(explanation.message).toMatch(message);
		expect(explanation.description).toMatch(/^No task was created, and nothing was charged\. /);
		expect(explanation.description).toMatch(description);
		expect(explanation.httpCode).toBe(failure.status?.toString());
	});

	it('that was refused for a low balance names what is left', () => {
		expect(explainSubmitFailure(of('lowBalance'), TASK.model, 0.02)).toMatchObject({
			message: 'The APIXO balance of USD 0.02 is too low [words of lowBalance]',
			description:
				'No task was created, and nothing was charged. Top up in the APIXO dashboard (https://apixo.ai/dashboard), then run again',
		});
	});

	it.each(['serverError', 'unreadable', 'network'] as const)(
		'of unknown outcome (%s) warns against paying twice',
		(kind) => {
			const { message, description } = explainSubmitFailure(of(kind), TASK.model);
			expect(message).toBe("It is unclear whether APIXO accepted the request for 'happyHorse'");
			expect(description).toMatch(/^No task ID came back \[words of .*not sent again.*dashboard/);
		},
	);

	it.each([
		[
			'for a reason that nobody knows',
			undefined,
			/^No task ID had come back when the run ended; .* It was not sent again/,
		],
		['for this reason', 'socket hang up', /^No task ID came back \[socket hang up\]\. It was not/],
	])('that was never answered, %s, warns against paying twice', (_, reason, description) => {
		const explanation = explainUnansweredSubmit(reason);
		expect(explanation.message).toMatch(/^It is unclear whether APIXO accepted a request/);
		expect(explanation.description).toMatch(description);
		expect(explanation.description).toMatch(/check the APIXO dashboard before you run it again/);
	});

	it('that there was no time for names the settings to raise, and cost nothing', () => {
		const { message, description } = explainNoTimeLeft();
		expect(message).toMatch(/not submitted, because n8n is about to end the execution/);
		expect(description).toMatch(/'Timeout Workflow'.*EXECUTIONS_TIMEOUT.*Nothing was charged/);
	});

	it('that was not made, since the first resume may have made it, says where to look', () => {
		const { message, description } = explainResumedTwice();
		expect(message).toMatch(
			/not submitted, because n8n may have resumed the execution a second time/,
		);
		expect(description).toMatch(/may have submitted it.*n8n's log.*dashboard/);
	});

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
	it.each([...MISSED.map(([, outcome]) => outcome), ...FAILURES.map(asUnreadable)])(
		'is named with its id and model, whatever became of it: %j',
		(outcome) => {
			const { message, task } = explainOutcome(TASK, outcome);
			expect(message).toContain(TASK_ID);
			expect(task).toMatchObject({ taskId: TASK_ID, model: 'happyHorse' });
		},
	);

	it('that failed gives the words of APIXO and the advice for the code', () => {
		expect(explainOutcome(TASK, missed('failed'))).toEqual({
			message: `Task failed: Not so [NSFW] (task ${TASK_ID})`,
			description: expect.stringMatching(/content policy.*Model 'happyHorse', state 'failed'/),
			task: { taskId: TASK_ID, model: 'happyHorse', state: 'failed' },
			failCode: 'NSFW',
		});
		expect(explainOutcome(TASK, missed('failed without a reason')).message).toContain(
			'Task failed: APIXO gave no reason',
		);
		expect(explainOutcome(TASK, missed('failed with a new code')).message).toContain(
			'Task failed: [ODD_CODE]',
		);
	});

	it('that failed because the balance is too low says: top up', () => {
		const failCode = 'INSUFFICIENT_CREDITS';
		const outcome: Missed = { kind: 'failed', answer: answer('failed', { failCode }) };
		expect(explainOutcome(TASK, outcome).description).toMatch(/top up/i);
	});

	it('that timed out says how long it was waited for, its last state, and how to resume', () => {
		expect(explainOutcome(TASK, missed('timed out'))).toEqual({
			message: `Task not done within 120 seconds; its last state was 'processing_r2' (task ${TASK_ID})`,
			description: `It may still finish. To pick it up at no extra cost, use resource Task, operation Wait with model 'happyHorse' and task ID '${TASK_ID}'. To wait longer next time, raise 'Timeout' in the options`,
			task: { taskId: TASK_ID, model: 'happyHorse', state: 'processing_r2' },
		});
		expect(explainOutcome(TASK, missed('timed out, no poll answered')).message).toContain(
			'its state is not known',
		);
	});

	it('that timed out while APIXO could not be reached says since when, and why', () => {
		const { message, description } = explainOutcome(
			TASK,
			missed('timed out while APIXO could not be reached'),
		);
		expect(message).toBe(
			`Task not done within 120 seconds; its state has been unreadable since 14:02 UTC [Service unavailable] (task ${TASK_ID})`,
		);
		expect(description).toMatch(/operation Wait/);
	});

	it("that n8n's timeout cut off names the setting to raise", () => {
		const { message, description } = explainOutcome(TASK, missed("timed out by n8n's own limit"));
		expect(message).toBe(
			`Task not done after 52 seconds, when n8n's timeout was about to end the execution; its last state was 'processing' (task ${TASK_ID})`,
		);
		expect(description).toMatch(/operation Wait.*'Timeout Workflow'.*EXECUTIONS_TIMEOUT/);
	});

	it('whose state could not be read may still be running, and can be waited for', () => {
		const { message, description, httpCode } = reading(of('unauthorized'));
		expect(message).toBe(
			`APIXO rejected the API key [words of unauthorized], so the state of the task could not be read (task ${TASK_ID})`,
		);
		expect(description).toMatch(
			/^The task may still be running or done\. Check the key.*operation Wait/,
		);
		expect(description).toContain(TASK_ID);
		expect(httpCode).toBe('401');
	});

	it('that APIXO cannot find: id or model is wrong', () => {
		expect(reading(of('notFound'))).toMatchObject({
			message: expect.stringContaining(`can't find task ${TASK_ID} of model 'happyHorse'`),
			description: expect.stringContaining('Check the task ID'),
		});
	});
});

function missed(name: string): Missed {
	const found = MISSED.find(([other]) => other === name);
	if (!found) throw new Error(`There is no '${name}'`);
	return found[1];
}

function asUnreadable(failure: ApiFailure): Missed {
	return { kind: 'unreadable', failure };
}
