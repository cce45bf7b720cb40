import { planPause, type Wait } from '../../../../nodes/Apixo/decisions/pausePlan';
import type { Completion } from '../../../../nodes/Apixo/options/waiting';
import { FakeExecution, type FakeExecutionOptions } from '../fakeExecution';
import { EVERY_10_S } from '../states';

const NOW_MS = 1_700_000_000_000;
const CREDENTIAL = {
	apiKey: 'key',
	baseUrl: 'https://api.example.com/api/v1',
	callbackSecret: '',
};
const ON_LOOPBACK = { ...CREDENTIAL, baseUrl: 'http://127.0.0.1:4000/api/v1' };

/** A task that usually takes 20 s, polled every 10 s, for 120 s. */
const short = (completion: Completion, more: Partial<Wait> = {}): Wait => ({
	completion,
	schedule: EVERY_10_S,
	usualSeconds: 20,
	maxConcurrency: 100,
	...more,
});
/** A task that usually takes three minutes, for at most ten. */
const long = (completion: Completion, more: Partial<Wait> = {}): Wait => ({
	...short(completion),
	schedule: { ...EVERY_10_S, timeoutSeconds: 600 },
	usualSeconds: 180,
	...more,
});
/** Of a short task that is first polled after a minute. */
const FIRST_AFTER_A_MINUTE = { ...EVERY_10_S, initialWaitSeconds: 60 };

const plan = (execution: FakeExecutionOptions, ...waits: Wait[]) =>
	planPause(new FakeExecution(execution).context, CREDENTIAL, waits, NOW_MS);

const REACHABLE: FakeExecutionOptions = {};
const CALLBACK_URL = 'https://n8n.example.com/webhook-waiting/1/id%20of%20APIXO?signature=s';
const PAUSES_WITH_CALLBACK = { canPause: true, callbackUrl: CALLBACK_URL };
const PAUSES_BY_TIMER = { canPause: true };
const STAYS = { canPause: false };

describe('a run may pause', () => {
	it.each<[string, object, Wait[]]>([
		['Automatic, a long task', PAUSES_WITH_CALLBACK, [long('auto')]],
		[
			'Automatic, a long task beside short ones',
			PAUSES_WITH_CALLBACK,
			[short('auto'), long('auto')],
		],
		['Automatic, short tasks', STAYS, [short('auto'), short('auto')]],
		['Automatic, a task of a minute', PAUSES_WITH_CALLBACK, [short('auto', { usualSeconds: 60 })]],
		['Automatic, a task of less', STAYS, [short('auto', { usualSeconds: 59 })]],
		[
			'Automatic, a first poll after a minute',
			PAUSES_WITH_CALLBACK,
			[short('auto', { schedule: FIRST_AFTER_A_MINUTE, usualSeconds: 0 })],
		],
		[
			'Automatic, polls a minute apart',
			PAUSES_WITH_CALLBACK,
			[short('auto', { schedule: { ...EVERY_10_S, intervalSeconds: 60 } })],
		],
		[
			'Automatic, polls that grow to a minute apart',
			PAUSES_WITH_CALLBACK,
			[short('auto', { schedule: { ...EVERY_10_S, strategy: 'backoff', maxIntervalSeconds: 60 } })],
		],
		['Pause Until Callback', PAUSES_WITH_CALLBACK, [short('callback'), long('callback')]],
		['Poll Until Done', STAYS, [long('poll')]],
		["Don't Wait", STAYS, [long('none')]],
		['no valid item', STAYS, []],
	])('%s: %j', (_, expected, waits) => {
		expect(plan(REACHABLE, ...waits)).toEqual({ ...expected, hint: undefined });
	});
});

