import { setTimeout as delay } from 'node:timers/promises';
import type { IDataObject } from 'n8n-workflow';
import {
	type Run,
	type RunOptions,
	type Stage,
	QUICK,
	jsons,
	openStage,
	runOf,
} from '../action/support.cts';
import { type N8n, startN8n } from '../harness/n8n.cts';
import { noOp } from '../harness/workflows.cts';
import { changePausedNode, makeDue } from './database.cts';
import {
	type PausedRun,
	UNTIL_TOLD,
	finishAll,
	numbered,
	pauseWorkflow,
	taskIdsOf,
} from '../pause/support.cts';
import { TIMER_MS, quickVideo, video } from './support.cts';

jest.setTimeout(2 * TIMER_MS);

/** More of them prove more, but each costs a start of n8n. */
const KILLS = Number(process.env.KILLS ?? 3);
const next = noOp({ name: 'Next' });

interface Scene {
	stage: Stage;
	run: PausedRun;
}

/** With a callback URL that APIXO cannot reach, and a timeout for executions. */
let n8n: N8n;
/** Ended and started again all the time. */
let shortLived: N8n;

async function scene(options: RunOptions, { hasTimeout = false } = {}): Promise<Scene> {
	const stage = await openStage(UNTIL_TOLD, n8n.api);
	const definition = stage.workflow({ then: [next], ...options });
	if (!hasTimeout) definition.settings = { ...definition.settings, executionTimeout: -1 };
	if (!hasTimeout) return { stage, run: await pauseWorkflow(stage, definition) };
	const { id: workflowId } = await stage.api.createWorkflow(definition);
	return { stage, run: { workflowId, executionId: await stage.api.runManually(workflowId) } };
}

const ended = async ({ run }: Scene, timeoutMs = TIMER_MS): Promise<Run> =>
	runOf(await n8n.api.waitForExecution(run.executionId, { timeoutMs }));

/** No poll before the kill, however slow the machine: the test makes it due while n8n is down. */
const OVER_THE_RESTART = { initialWait: 3_000, timeout: 3_600 };
const scenes = {} as Record<
	| 'unreachable'
	| 'timesOut'
	| 'killedWhilePaused'
	| 'killedWhileResumed'
	| 'otherVersion'
	| 'version010',
	Scene
>;
let unreachable: Run;
let timedOut: Run;
let killings: ReturnType<typeof killWhilePolling> = Promise.resolve([]);

/** What a pause of the version 0.1.0 had in the context of its node. */
const contextOf010 = (taskId: string, executionId: string): IDataObject => ({
	parked: {
		executionId,
		runIndex: 0,
		maxConcurrency: 100,
		wakeAtMs: 0,
		triesFailed: 0,
		isTryOver: false,
		entries: [
			{
				itemIndex: 0,
				request: { waiting: { schedule: { timeoutSeconds: 600 } }, delivery: {} },
				task: { taskId, model: 'wan-2-5', submittedAtMs: 0 },
			},
		],
	},
});

beforeAll(async () => {
	[n8n, shortLived] = await Promise.all([
		startN8n({
			withPackage: true,
			env: { N8N_WEBHOOK_URL: 'http://192.168.1.5:5678/', EXECUTIONS_TIMEOUT: '20' },
		}),
		startN8n({ withPackage: true }),
	]);
	await Promise.all([n8n.api.setupOwner(), shortLived.api.setupOwner()]);
	scenes.timesOut = await scene({ parameters: quickVideo() }, { hasTimeout: true });
	scenes.unreachable = await scene({ parameters: video() });
	scenes.killedWhileResumed = await scene({ items: numbered(2), parameters: video() });
	const overTheRestart = { parameters: video({ options: OVER_THE_RESTART }) };
	scenes.killedWhilePaused = await scene(overTheRestart);
	scenes.otherVersion = await scene(overTheRestart);
	scenes.version010 = await scene(overTheRestart);
	killings = killWhilePolling();

	timedOut = await ended(scenes.timesOut);
	for (const name of ['unreachable', 'killedWhilePaused'] as const) finishAll(scenes[name].stage);
	const { simulator } = scenes.killedWhileResumed.stage;
	simulator.outage('statusTask', 'silence');
	unreachable = await ended(scenes.unreachable);
	await simulator.until(({ counts }) => counts().statusTask >= 2, TIMER_MS);
	await n8n.kill();

	finishAll(scenes.killedWhileResumed.stage);
	simulator.endOutage();
	const { otherVersion, version010 } = scenes;
	await makeDue(n8n, scenes.killedWhilePaused.run.executionId, 'APIXO');
	await changePausedNode(n8n, otherVersion.run.executionId, 'APIXO', (context) => {
		const { run0 } = context.apixoRuns as { run0: IDataObject };
		return { ...context, apixoRuns: { run0: { ...run0, version: 99 } } };
	});
	await changePausedNode(n8n, version010.run.executionId, 'APIXO', () =>
		contextOf010(taskIdsOf(version010.stage, FOX)[0], version010.run.executionId),
	);
	await n8n.start();
	await n8n.api.login();
}, 4 * TIMER_MS);

