import { type IHttpRequestOptions, type IWebhookFunctions, sleep } from 'n8n-workflow';

import type { PauseRecord } from '../../../../nodes/Apixo/decisions/onCallback';
import type * as memoryModule from '../../../../nodes/Apixo/memory/pauseMemory';
import type * as webhookModule from '../../../../nodes/Apixo/pause/webhook';
import { startProcess } from '../processes';

interface Process {
	webhook: typeof webhookModule.webhook;
	memory: typeof memoryModule;
}

const start = (startedAgoMs?: number) =>
	startProcess<Process>(
		() => ({
			webhook: jest.requireActual<typeof webhookModule>('../../../../nodes/Apixo/pause/webhook')
				.webhook,
			memory: jest.requireActual('../../../../nodes/Apixo/memory/pauseMemory'),
		}),
		startedAgoMs,
	);

const NOW_MS = 1_700_000_000_000;
const RUN_KEY = 'execution 1 id of APIXO 0';

beforeEach(() => {
	jest.useFakeTimers({ now: NOW_MS, doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
	// Node's own would go by the real clock.
	jest.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
		const controller = new AbortController();
		void sleep(ms).then(() => controller.abort());
		return controller.signal;
	});
});
afterEach(() => {
	jest.restoreAllMocks();
	jest.useRealTimers();
});

const pauseFor = (taskIds: string[], more: Partial<PauseRecord> = {}): PauseRecord => ({
	runKey: RUN_KEY,
	number: 1,
	untilMs: NOW_MS + 300_000,
	tasks: taskIds.map((taskId) => ({ taskId, model: 'nano-banana' })),
	resumeOnFirst: false,
	...more,
});

interface Scene {
	pause?: PauseRecord;
	/** The process that the callbacks come to. */
	process?: Process;
	/** The pause was made by that process, as in n8n's regular mode. */
	isMadeHere?: boolean;
	/** Answers a poll of a task; by default it is still processing. */
	poll?: (taskId: string) => Promise<object>;
	credential?: object;
}

/** A paused execution, to which callbacks can be delivered. */
function createPaused(scene: Scene) {
	const { pause, poll, credential = CREDENTIAL } = scene;
	const process = scene.process ?? start();
	if (pause && scene.isMadeHere) process.memory.numberPause(RUN_KEY, pause.number - 1);
	const polled: string[] = [];
	const log: string[] = [];

	const http = async ({ url }: IHttpRequestOptions) => {
		const taskId = new URL(String(url)).searchParams.get('taskId') ?? '';
		polled.push(taskId);
		const data = (await poll?.(taskId)) ?? { taskId, state: 'processing' };
		return { statusCode: 200, headers: {}, body: JSON.stringify({ code: 200, data }) };
	};

	/** Delivers a callback, and tells what it was answered, after how many ms. */
	async function deliver(taskId: string, state = 'success', more: object = {}) {
		const sentAtMs = Date.now();
		let answered: unknown;
		const context = {
			getRequestObject: () => ({
				body: {},
				rawBody: Buffer.from(JSON.stringify({ data: { taskId, state } })),
			}),
			getNode: () => ({ id: 'id of APIXO', name: 'APIXO' }),
			getCredentials: async () => credential,
			helpers: {
				httpRequestWithAuthentication: async (_: string, o: IHttpRequestOptions) => await http(o),
			},
			logger: { error: (text: string) => void log.push(text), warn: () => {} },
			getResponseObject: () => ({
				status: (status: number) => ({
					json: ({ message }: { message: string }) => void (answered = { status, message }),
				}),
			}),
			runExecutionData: { executionData: { contextData: { 'node:APIXO': { apixoPause: pause } } } },
			...more,
		} as unknown as IWebhookFunctions;
		let tookMs: number | undefined;
		const result = process.webhook.call(context).finally(() => (tookMs = Date.now() - sentAtMs));
		while (tookMs === undefined) await jest.advanceTimersByTimeAsync(1);
		const { webhookResponse, workflowData, noWebhookResponse } = await result;
		const isResumed = workflowData !== undefined;
		expect(noWebhookResponse === true).toBe(!isResumed);
		if (isResumed) expect(workflowData).toEqual([]);
		return { ...((answered ?? { status: 200, ...webhookResponse }) as object), isResumed, tookMs };
	}
	return { deliver, polled, log, memory: process.memory };
}