describe('a callback is for', () => {
	const at = (resumeUrl: string) => ({ resumeUrl: `${resumeUrl}/webhook-waiting/1?signature=s` });

	it.each([
		['https://n8n.example.com', true],
		['http://n8n.example.com', false],
		['https://localhost:5678', false],
		['http://localhost:5678', false],
		['https://192.168.1.7', false],
		['https://n8n.local', false],
	])('APIXO to reach: %s: %s', (host, isReachable) => {
		const automatic = plan(at(host), long('auto'));
		expect([automatic.canPause, automatic.callbackUrl !== undefined]).toEqual([true, isReachable]);
		expect(automatic.hint).toBeUndefined();

		const asked = plan(at(host), long('callback'));
		expect([asked.canPause, asked.refusal === undefined]).toEqual([isReachable, isReachable]);
	});

	it('a simulator on this machine, if the base URL is on it, too', () => {
		const { context } = new FakeExecution(at('http://localhost:5678'));
		for (const completion of ['auto', 'callback'] as const) {
			expect(planPause(context, ON_LOOPBACK, [long(completion)], NOW_MS)).toMatchObject({
				canPause: true,
				callbackUrl: 'http://localhost:5678/webhook-waiting/1/id%20of%20APIXO?signature=s',
			});
		}
	});

	it('what the refusal explains, with the setting to change', () => {
		const { refusal } = plan(at('http://localhost:5678'), long('callback'));
		expect(refusal?.message).toMatch(/'localhost'.*N8N_WEBHOOK_URL/);
		expect(refusal?.description).toBe(
			"Alternatively, set 'Wait for Result' to 'Automatic' or 'Poll Until Done'. Nothing was submitted, and nothing was charged",
		);
	});
});

