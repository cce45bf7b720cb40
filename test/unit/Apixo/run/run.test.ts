import type { IHttpRequestOptions } from 'n8n-workflow';

import type { Completion } from '../../../../nodes/Apixo/options/waiting';
import type { run } from '../../../../nodes/Apixo/run/run';
import type { TaskRequest } from '../../../../nodes/Apixo/decisions/taskRequest';
import type { TaskSettings } from '../../../../nodes/Apixo/decisions/state';
import { FakeExecution, type FakeExecutionOptions } from '../fakeExecution';
import * as processes from '../processes';
import { EVERY_10_S, settings } from '../states';

type RunModule = { run: typeof run };

const startProcess = (startedAgoMs?: number) =>
	processes.startProcess(
		() => jest.requireActual<RunModule>('../../../../nodes/Apixo/run/run'),
		startedAgoMs,
	);

/** APIXO, which all processes share. Tasks are called `task-<number of the submission>`. */
function createApixo() {
	const submitted: number[] = [];
	const states = new Map<string, string>();
	const failing = new Set<number>();
	return {
		/** Indexes of the submitted items, in order. */
		submitted,
		/** Ends all tasks that are under way. */
		endAll(state = 'success') {
			for (const [taskId, before] of states) if (before === 'processing') states.set(taskId, state);
		},
		/** The tasks of these items fail. */
		failItems: (...items: number[]) => items.forEach((item) => failing.add(item)),
		succeedItems: () => failing.clear(),
		async http({ method, url, body }: IHttpRequestOptions): Promise<object> {
			if (method === 'POST') {
				const { input } = JSON.parse(String(body));
				const taskId = `task-${submitted.length}`;
				submitted.push(input.item);
				states.set(taskId, failing.has(input.item) ? 'failed' : 'processing');
				return { code: 200, data: { taskId } };
			}
			const taskId = new URL(String(url)).searchParams.get('taskId') ?? '';
			const failCode = states.get(taskId) === 'failed' ? 'PROCESSING_TIMEOUT' : undefined;
			return { code: 200, data: { taskId, state: states.get(taskId), failCode } };
		},
	};
}

type Saved = ReturnType<FakeExecution['saved']>;

/** Of a task that no callback comes for. */
const EVERY_20_S = { ...EVERY_10_S, intervalSeconds: 20 };

interface Setting extends FakeExecutionOptions {
	itemCount?: number;
	maxConcurrency?: number;
	completion?: Completion;
	policy?: Partial<TaskSettings>;
	prompt?: string;
}

/** An execution of n8n whose node submits `itemCount` items. */
function createScene(scene: Setting = {}) {
	const apixo = createApixo();
	const claims = new Set<string>();
	return {
		apixo,
		/** Runs the node from what n8n has kept of the execution. */
		async run({ run }: RunModule, contexts: Saved = {}, more: Setting = {}) {
			const read: number[] = [];
			const setting = { ...scene, ...more };
			const { itemCount = 1, maxConcurrency = 100, completion = 'callback', policy } = setting;
			const execution = new FakeExecution({
				claims,
				http: apixo.http,
				input: Array.from({ length: itemCount }, () => ({})),
				...setting,
				contexts: JSON.parse(JSON.stringify(contexts)),
			});
			const output = await run(execution.context, {
				fingerprintOf: (itemIndex) => `${setting.prompt ?? 'prompt'} ${itemIndex}`,
				read: async (_session, itemIndexes) => {
					read.push(...itemIndexes);
					return itemIndexes.map((itemIndex) => ({
						entry: {
							itemIndex,
							model: 'nano-banana',
							body: { request_type: 'async', input: { item: itemIndex } },
							schedule: (isOfFormerExecution) => (isOfFormerExecution ? EVERY_20_S : EVERY_10_S),
							settings: settings(completion, policy),
							fingerprint: `${setting.prompt ?? 'prompt'} ${itemIndex}`,
						} satisfies TaskRequest,
						maxConcurrency,
						canPause: completion === 'callback',
					}));
				},
			}).catch((error: unknown) => error as Error & { description?: string });
			return {
				isPaused: execution.pausedUntilMs.length > 0,
				saved: execution.saved(),
				error: output instanceof Error ? output : undefined,
				/** The state of each output item, or its error. */
				states: output instanceof Error ? [] : output.map(({ json }) => json.state ?? json.error),
				items: output instanceof Error ? [] : output,
				/** Indexes of the items whose parameters were read. */
				read,
			};
		},
	};
}