afterAll(async () => {
	await killings.catch(() => {});
	await Promise.all([n8n?.dispose(), shortLived?.dispose()]);
});

const FOX = [{ prompt: 'a red fox' }];

describe('an n8n that APIXO cannot reach', () => {
	it('pauses all the same, gives APIXO no callback URL, and finds the result by its timer', () => {
		const { stage } = scenes.unreachable;
		const [{ taskId, callbackUrl, requestBody }] = stage.simulator.tasks();
		expect(callbackUrl).toBeUndefined();
		expect(requestBody).toMatchObject({ request_type: 'async' });
		expect(jsons(unreachable.output)).toEqual([
			expect.objectContaining({ taskId, state: 'success', deliveredBy: 'poll' }),
		]);
		expect(unreachable.execution.runData.Next).toHaveLength(1);
		expect(stage.simulator.counts()).toMatchObject({ generateTask: 1, statusTask: 1 });
	});
});

describe('EXECUTIONS_TIMEOUT shorter than the wait', () => {
	it("makes the run poll and end with an error of its own before n8n's deadline", () => {
		const [{ taskId }] = scenes.timesOut.stage.simulator.tasks();
		expect(timedOut.execution.status).toBe('error');
		expect(timedOut.error.message).toMatch(/^Task not done after .* seconds, when n8n's timeout/);
		expect(timedOut.error.message).toContain(taskId);
		expect(timedOut.error.description).toContain('EXECUTIONS_TIMEOUT');
	});
});

describe('after n8n was killed', () => {
	it('a result that a paused run waits for arrives', async () => {
		const { stage } = scenes.killedWhilePaused;
		const { execution, output } = await ended(scenes.killedWhilePaused);
		expect(jsons(output)).toEqual([
			expect.objectContaining({ taskId: taskIdsOf(stage, FOX)[0], state: 'success' }),
		]);
		expect(execution.runData.Next).toHaveLength(1);
		expect(stage.simulator.counts()).toMatchObject({ generateTask: 1, statusTask: 1 });
	});

	it.each([
		['a later version', 'otherVersion'],
		['version 0.1.0', 'version010'],
	] as const)('a pause that %s made ends with an error that names its tasks', async (_, name) => {
		const { stage } = scenes[name];
		const { execution, error } = await ended(scenes[name]);
		expect(execution.status).toBe('error');
		expect(error.message).toContain('another version of the APIXO node');
		expect(error.description).toContain(taskIdsOf(stage, FOX)[0]);
		expect(execution.runData.Next).toBeUndefined();
		expect(stage.submits).toBe(1);
	});

	it('while its timer had resumed a run, the retry with the original workflow brings the results', async () => {
		const { stage, run } = scenes.killedWhileResumed;
		expect((await n8n.api.waitForExecution(run.executionId)).status).toBe('crashed');

		// n8n would pass the input on as if it were the result.
		await expect(retry(run, true)).rejects.toThrow("Use 'Retry with original workflow'");

		const original = await retry(run, false);
		expect(original.execution.status).toBe('success');
		expect(jsons(original.output).map(({ taskId, state }) => [taskId, state])).toEqual(
			taskIdsOf(stage, numbered(2)).map((taskId) => [taskId, 'success']),
		);
		expect(original.execution.runData.Next).toHaveLength(1);
		expect(stage.submits).toBe(2);
	});

	it(`${KILLS} times while it polled, every accepted task is in its log`, async () => {
		const killed = await killings;
		expect(killed).toHaveLength(KILLS);
		const log = shortLived.logs();
		for (const { stage, executionId } of killed) {
			for (const [item, taskId] of taskIdsOf(stage, numbered(3)).entries()) {
				expect(log).toContain(
					`APIXO task ${taskId} of model nano-banana is under way (execution ${executionId}, node 'APIXO', item ${item})`,
				);
			}
		}
	});
});

async function retry(run: PausedRun, loadWorkflow: boolean): Promise<Run> {
	const id = await n8n.api.retryExecution(run, loadWorkflow);
	return runOf(await n8n.api.waitForExecution(id, { timeoutMs: TIMER_MS }));
}

/** Kills an n8n again and again, each time at some moment of polling three tasks. */
async function killWhilePolling() {
	const killed: Array<{ stage: Stage; executionId: string }> = [];
	while (killed.length < KILLS) {
		const stage = await openStage({ defaults: { outcome: 'never' } }, shortLived.api);
		const { executionId } = await stage.start({
			items: numbered(3),
			parameters: { options: QUICK },
		});
		await stage.simulator.until(() => stage.statusCalls >= 3);
		await delay(Math.random() * 1_500);
		await shortLived.kill();
		killed.push({ stage, executionId });
		if (killed.length < KILLS) {
			await shortLived.start();
			await shortLived.api.login();
		}
	}
	return killed;
}