const CREDENTIAL = { apiKey: 'key', baseUrl: 'https://api.example.com/api/v1' };
const done = async (taskId: string) => ({ taskId, state: 'success' });
const never = async () => await new Promise<object>(() => {});

const RESUMED = { status: 200, message: 'The execution continues', isResumed: true };
const CONTINUES = { status: 200, message: 'The execution continues', isResumed: false };
const NOTED = { status: 200, message: 'Noted: other tasks are still under way', isResumed: false };
const SEND_AGAIN = { status: 503, isResumed: false };

describe('one process, which gets all callbacks', () => {
	it('resumes when all tasks are reported, and polls none', async () => {
		const { deliver, polled } = createPaused({
			pause: pauseFor(['a', 'b', 'c']),
			isMadeHere: true,
		});
		expect(await deliver('b')).toMatchObject(NOTED);
		expect(await deliver('b')).toMatchObject(NOTED);
		expect(await deliver('a', 'failed')).toMatchObject(NOTED);
		expect(await deliver('c')).toMatchObject({ ...RESUMED, tookMs: 0 });
		expect(polled).toEqual([]);
	});

	it('resumes once from a pause, however many callbacks come', async () => {
		const { deliver } = createPaused({ pause: pauseFor(['a']), isMadeHere: true });
		expect(await deliver('a')).toMatchObject(RESUMED);
		expect(await deliver('a')).toMatchObject(CONTINUES);
		expect(await deliver('a', 'failed')).toMatchObject(CONTINUES);
	});

	it('resumes with the first task where items wait for a place, and notes the others', async () => {
		const pause = pauseFor(['a', 'b'], { resumeOnFirst: true });
		const { deliver, memory } = createPaused({ pause, isMadeHere: true });
		expect(await deliver('b')).toMatchObject(RESUMED);
		expect(await deliver('a')).toMatchObject(CONTINUES);
		expect(memory.takeReports(RUN_KEY, ['a', 'b'])).toEqual(['a', 'b']);
	});

	it('leaves a pause to a run that has continued from it', async () => {
		const { deliver, memory } = createPaused({ pause: pauseFor(['a']), isMadeHere: true });
		memory.claimPauseHere(RUN_KEY, 1);
		expect(await deliver('a')).toMatchObject(SEND_AGAIN);
		expect(memory.takeReports(RUN_KEY, ['a'])).toEqual([]);
	});

	it("leaves a pause to n8n's timer that is due", async () => {
		const pause = pauseFor(['a'], { untilMs: NOW_MS + 900 });
		expect(await createPaused({ pause, isMadeHere: true }).deliver('a')).toMatchObject(CONTINUES);
	});
});

describe('a process that has just started', () => {
	const STARTING = { ...SEND_AGAIN, message: 'n8n is still starting: send again' };

	it('resumes no pause of the process before, since n8n may put the execution back to it', async () => {
		const { deliver, polled } = createPaused({
			pause: pauseFor(['a', 'b']),
			process: start(29_999),
		});
		expect(await deliver('a')).toMatchObject(STARTING);
		expect(polled).toEqual([]);
	});

	it('resumes it half a minute after its start', async () => {
		const { deliver } = createPaused({ pause: pauseFor(['a']), process: start(30_000) });
		expect(await deliver('a')).toMatchObject(RESUMED);
	});

	it('resumes its own pauses at once', async () => {
		const pause = pauseFor(['a']);
		const { deliver } = createPaused({ pause, process: start(0), isMadeHere: true });
		expect(await deliver('a')).toMatchObject(RESUMED);
	});
});

