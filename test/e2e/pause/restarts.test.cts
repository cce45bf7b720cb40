import { type RunOptions, type Stage, jsons, openStage, runOf } from '../action/support.cts';
import { type N8n, startN8n } from '../harness/n8n.cts';
import { makeDue } from '../waiting/database.cts';
import {
	NO_CALLBACK,
	type PausedRun,
	TIMER_WITHIN_MS,
	UNTIL_TOLD,
	finish,
	finishAll,
	isPaused,
	numbered,
	pairs,
	pairsOf,
	pause,
	taskIdsOf,
	untilPaused,
} from './support.cts';

/** A run that n8n resumes while it starts pauses for another minute. */
const RESULT_WITHIN_MS = 2 * TIMER_WITHIN_MS;

jest.setTimeout(RESULT_WITHIN_MS);

let n8n: N8n;

/** An execution that is paused when n8n is killed. */
interface Scene {
	title: string;
	simulator: Parameters<typeof openStage>[0];
	run?: RunOptions;
	/** Just before the kill. */
	before?: (stage: Stage, run: PausedRun) => Promise<void>;
	/** Until n8n is started again. */
	meanwhile?: (stage: Stage, run: PausedRun) => Promise<void> | void;
	/** After the restart. */
	then: (stage: Stage, run: PausedRun) => Promise<void>;
}

/** No poll before the kill, however slow the machine: the test makes it due while n8n is down. */
const timer = { pollingStrategy: 'fixed', pollInterval: 30 };

const isDue = async ({ executionId }: PausedRun) => await makeDue(n8n, executionId, 'APIXO');

const ended = async ({ executionId }: PausedRun) =>
	runOf(await n8n.api.waitForExecution(executionId, { timeoutMs: RESULT_WITHIN_MS }));

const scenes: Scene[] = [
	{
		title: 'a result that APIXO never calls back for is found by the timer',
		simulator: NO_CALLBACK,
		run: { parameters: { options: timer } },
		meanwhile: async (stage, run) => {
			finishAll(stage);
			await isDue(run);
		},
		then: async (stage, run) => {
			const { output } = await ended(run);
			expect(jsons(output)).toEqual([
				expect.objectContaining({ state: 'success', deliveredBy: 'poll' }),
			]);
			expect(stage.simulator.counts()).toMatchObject({ generateTask: 1, statusTask: 1 });
		},
	},
	{
		title: 'a callback that came while n8n was down comes again',
		// APIXO tries again after 30 s and 2 min: here after 10 s and 40 s.
		simulator: { ...UNTIL_TOLD, timeScale: 3 },
		meanwhile: async (stage) => {
			finishAll(stage);
			const attempts = () => stage.taskOf('a red fox').callbackAttempts;
			await stage.simulator.until(() => attempts().length === 1);
			expect(attempts()[0].error).toMatch(/ECONNREFUSED/);
		},
		then: async (stage, run) => {
			const { output } = await ended(run);
			expect(jsons(output)).toEqual([
				expect.objectContaining({ state: 'success', deliveredBy: 'callback' }),
			]);
			expect(stage.simulator.counts()).toMatchObject({ generateTask: 1, statusTask: 1 });
		},
	},
	{
		title: 'callbacks for two of five tasks before the kill are made up for by polls',
		// n8n, which still starts, has APIXO send its callbacks again: here after 10 s and 40 s.
		simulator: { ...UNTIL_TOLD, timeScale: 3 },
		run: { items: numbered(5), then: [pairs] },
		before: async (stage) => {
			for (const prompt of ['prompt 1', 'prompt 3']) {
				finish(stage, prompt);
				await stage.simulator.until(() => stage.taskOf(prompt).callbackAttempts.length === 1);
			}
		},
		then: async (stage, run) => {
			expect(await isPaused(stage, run)).toBe(true);
			finishAll(stage);
			const { execution, output } = await ended(run);
			expect(jsons(output).map(({ state }) => state)).toEqual(Array(5).fill('success'));
			expect(pairsOf(execution)).toEqual([0, 1, 2, 3, 4]);
			expect(stage.submits).toBe(5);
		},
	},
	{
		title: 'an execution whose task is not done pauses again',
		simulator: NO_CALLBACK,
		run: { parameters: { options: timer } },
		meanwhile: async (_stage, run) => await isDue(run),
		then: async (stage, run) => {
			await stage.simulator.until(() => stage.statusCalls === 1, RESULT_WITHIN_MS);
			await untilPaused(stage, run.executionId);
			finishAll(stage);
			const { taskId } = stage.taskOf('a red fox');
			await stage.simulator.sendCallback(taskId);
			const { output } = await ended(run);
			expect(output[0].json).toMatchObject({ taskId, state: 'success', deliveredBy: 'callback' });
			expect(stage.submits).toBe(1);
		},
	},
	{
		title: 'an item that waited for a place is submitted',
		simulator: NO_CALLBACK,
		run: {
			items: numbered(2),
			parameters: { options: { ...timer, maxConcurrency: 1 } },
		},
		meanwhile: async (stage, run) => {
			finish(stage, 'prompt 0');
			await isDue(run);
		},
		then: async (stage, run) => {
			await stage.simulator.until(({ tasks }) => tasks().length === 2, RESULT_WITHIN_MS);
			await untilPaused(stage, run.executionId);
			finishAll(stage);
			await stage.simulator.sendCallback(stage.taskOf('prompt 1').taskId);
			const { output } = await ended(run);
			expect(jsons(output).map(({ taskId }) => taskId)).toEqual(taskIdsOf(stage, numbered(2)));
			expect(stage.submits).toBe(2);
		},
	},
	{
		title: 'an execution that was cancelled stays cancelled',
		simulator: NO_CALLBACK,
		run: { parameters: { options: timer }, items: numbered(2) },
		before: async ({ api }, { executionId }) => await api.stopExecution(executionId),
		meanwhile: finishAll,
		then: async (stage, run) => {
			expect((await ended(run)).execution.status).toBe('canceled');
			const [late] = await stage.simulator.sendCallback(stage.taskOf('prompt 0').taskId);
			expect(late.status).toBe(409);
			expect((await ended(run)).execution.status).toBe('canceled');
			expect(stage.simulator.counts()).toMatchObject({ generateTask: 2, statusTask: 0 });
		},
	},
];

describe('after n8n was killed and started again', () => {
	const opened = new Map<Scene, { stage: Stage; run: PausedRun }>();

	beforeAll(async () => {
		n8n = await startN8n({ withPackage: true });
		await n8n.api.setupOwner();
		for (const scene of scenes) {
			const stage = await openStage(scene.simulator, n8n.api);
			const run = await pause(stage, scene.run);
			opened.set(scene, { stage, run });
		}
		for (const [{ before }, { stage, run }] of opened) await before?.(stage, run);
		await n8n.kill();
		for (const [{ meanwhile }, { stage, run }] of opened) await meanwhile?.(stage, run);
		await n8n.start();
		await n8n.api.login();
	});

	afterAll(async () => await n8n?.dispose());

	it.concurrent.each(scenes)('$title', async (scene) => {
		const { stage, run } = opened.get(scene)!;
		await scene.then(stage, run);
	});
});