describe('a run that pauses', () => {
	it('has the tasks as its output meanwhile, and the results in the end', async () => {
		const process = startProcess();
		const { run, apixo } = createScene({ itemCount: 2 });
		const first = await run(process);
		expect(first).toMatchObject({
			isPaused: true,
			items: [
				{
					json: { taskId: 'task-0', model: 'nano-banana', state: 'pending' },
					pairedItem: { item: 0 },
				},
				{
					json: { taskId: 'task-1', model: 'nano-banana', state: 'pending' },
					pairedItem: { item: 1 },
				},
			],
		});

		apixo.endAll();
		const second = await run(process, first.saved);
		expect(second).toMatchObject({ isPaused: false, states: ['success', 'success'] });
		expect(apixo.submitted).toEqual([0, 1]);
	});

	it('goes on in another process', async () => {
		const { run, apixo } = createScene({ itemCount: 3, maxConcurrency: 2 });
		const first = await run(startProcess());
		apixo.endAll();
		const second = await run(startProcess(), first.saved);
		expect(second.states).toEqual(['success', 'success', 'pending']);
		// Once all at the start, then only those that there is room for.
		expect([first.read, second.read]).toEqual([[0, 1, 2], [2]]);
		apixo.endAll();
		const third = await run(startProcess(), second.saved);
		expect(third.states).toEqual(['success', 'success', 'success']);
		expect(apixo.submitted).toEqual([0, 1, 2]);
	});
});

describe('a run that n8n resumes while it starts', () => {
	it('pauses again with nothing changed, since n8n may put the execution back', async () => {
		const { run, apixo } = createScene({ itemCount: 3, maxConcurrency: 2 });
		const first = await run(startProcess());
		apixo.endAll();
		const dueMs = Date.now() + 600_000;
		jest.spyOn(Date, 'now').mockReturnValue(dueMs);
		const again = await run(startProcess(29_000), first.saved);
		jest.restoreAllMocks();
		expect(again).toMatchObject({ isPaused: true, states: ['pending', 'pending'] });
		expect(apixo.submitted).toEqual([0, 1]);

		const second = await run(startProcess(), again.saved);
		expect(second.states).toEqual(['success', 'success', 'pending']);
		expect(apixo.submitted).toEqual([0, 1, 2]);
	});
});

describe('a callback that another process has answered, whose run comes to one that just started', () => {
	it('continues the run at once', async () => {
		const { run, apixo } = createScene();
		const first = await run(startProcess());
		apixo.endAll();
		const second = await run(startProcess(1_000), first.saved);
		expect(second).toMatchObject({ isPaused: false, states: ['success'] });
	});
});

