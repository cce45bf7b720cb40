import { randomUUID } from 'node:crypto';
import { type Run, type Stage, jsons, openStage, runOf } from '../action/support.cts';
import { isFinished, nodeOutput } from '../harness/executions.cts';
import type { TaskPlan } from '../../simulator/simulator.cts';
import { type N8n, startN8n } from '../harness/n8n.cts';
import {
	type TestNode,
	manualTrigger,
	splitOut,
	waitNode,
	webhookTrigger,
	workflow,
} from '../harness/workflows.cts';
import {
	type PausedRun,
	finishAll,
	numbered,
	pauseWorkflow,
	untilPaused,
} from '../pause/support.cts';
import { TIMER_MS, pause, pauseEndMs, submissions, untilMs } from './support.cts';
import { eventually } from '../../support/eventually.cts';

jest.setTimeout(3 * TIMER_MS);

/** Tasks that end when told; APIXO's second callback comes after 3 s, its third after 15 s. */
const UNTIL_TOLD_QUICKLY = { timeScale: 10, defaults: { seconds: 100_000 } };

const QUIET: TaskPlan = { callback: { never: true } };

/** n8n's timer ends each pause after a minute. */
const A_MINUTE = { initialWait: 60, pollInterval: 60, pollingStrategy: 'fixed', timeout: 3_600 };
const paused = { completion: 'callback', options: A_MINUTE };

/** Ends whatever tasks there are until the execution has ended, too. */
async function driveToEnd(stage: Stage, { executionId }: PausedRun): Promise<Run> {
	return await eventually(
		`execution ${executionId} to end`,
		async () => {
			finishAll(stage);
			const execution = await stage.api.getExecution(executionId);
			return isFinished(execution) ? runOf(execution) : undefined;
		},
		2 * TIMER_MS,
		500,
	);
}

function expectOneSubmitEach(stage: Stage, prompts: number): void {
	expect(submissions(stage)).toEqual({ prompts, most: 1 });
}

/** Of forty items twenty have a place; one task is done so shortly before the timer. */
async function fortyItems(beforeMs: number): Promise<{ stage: Stage; result: Run }> {
	const stage = await openStage(UNTIL_TOLD_QUICKLY);
	stage.simulator.outage('statusTask', 'hang:0.15');
	const run = await pause(stage, {
		items: numbered(40),
		parameters: { ...paused, options: { ...A_MINUTE, maxConcurrency: 20 } },
	});
	await untilMs((await pauseEndMs(stage, run.executionId)) - beforeMs);
	stage.simulator.finish(stage.simulator.tasks()[0].taskId);
	return { stage, result: await driveToEnd(stage, run) };
}

/** Two APIXO nodes, one behind the other; both pause. */
function twoNodes(stage: Stage): TestNode[] {
	const overTheRestart = { ...paused, options: { ...A_MINUTE, initialWait: 65 } };
	return [
		stage.node({ parameters: overTheRestart }),
		stage.node({
			name: 'Second',
			parameters: { ...paused, prompt: '=after {{ $json.taskId }}' },
		}),
	];
}

interface Scene {
	stage: Stage;
	run: PausedRun;
}

/** Runs one production execution at a time. */
let n8n: N8n;
const scenes = {} as Record<'slowPoll' | 'timers' | 'callbacks', Scene>;
const items = numbered(2);
const BEFORE_MS = [1_100, 700];
const forty = new Map<number, ReturnType<typeof fortyItems>>();

/** A production execution, of which this n8n runs one at a time. */
async function inProduction(stage: Stage): Promise<PausedRun> {
	const path = randomUUID();
	const { id: workflowId } = await stage.api.createWorkflow(
		workflow({
			name: 'Two nodes',
			nodes: [webhookTrigger({ path }), splitOut('body.items'), ...twoNodes(stage)],
		}),
	);
	await stage.api.activate(workflowId);
	await stage.api.callWebhook(path, { body: { items } });
	await stage.simulator.until(({ tasks }) => tasks().length === items.length);
	const [{ id: executionId }] = await stage.api.listExecutions(workflowId);
	await untilPaused(stage, executionId);
	return { workflowId, executionId };
}