describe('a callback that changes nothing', () => {
	it.each(['pending', 'processing', 'SUCCESS'])('is one of the state %s', async (state) => {
		const { deliver, memory } = createPaused({ pause: pauseFor(['a']), isMadeHere: true });
		expect(await deliver('a', state)).toMatchObject({ status: 200, isResumed: false });
		expect(memory.takeReports(RUN_KEY, ['a'])).toEqual([]);
	});

	it('is one of a task that is not waited for', async () => {
		const { deliver, memory } = createPaused({ pause: pauseFor(['a']), isMadeHere: true });
		expect(await deliver('x')).toMatchObject({ status: 404, isResumed: false });
		expect(memory.takeReports(RUN_KEY, ['x'])).toEqual([]);
	});

	it('is one to an execution that is not paused at this node', async () => {
		expect(await createPaused({}).deliver('a')).toMatchObject({ status: 404, isResumed: false });
	});

	it.each([
		['no JSON', 'nothing'],
		['a list', '[]'],
		['without a task', '{"data":{"state":"success"}}'],
		['empty', ''],
	])('is one with a body that is wrong: %s', async (_, body) => {
		const { deliver } = createPaused({ pause: pauseFor(['a']), isMadeHere: true });
		const getRequestObject = () => ({ body: {}, rawBody: Buffer.from(body) });
		expect(await deliver('a', 'success', { getRequestObject })).toMatchObject({
			status: 400,
			isResumed: false,
		});
	});
});