describe('where a pause cannot work', () => {
	const deadlineIn = (seconds: number) => ({ deadlineMs: NOW_MS + seconds * 1000 });
	/** 600 s for the task, and n8n's timer may be late. */
	const NEEDED = 720;

	it.each<[string, FakeExecutionOptions, RegExp, string | undefined]>([
		['an AI tool of old', { isToolExecution: true }, /AI agent can't wait/, undefined],
		['engine v2', { workflowSettings: { engineType: 'v2' } }, /engine v2/, undefined],
		[
			'an n8n without access to its stack',
			{ hasStack: false },
			/cannot run a paused node/,
			undefined,
		],
		[
			'a workflow that times out before',
			{ workflowSettings: { executionTimeout: NEEDED - 1 } },
			/time out after 719 seconds, but waiting may take 720/,
			"'Timeout Workflow'",
		],
		[
			'an instance that times out before',
			deadlineIn(NEEDED - 1),
			/in 719 seconds, but waiting may take 720/,
			'EXECUTIONS_TIMEOUT',
		],
		['an instance that times out now', deadlineIn(-5), /in 0 seconds/, 'EXECUTIONS_TIMEOUT'],
		[
			'resume URLs without a token',
			{ resumeUrl: 'https://n8n.example.com/webhook-waiting/1' },
			/no token/,
			'Update n8n',
		],
	])('(%s) Automatic polls, Pause Until Callback refuses', (_, execution, message, remedy) => {
		const { hint, ...automatic } = plan(execution, long('auto'));
		expect(automatic).toEqual(STAYS);
		if (remedy === undefined) expect(hint).toBeUndefined();
		else expect(hint).toMatch(message);
		expect(hint ?? '').toContain(remedy ?? '');

		const { refusal, ...asked } = plan(execution, long('callback'));
		expect(asked).toEqual(STAYS);
		expect(refusal?.message).toMatch(message);
		expect(refusal?.description).toMatch(/^[A-Z]/);
		expect(refusal?.description).toContain(remedy ?? '');
		expect(refusal?.description).toMatch(
			/\b[Ss]et 'Wait for Result' to 'Automatic' or 'Poll Until Done'\. Nothing was submitted, and nothing was charged$/,
		);
	});

	it.each<[string, FakeExecutionOptions]>([
		['a workflow', { workflowSettings: { executionTimeout: NEEDED } }],
		['a workflow without a limit', { workflowSettings: { executionTimeout: -1 } }],
		['an instance', deadlineIn(NEEDED)],
	])('it is not: %s that leaves time enough', (_, execution) => {
		expect(plan(execution, long('auto'))).toMatchObject(PAUSES_WITH_CALLBACK);
		expect(plan(execution, long('callback'))).toMatchObject(PAUSES_WITH_CALLBACK);
	});

	it.each([
		['10 items in 4 waves', 4 * 700 + 120, 3],
		['10 items at once', 700 + 120, 10],
		['10 items without a limit', 700 + 120, Infinity],
	])('the time of all items counts: %s need %d s', (_, needed, maxConcurrency) => {
		const waits = Array.from({ length: 10 }, () =>
			long('auto', { maxConcurrency, schedule: { ...FIRST_AFTER_A_MINUTE, timeoutSeconds: 700 } }),
		);
		expect(plan(deadlineIn(needed), ...waits).canPause).toBe(true);
		expect(plan(deadlineIn(needed - 1), ...waits).canPause).toBe(false);
	});

	it('a short task is not concerned', () => {
		expect(plan({ isToolExecution: true }, short('auto'))).toEqual(STAYS);
	});
});

describe('where somebody waits for the end of the execution', () => {
	const parent = (type: string, parameters = {}) => ({
		parents: [{ name: 'Start', type, parameters }],
	});
	const webhook = (responseMode?: string) => parent('n8n-nodes-base.webhook', { responseMode });

	it.each<[string, FakeExecutionOptions, string]>([
		['a parent workflow', { mode: 'integrated' }, 'the parent workflow'],
		['an evaluation', { mode: 'evaluation' }, 'the evaluation'],
		['the command line', { mode: 'cli' }, 'the command line'],
		['an agent', { nodeType: 'n8n-nodes-apixo.apixoTool' }, 'the AI agent'],
		['the caller of a webhook', webhook('lastNode'), "whoever called 'Start'"],
		['the caller of a response node', webhook('responseNode'), "whoever called 'Start'"],
		[
			'the sender of a form',
			parent('n8n-nodes-base.formTrigger', { responseMode: 'lastNode' }),
			"whoever called 'Start'",
		],
		['a chat', parent('@n8n/n8n-nodes-langchain.chatTrigger'), "whoever called 'Start'"],
	])('(%s) Automatic polls, Pause Until Callback pauses and says so', (_, execution, who) => {
		expect(plan(execution, long('auto'))).toEqual(STAYS);
		expect(plan(execution, long('callback'))).toEqual({
			...PAUSES_WITH_CALLBACK,
			hint: `The execution paused, so ${who} received a response before the result was ready`,
		});
	});

	it.each<[string, FakeExecutionOptions]>([
		['a webhook that answers at once', webhook('onReceived')],
		['a webhook with its default', webhook()],
		['a schedule', parent('n8n-nodes-base.scheduleTrigger')],
		['a run in the editor', { mode: 'manual' }],
	])('it does not: %s', (_, execution) => {
		expect(plan(execution, long('auto'))).toEqual({ ...PAUSES_WITH_CALLBACK, hint: undefined });
	});
});

describe('Pause Until Callback beside another choice', () => {
	it.each<Completion>(['auto', 'poll', 'none'])('is refused: %s', (completion) => {
		const { refusal, ...rest } = plan(REACHABLE, long('callback'), long(completion));
		expect(rest).toEqual(STAYS);
		expect(refusal?.message).toMatch(/must be the same for all items/);
		expect(refusal?.description).toMatch(/Nothing was submitted, and nothing was charged/);
	});
});

it('pauses by the timer alone for a task that APIXO was not asked to call back for', () => {
	const unreachable = { resumeUrl: 'http://localhost:5678/webhook-waiting/1?signature=s' };
	const wait = short('auto', { schedule: FIRST_AFTER_A_MINUTE, usualSeconds: 0 });
	expect(plan(unreachable, wait)).toEqual(PAUSES_BY_TIMER);
});