describe('a run that n8n resumes from the data of an older pause', () => {
	it('takes up what this process has submitted since', async () => {
		const process = startProcess();
		const { run, apixo } = createScene({ itemCount: 4, maxConcurrency: 2 });
		const first = await run(process);
		apixo.endAll();
		const second = await run(process, first.saved);
		expect([second.isPaused, apixo.submitted]).toEqual([true, [0, 1, 2, 3]]);

		const again = await run(process, first.saved);
		expect([again.isPaused, again.states]).toEqual([
			true,
			['success', 'success', 'pending', 'pending'],
		]);
		apixo.endAll();
		const last = await run(process, again.saved);
		expect(last.states).toEqual(['success', 'success', 'success', 'success']);
		expect(apixo.submitted).toEqual([0, 1, 2, 3]);
	});

	it('does not submit what a node behind has submitted since', async () => {
		const process = startProcess();
		const { run, apixo } = createScene();
		const first = await run(process, {}, { nodeName: 'First' });
		apixo.endAll();
		const done = await run(process, first.saved, { nodeName: 'First' });
		const behind = await run(process, done.saved, { nodeName: 'Second' });
		expect([behind.isPaused, apixo.submitted.length]).toEqual([true, 2]);

		apixo.endAll();
		const again = await run(process, first.saved, { nodeName: 'First' });
		expect(again.states).toEqual(['success']);
		const behindAgain = await run(process, again.saved, { nodeName: 'Second' });
		expect(behindAgain.items).toMatchObject([{ json: { taskId: 'task-1' } }]);
		expect(apixo.submitted).toHaveLength(2);
	});

	it('in another process submits nothing, and delivers what it knows', async () => {
		const { run, apixo } = createScene({ itemCount: 4, maxConcurrency: 2, continueOnFail: true });
		const first = await run(startProcess());
		apixo.endAll();
		await run(startProcess(), first.saved);
		const again = await run(startProcess(), first.saved);
		const notSubmitted = expect.stringContaining(
			'n8n may have resumed the execution a second time',
		);
		expect(again.states).toEqual(['success', 'success', notSubmitted, notSubmitted]);
		expect(apixo.submitted).toEqual([0, 1, 2, 3]);
	});

	it('in another process fails with what it knows where the workflow stops', async () => {
		const { run, apixo } = createScene({ itemCount: 4, maxConcurrency: 2 });
		const first = await run(startProcess());
		apixo.endAll();
		await run(startProcess(), first.saved);
		const { error } = await run(startProcess(), first.saved);
		expect(error?.message).toMatch(/resumed the execution a second time/);
		expect(error?.description).toMatch(/task-0 .*success[^]*task-1 .*success/);
		expect(apixo.submitted).toEqual([0, 1, 2, 3]);
	});

	it('in another process submits nothing at the nodes behind, either', async () => {
		const { run, apixo } = createScene({ continueOnFail: true });
		const first = await run(startProcess(), {}, { nodeName: 'First' });
		apixo.endAll();
		const other = startProcess();
		const done = await run(other, first.saved, { nodeName: 'First' });
		await run(other, done.saved, { nodeName: 'Second' });
		expect(apixo.submitted).toHaveLength(2);

		const third = startProcess();
		const again = await run(third, first.saved, { nodeName: 'First' });
		await run(third, again.saved, { nodeName: 'Second' });
		expect(apixo.submitted).toHaveLength(2);
	});

	it('submits nothing where another process has gone on from its latest pause', async () => {
		const one = startProcess();
		const other = startProcess();
		const { run, apixo } = createScene({ itemCount: 3, maxConcurrency: 1, continueOnFail: true });
		const first = await run(one);
		apixo.endAll();
		const second = await run(one, first.saved);
		apixo.endAll();
		await run(other, second.saved);
		expect(apixo.submitted).toEqual([0, 1, 2]);

		const again = await run(one, first.saved);
		expect([again.isPaused, again.states]).toEqual([true, ['success', 'pending']]);
		const last = await run(one, again.saved);
		expect(last.states).toEqual(['success', 'success', expect.stringContaining('a second time')]);
		expect(apixo.submitted).toEqual([0, 1, 2]);
	});

	it('submits nothing at a node behind that another process has gone on with', async () => {
		const one = startProcess();
		const other = startProcess();
		const { run, apixo } = createScene({ itemCount: 2, maxConcurrency: 1, continueOnFail: true });
		const behind = { nodeName: 'Second' };
		const ahead = { nodeName: 'First', itemCount: 1 };
		const first = await run(one, {}, ahead);
		apixo.endAll();
		const done = await run(one, first.saved, ahead);
		const second = await run(one, done.saved, behind);
		apixo.endAll();
		await run(other, second.saved, behind);
		expect(apixo.submitted).toHaveLength(3);

		const again = await run(one, first.saved, ahead);
		const behindAgain = await run(one, again.saved, behind);
		await run(one, behindAgain.saved, behind);
		expect(apixo.submitted).toHaveLength(3);
	});
});

describe('Retry On Fail', () => {
	it('takes up results and tasks, and submits again what may succeed', async () => {
		const process = startProcess();
		const { run, apixo } = createScene({ itemCount: 3, completion: 'callback' });
		apixo.failItems(1);
		const first = await run(process);
		apixo.endAll();
		const failed = await run(process, first.saved);
		expect(failed.error?.message).toMatch(/Task failed/);
		expect(failed.error?.description).toMatch(/task-0 .*success[^]*task-2 .*success/);

		apixo.succeedItems();
		const second = await run(process, failed.saved);
		expect([second.isPaused, apixo.submitted]).toEqual([true, [0, 1, 2, 1]]);
		apixo.endAll();
		const third = await run(process, second.saved);
		expect(third.items.map(({ json }) => json.taskId)).toEqual(['task-0', 'task-3', 'task-2']);
	});

	it('pays for no more attempts than there are, however often n8n pauses between', async () => {
		const { run, apixo } = createScene({ maxTries: 2 });
		apixo.failItems(0);
		let contexts: Saved = {};
		for (let attempt = 0; attempt < 6; attempt++) {
			const paused = await run(startProcess(), contexts);
			const failed = paused.isPaused ? await run(startProcess(), paused.saved) : paused;
			expect(failed.error).toBeDefined();
			contexts = failed.saved;
		}
		expect(apixo.submitted).toHaveLength(2);
	});
});