/** Takes the only place for production executions. */
async function beBusy(seconds: number): Promise<void> {
	const path = randomUUID();
	const wait = waitNode({ resume: 'timeInterval', amount: seconds, unit: 'seconds' });
	const { id } = await n8n.api.createWorkflow(
		workflow({ name: 'Busy', nodes: [webhookTrigger({ path }), wait] }),
	);
	await n8n.api.activate(id);
	await n8n.api.callWebhook(path);
	await n8n.api.waitForExecution({ workflowId: id }, { status: 'running' });
}

const open = async () => await openStage(UNTIL_TOLD_QUICKLY, n8n.api);

/** All waits share their minutes. */
beforeAll(async () => {
	for (const beforeMs of BEFORE_MS) {
		const run = fortyItems(beforeMs);
		run.catch(() => {});
		forty.set(beforeMs, run);
	}
	n8n = await startN8n({ withPackage: true, env: { N8N_CONCURRENCY_PRODUCTION_LIMIT: '1' } });
	await n8n.api.setupOwner();
	for (const name of ['timers', 'callbacks'] as const) {
		const stage = await open();
		if (name === 'timers') stage.simulator.plan({ promptIncludes: 'prompt' }, QUIET);
		scenes[name] = { stage, run: await inProduction(stage) };
	}
	const stage = await open();
	stage.simulator.plan({ promptIncludes: 'prompt 0' }, QUIET);
	const nodes = [manualTrigger({ name: 'Prompts', items }), ...twoNodes(stage)];
	const run = await pauseWorkflow(stage, workflow({ name: 'Two nodes', nodes }));
	scenes.slowPoll = { stage, run };
	// A process that did not make a pause cannot know all callbacks to it, so that its webhook polls.
	await n8n.restart();
	await n8n.api.login();
}, 2 * TIMER_MS);

afterAll(async () => await n8n?.dispose());

async function expectAllDelivered({ stage, run }: Scene): Promise<void> {
	const { execution } = await driveToEnd(stage, run);
	expect(execution.status).toBe('success');
	expectOneSubmitEach(stage, 2 * items.length);
	const first = items.map(({ prompt }) => stage.taskOf(prompt).taskId);
	expect(jsons(nodeOutput(execution, 'APIXO')).map(({ taskId }) => taskId)).toEqual(first);
	expect(
		jsons(nodeOutput(execution, 'Second')).map(({ taskId, state }) => [taskId, state]),
	).toEqual(first.map((taskId) => [stage.taskOf(`after ${taskId}`).taskId, 'success']));
}

describe('forty items, twenty at once, each poll of 150 ms', () => {
	it.concurrent.each(BEFORE_MS)(
		'and one true callback %d ms before the timer',
		async (beforeMs) => {
			const { stage, result } = await (forty.get(beforeMs) as ReturnType<typeof fortyItems>);
			expect(result.execution.status).toBe('success');
			expectOneSubmitEach(stage, 40);
			expect(jsons(result.output).map(({ taskId, state }) => [taskId, state])).toEqual(
				numbered(40).map(({ prompt }) => [stage.taskOf(prompt).taskId, 'success']),
			);
		},
	);
});

describe('an APIXO node behind another', () => {
	it.concurrent('with a slow poll in the webhook when the timer comes', async () => {
		const { stage, run } = scenes.slowPoll;
		const { simulator } = stage;
		const [quiet, reported] = items.map(({ prompt }) => stage.taskOf(prompt).taskId);
		const endMs = await pauseEndMs(stage, run.executionId);
		await untilMs(endMs - 3_000);
		simulator.finish(quiet);
		await untilMs(endMs - 1_150);
		// The webhook's poll of the quiet task; its answer comes after the timer has resumed the run.
		simulator.faultNext('statusTask', [{ kind: 'hang', seconds: 1.9 }]);
		simulator.finish(reported);
		await expectAllDelivered(scenes.slowPoll);
	});

	it.concurrent('with one place for executions, taken when timers and callbacks come', async () => {
		const { timers, callbacks } = scenes;
		await untilMs((await pauseEndMs(timers.stage, timers.run.executionId)) - 8_000);
		// n8n looks for pauses that are over each minute from its start on, and so once more meanwhile.
		await beBusy(64);
		await untilMs((await pauseEndMs(callbacks.stage, callbacks.run.executionId)) - 1_500);
		finishAll(timers.stage);
		finishAll(callbacks.stage);
		await Promise.all([expectAllDelivered(timers), expectAllDelivered(callbacks)]);
	});
});
