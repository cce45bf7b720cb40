import { type Stage, jsons, openStage, runOf } from '../action/support.cts';
import { type N8n, startN8n } from '../harness/n8n.cts';
import {
	type ParkedRun,
	finish,
	finishAll,
	isParked,
	numbered,
	pairs,
	pairsOf,
	park,
	UNTIL_TOLD,
	untilParked,
	WAKE_UP_MS,
	WAKES_SOON,
} from './support.cts';

jest.setTimeout(WAKE_UP_MS);

type Scene = { stage: Stage; run: ParkedRun };
const scenes = {} as Record<
	'unheardOf' | 'calledBack' | 'ofFive' | 'underWay' | 'inWaves' | 'cancelled',
	Scene
>;

const wakesSoon = { parameters: { options: WAKES_SOON } };
const noCallback = { defaults: { seconds: 3_600, callback: { never: true } } };

let n8n: N8n;

/** Several executions are parked in one n8n when it is killed; it comes back to finished tasks. */
beforeAll(async () => {
	n8n = await startN8n({ withPackage: true });
	const { api } = n8n;
	await api.setupOwner();
	const scene = async (
		options: Parameters<typeof openStage>[0],
		runOptions: Parameters<typeof park>[1],
	): Promise<Scene> => {
		const stage = await openStage(options, api);
		return { stage, run: await park(stage, runOptions) };
	};
	scenes.unheardOf = await scene(noCallback, wakesSoon);
	// APIXO tries again after 30 s and 2 min: here after 10 s and 40 s.
	scenes.calledBack = await scene({ ...UNTIL_TOLD, timeScale: 3 }, {});
	scenes.ofFive = await scene(UNTIL_TOLD, { items: numbered(5), then: [pairs] });
	scenes.underWay = await scene(noCallback, wakesSoon);
	scenes.inWaves = await scene(noCallback, {
		items: numbered(2),
		parameters: { options: { ...WAKES_SOON, maxConcurrency: 1 } },
	});
	scenes.cancelled = await scene(noCallback, { ...wakesSoon, items: numbered(2) });

	const { simulator } = scenes.ofFive.stage;
	for (const prompt of ['prompt 1', 'prompt 3']) finish(scenes.ofFive.stage, prompt);
	await simulator.until(
		({ tasks }) =>
			tasks().filter(({ callbackAttempts }) => callbackAttempts.length > 0).length === 2,
	);
	await api.stopExecution(scenes.cancelled.run.executionId);

	await n8n.kill();
	for (const { stage } of [scenes.unheardOf, scenes.calledBack, scenes.cancelled]) finishAll(stage);
	finish(scenes.inWaves.stage, 'prompt 0');
	const { tasks } = scenes.calledBack.stage.simulator;
	await scenes.calledBack.stage.simulator.until(() => tasks()[0].callbackAttempts.length === 1);
	expect(tasks()[0].callbackAttempts[0].error).toMatch(/ECONNREFUSED/);
	await n8n.start();
	await api.login();
}, 180_000);

afterAll(async () => await n8n?.dispose());

const ended = async ({ run }: Scene) =>
	runOf(await n8n.api.waitForExecution(run.executionId, { timeoutMs: WAKE_UP_MS }));

describe('after n8n was killed and started again', () => {
	it.concurrent('a result that nobody called back for is found', async () => {
		const { output } = await ended(scenes.unheardOf);
		expect(jsons(output)).toEqual([
			expect.objectContaining({ state: 'success', deliveredBy: 'poll' }),
		]);
		const { stage } = scenes.unheardOf;
		expect(stage.simulator.counts()).toMatchObject({ generateTask: 1, statusTask: 1 });
	});

	it.concurrent('a callback that was delivered while it was down comes again', async () => {
		const { output } = await ended(scenes.calledBack);
		expect(jsons(output)).toEqual([
			expect.objectContaining({ state: 'success', deliveredBy: 'callback' }),
		]);
		const { stage } = scenes.calledBack;
		expect(stage.simulator.counts()).toMatchObject({ generateTask: 1, statusTask: 1 });
	});

	it.concurrent('what callbacks brought before is asked for again', async () => {
		const { stage, run } = scenes.ofFive;
		expect(await isParked(stage, run)).toBe(true);
		finishAll(stage);
		const { execution, output } = await ended(scenes.ofFive);
		expect(jsons(output).map(({ state }) => state)).toEqual(Array(5).fill('success'));
		expect(pairsOf(execution)).toEqual([0, 1, 2, 3, 4]);
		expect(stage.submits).toBe(5);
	});

	it.concurrent('an execution whose task is not done parks again', async () => {
		const { stage, run } = scenes.underWay;
		await stage.simulator.until(() => stage.statusCalls === 1, WAKE_UP_MS);
		await untilParked(stage, run.executionId);
		finishAll(stage);
		const [{ taskId }] = stage.simulator.tasks();
		await stage.simulator.sendCallback(taskId);
		const { output } = await ended(scenes.underWay);
		expect(output[0].json).toMatchObject({ taskId, state: 'success', deliveredBy: 'callback' });
		expect(stage.submits).toBe(1);
	});

	it.concurrent('the tasks that had to wait for their turn are submitted', async () => {
		const { stage, run } = scenes.inWaves;
		await stage.simulator.until(({ tasks }) => tasks().length === 2, WAKE_UP_MS);
		await untilParked(stage, run.executionId);
		finishAll(stage);
		await stage.simulator.sendCallback(stage.taskOf('prompt 1').taskId);
		const { output } = await ended(scenes.inWaves);
		expect(output.map(({ json }) => json.taskId)).toEqual(
			numbered(2).map(({ prompt }) => stage.taskOf(prompt).taskId),
		);
		expect(stage.submits).toBe(2);
	});

	it.concurrent('what was cancelled stays cancelled', async () => {
		await ended(scenes.unheardOf);
		const { stage } = scenes.cancelled;
		expect((await ended(scenes.cancelled)).execution.status).toBe('canceled');
		const [{ taskId }] = stage.simulator.tasks();
		const [late] = await stage.simulator.sendCallback(taskId);
		expect(late.status).toBe(409);
		expect(stage.simulator.counts()).toMatchObject({ generateTask: 2, statusTask: 0 });
	});
});