describe('several processes, each of which may get callbacks', () => {
	it('resume where a poll says that the other tasks are done', async () => {
		const { deliver, polled } = createPaused({ pause: pauseFor(['a', 'b', 'c']), poll: done });
		const answer = await deliver('a');
		expect(answer).toMatchObject(RESUMED);
		expect(polled.sort()).toEqual(['b', 'c']);
	});

	it('note the callback where others are under way', async () => {
		const { deliver, polled } = createPaused({ pause: pauseFor(['a', 'b']) });
		expect(await deliver('a')).toMatchObject(NOTED);
		expect(await deliver('b')).toMatchObject(RESUMED);
		expect(polled).toEqual(['b']);
	});

	it('poll no task that was reported here', async () => {
		const { deliver, polled } = createPaused({ pause: pauseFor(['a', 'b', 'c']) });
		await deliver('a');
		polled.length = 0;
		await deliver('b');
		expect(polled).toEqual(['c']);
	});

	/** Every 27th task: an order without a pattern of the neighbours. */
	const mixed = (ids: string[]) => ids.map((_, index) => ids[(index * 27) % ids.length]);
	const orders: Array<[string, (ids: string[]) => string[]]> = [
		['in their order', (ids) => ids],
		['in reverse order', (ids) => [...ids].reverse()],
		['mixed', mixed],
	];

	const spread = orders.flatMap(([name, order]) => [
		[`${name} to one of them`, order, 1] as const,
		[`${name} to two in turn`, order, 2] as const,
	]);

	it.each(spread)(
		'resume at the last of 40 callbacks that come %s, after few polls',
		async (_, order, count) => {
			// Seeded: 780 polls are possible, but very unlikely.
			let seed = 7;
			jest.spyOn(Math, 'random').mockImplementation(() => {
				seed = (seed * 16_807) % 2_147_483_647;
				return seed / 2_147_483_647;
			});
			const taskIds = Array.from({ length: 40 }, (__, index) => `task-${index}`);
			const ended = new Set<string>();
			const scene: Scene = {
				pause: pauseFor(taskIds),
				poll: async (taskId) => ({ taskId, state: ended.has(taskId) ? 'success' : 'processing' }),
			};
			const processes = Array.from({ length: count }, () => createPaused(scene));
			for (const [index, taskId] of order(taskIds).entries()) {
				ended.add(taskId);
				const answer = await processes[index % count].deliver(taskId);
				expect(answer).toMatchObject(index === 39 ? RESUMED : NOTED);
			}
			expect(processes.flatMap(({ polled }) => polled).length).toBeLessThan(6 * 40);
		},
	);

	it.each([1, 2])(
		'poll each task once where %d of them get 40 callbacks at the same moment',
		async (count) => {
			const taskIds = Array.from({ length: 40 }, (_, index) => `task-${index}`);
			const poll = async (taskId: string) => {
				await sleep(50);
				return await done(taskId);
			};
			const scene: Scene = { pause: pauseFor(taskIds), poll };
			const processes = Array.from({ length: count }, () => createPaused(scene));
			const answers = await Promise.all(
				taskIds.map(async (taskId, index) => await processes[index % count].deliver(taskId)),
			);
			expect(answers.filter(({ isResumed }) => isResumed)).toHaveLength(count);
			expect(answers.filter(({ isResumed }) => !isResumed)).toEqual(
				Array(40 - count).fill(expect.objectContaining(CONTINUES)),
			);
			for (const { polled } of processes) expect(new Set(polled).size).toBe(polled.length);
		},
	);

	it('resume where a task ends while the others are polled', async () => {
		const ended = new Set(['a', 'c']);
		const poll = async (taskId: string) => {
			const state = ended.has(taskId) ? 'success' : 'processing';
			await sleep(100);
			return { taskId, state };
		};
		const { deliver } = createPaused({ pause: pauseFor(['a', 'b', 'c']), poll });
		const first = deliver('a');
		await jest.advanceTimersByTimeAsync(50);
		ended.add('b');
		expect(await deliver('b')).toMatchObject(RESUMED);
		expect(await first).toMatchObject(NOTED);
	});

	it('note answers that come too late for the reply, and resume at the next delivery', async () => {
		const poll = async (taskId: string) => {
			await sleep(2_100);
			return await done(taskId);
		};
		const { deliver, polled } = createPaused({ pause: pauseFor(['a', 'b', 'c']), poll });
		expect(await deliver('a')).toMatchObject(SEND_AGAIN);
		await jest.advanceTimersByTimeAsync(200);
		polled.length = 0;
		expect(await deliver('a')).toMatchObject(RESUMED);
		expect(polled).toEqual([]);
	});

	it('answer within 2 s where of many tasks the first answer took nearly as long', async () => {
		const poll = async (taskId: string) => {
			await sleep(1_900);
			return await done(taskId);
		};
		const taskIds = Array.from({ length: 20 }, (_, index) => `task-${index}`);
		const answer = await createPaused({ pause: pauseFor(taskIds), poll }).deliver('task-0');
		expect(answer).toMatchObject(SEND_AGAIN);
		expect(answer.tookMs).toBeLessThanOrEqual(2_000);
	});

	it('poll no task again that a poll has found done', async () => {
		const { deliver, polled } = createPaused({
			pause: pauseFor(['a', 'b', 'c']),
			poll: async (taskId) => ({ taskId, state: taskId === 'b' ? 'success' : 'processing' }),
		});
		await deliver('a');
		polled.length = 0;
		await deliver('a');
		expect(polled).toEqual(['c']);
	});

	it('poll none where one task makes room', async () => {
		const pause = pauseFor(['a', 'b'], { resumeOnFirst: true });
		const { deliver, polled } = createPaused({ pause });
		expect(await deliver('a')).toMatchObject(RESUMED);
		expect(polled).toEqual([]);
	});

	it.each<[string, Partial<Scene>]>([
		['does not answer', { poll: never }],
		['cannot be reached', { poll: async () => await Promise.reject(new Error('ECONNRESET')) }],
		['answers for one task only', { poll: async (id) => await (id === 'b' ? done(id) : never()) }],
	])('ask APIXO to send again within 2 s where its status API %s', async (_, how) => {
		const { deliver } = createPaused({ pause: pauseFor(['a', 'b', 'c']), ...how });
		const answer = await deliver('a');
		expect(answer).toMatchObject(SEND_AGAIN);
		expect(answer.tookMs).toBeLessThanOrEqual(2_000);
	});

	it('ask APIXO to send again where the credential cannot be used', async () => {
		const { deliver } = createPaused({ pause: pauseFor(['a', 'b']), credential: { apiKey: '' } });
		expect(await deliver('a')).toMatchObject(SEND_AGAIN);
	});

	it('poll at once, not one after the other', async () => {
		const taskIds = Array.from({ length: 20 }, (_, index) => `task-${index}`);
		const slow = async (taskId: string) => {
			await sleep(100);
			return await done(taskId);
		};
		const { deliver } = createPaused({ pause: pauseFor(taskIds), poll: slow });
		expect(await deliver('task-0')).toMatchObject(RESUMED);
	});

	it('do not resume from data that got old while they polled, but at the next delivery', async () => {
		const slow = async (taskId: string) => {
			await sleep(1_500);
			return await done(taskId);
		};
		const { deliver, polled } = createPaused({ pause: pauseFor(['a', 'b', 'c']), poll: slow });
		expect(await deliver('a')).toMatchObject(SEND_AGAIN);
		polled.length = 0;
		expect(await deliver('a')).toMatchObject(RESUMED);
		expect(polled).toEqual([]);
	});

	it("leave a pause to n8n's timer that has become due while they polled", async () => {
		const slow = async (taskId: string) => {
			await sleep(1_500);
			return await done(taskId);
		};
		const pause = pauseFor(['a', 'b'], { untilMs: NOW_MS + 2_000 });
		expect(await createPaused({ pause, poll: slow }).deliver('a')).toMatchObject(SEND_AGAIN);
	});

	it('leave a pause to a run that has continued from it while they polled', async () => {
		const process = start();
		const poll = async (taskId: string) => {
			process.memory.claimPauseHere(RUN_KEY, 1);
			return await done(taskId);
		};
		const { deliver } = createPaused({ process, pause: pauseFor(['a', 'b']), poll });
		expect(await deliver('a')).toMatchObject(SEND_AGAIN);
	});

	it('resume once where two callbacks come at the same moment', async () => {
		const { deliver } = createPaused({ pause: pauseFor(['a', 'b', 'c']), poll: done });
		const answers = await Promise.all([deliver('a'), deliver('b')]);
		expect(answers.map(({ isResumed }) => isResumed).sort()).toEqual([false, true]);
	});
});

describe('never throws, since n8n would then end the execution', () => {
	const broken = () => {
		throw new TypeError('odd');
	};

	it.each([
		['a request that cannot be read', { getRequestObject: broken }],
		['a node that cannot be read', { getNode: broken }],
		['a credential that was deleted', { getCredentials: async () => broken() }],
		['a helper that is missing', { helpers: undefined }],
	])('%s is answered 503 and logged', async (_, more) => {
		const { deliver, log } = createPaused({ pause: pauseFor(['a', 'b']) });
		expect(await deliver('a', 'success', more)).toMatchObject(SEND_AGAIN);
		if ('helpers' in more) return;
		expect(log).toEqual(['APIXO callback could not be handled: odd']);
	});

	it.each([
		['none', {}],
		['of another shape', { runExecutionData: { executionData: 7 } }],
		['with odd contexts', { runExecutionData: { executionData: { contextData: [] } } }],
	])('data of the execution: %s', async (_, more) => {
		const { deliver } = createPaused({});
		expect(await deliver('a', 'success', { runExecutionData: undefined, ...more })).toMatchObject({
			status: 404,
		});
	});
});