it('numbers its pauses on through the attempts of Retry On Fail, in whatever process', async () => {
	const { run, apixo } = createScene({ itemCount: 2, maxConcurrency: 1 });
	const other = startProcess();
	apixo.failItems(0);
	const first = await run(startProcess());
	const failed = await run(other, first.saved);
	expect(failed.error?.message).toMatch(/Task failed/);

	apixo.succeedItems();
	const second = await run(other, failed.saved);
	apixo.endAll();
	const third = await run(startProcess(), second.saved);
	expect([third.isPaused, third.states]).toEqual([true, ['success', 'pending']]);
	apixo.endAll();
	const last = await run(startProcess(), third.saved);
	expect(last.states).toEqual(['success', 'success']);
	expect(apixo.submitted).toEqual([0, 0, 1]);
});

describe('an execution that a person retries', () => {
	it('takes up the same requests, and submits changed ones', async () => {
		const process = startProcess();
		const { run, apixo } = createScene({ itemCount: 2 });
		apixo.failItems(1);
		const first = await run(process);
		apixo.endAll();
		const failed = await run(process, first.saved);

		apixo.succeedItems();
		const retry = { executionId: 'execution 2' };
		const same = await run(process, failed.saved, retry);
		expect([same.isPaused, apixo.submitted]).toEqual([true, [0, 1, 1]]);

		const changed = await run(process, failed.saved, {
			executionId: 'execution 3',
			prompt: 'another prompt',
		});
		expect(changed.isPaused).toBe(true);
		expect(apixo.submitted).toEqual([0, 1, 1, 0, 1]);
	});
});

it('submits the next items at once where all that it takes up is done', async () => {
	const process = startProcess();
	const { run, apixo } = createScene({ itemCount: 3, maxConcurrency: 1 });
	apixo.failItems(1);
	const first = await run(process);
	apixo.endAll();
	const second = await run(process, first.saved);
	const failed = await run(process, second.saved);
	expect(failed.error?.message).toMatch(/Task failed/);

	apixo.succeedItems();
	const retry = { executionId: 'execution 2' };
	const third = await run(process, failed.saved, retry);
	expect([third.isPaused, third.states]).toEqual([true, ['success', 'pending']]);
	apixo.endAll();
	const fourth = await run(process, third.saved, retry);
	apixo.endAll();
	const last = await run(process, fourth.saved, retry);
	expect(last.states).toEqual(['success', 'success', 'success']);
	expect(apixo.submitted).toEqual([0, 1, 1, 2]);
});

describe('every input item comes out', () => {
	it.each([
		['where the workflow goes on after errors', true],
		['where it stops at errors', false],
	])("although n8n's deadline left no time to submit it, %s", async (_, continueOnFail) => {
		const { run, apixo } = createScene({
			itemCount: 3,
			maxConcurrency: 2,
			completion: 'poll',
			policy: { onTimeout: 'output' },
			continueOnFail,
		});
		const process = startProcess();
		const { states, error } = await run(process, {}, { deadlineMs: Date.now() + 600 });
		expect(apixo.submitted).toEqual([0, 1]);
		if (continueOnFail) {
			const notSubmitted = expect.stringContaining('n8n is about to end the execution');
			expect(states).toEqual(['processing', 'processing', notSubmitted]);
		} else {
			expect(error?.message).toContain('n8n is about to end the execution');
			expect(error?.description).toMatch(/task-0[^]*task-1/);
		}
	});
});

describe('a request that was sent and never answered', () => {
	it.each(['in the same process', 'in another process'])(
		'is not sent again by the next attempt, which gives the first reason: %s',
		async (where) => {
			const process = startProcess();
			const { run, apixo } = createScene({ completion: 'poll', maxTries: 3 });
			let sent = 0;
			const http = async () => {
				sent++;
				return await Promise.reject(
					Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' }),
				);
			};
			const first = await run(process, {}, { http });
			const next = where === 'in the same process' ? process : startProcess();
			const second = await run(next, first.saved);
			for (const { error } of [first, second]) {
				expect(error).toMatchObject({
					message: expect.stringContaining('It is unclear whether APIXO accepted the request'),
					description: expect.stringContaining('[read ECONNRESET]'),
				});
			}
			expect([sent, ...apixo.submitted]).toEqual([1]);
		},
	);
});

it('polls a task of the execution before by the schedule of one that no callback comes for', async () => {
	const { run, apixo } = createScene();
	const first = await run(startProcess());
	const retried = await run(startProcess(), first.saved, { executionId: 'execution 2' });
	expect([retried.isPaused, apixo.submitted]).toEqual([true, [0]]);
	const scheduleIn = ({ saved }: typeof first) => JSON.stringify(saved.APIXO.apixoRuns);
	expect(scheduleIn(first)).toContain('"intervalSeconds":10,');
	expect(scheduleIn(retried)).toContain('"intervalSeconds":20,');
});
