import { fetch } from 'undici';
import { runAgent } from '../e2e/action/agent.cts';
import { type Stage, QUICK, byId, jsons, openStage, stopAndWatch } from '../e2e/action/support.cts';
import { nodeOutput } from '../e2e/harness/executions.cts';
import { N8N_VERSIONS, ensureN8n } from '../e2e/harness/install.cts';
import { type N8n, startN8n } from '../e2e/harness/n8n.cts';
import { chain, manualTrigger, noOp, workflow } from '../e2e/harness/workflows.cts';
import { filesOf, originals } from '../e2e/media/files.cts';
import { createListener, finishedTask, runsOf, signed } from '../e2e/trigger/fixture.cts';
import { Results } from './results.cts';

const INSTALLED_WITHIN_MS = 30 * 60_000;
const CASE_WITHIN_MS = 180_000;

/** The first n8n whose resume URLs have a token, without which the node does not pause. */
const PAUSES_FROM = [2, 14];

/** A gap until the first poll that is spent paused, where n8n can pause, s. */
const LONG_WAIT = { ...QUICK, initialWait: 60 };

/** Tasks end only when the test says so. */
const UNTIL_TOLD = { defaults: { seconds: 3_600 } };

/** What the case shows, beyond that it holds. */
type Shown = string | void;

interface Case {
	name: string;
	run(n8n: N8n, canPause: boolean): Promise<Shown>;
}

function pauses(version: string): boolean {
	const [major, minor] = version.split('.').map(Number);
	return major > PAUSES_FROM[0] || (major === PAUSES_FROM[0] && minor >= PAUSES_FROM[1]);
}

/** A finished task of the stage's simulator, made by the node without waiting. */
async function submittedTask(stage: Stage): Promise<string> {
	const { output } = await stage.run({ parameters: { completion: 'none' } });
	expect(output).toHaveLength(1);
	return String(output[0].json.taskId);
}

async function expectOneSuccess(stage: Stage, parameters: object): Promise<void> {
	const { execution, output } = await stage.run({ parameters: { ...parameters } });
	expect(execution.status).toBe('success');
	expect(jsons(output)).toMatchObject([{ state: 'success', deliveredBy: 'poll' }]);
	expect(stage.submits).toBe(1);
}

const cases: Case[] = [
	{
		name: 'Generate, *Poll Until Done*',
		run: async ({ api }) => {
			await expectOneSuccess(await openStage({}, api), { completion: 'poll' });
		},
	},
	{
		name: 'Generate, *Automatic*, a short task',
		run: async ({ api }) => {
			await expectOneSuccess(await openStage({}, api), { completion: 'auto' });
		},
	},
	{
		name: 'Generate, *Automatic*, a long task',
		run: async ({ api }, canPause) => {
			const stage = await openStage(UNTIL_TOLD, api);
			const { executionId } = await stage.start({
				parameters: { completion: 'auto', options: LONG_WAIT },
			});
			await stage.simulator.until((simulator) => simulator.tasks().length === 1);
			const status = canPause ? 'waiting' : 'running';
			await api.waitForExecution(executionId, { status });

			const { taskId } = stage.taskOf('a red fox');
			stage.simulator.finish(taskId);
			const execution = await api.waitForExecution(executionId, { timeoutMs: 100_000 });
			expect(jsons(nodeOutput(execution, 'APIXO'))).toMatchObject([{ taskId, state: 'success' }]);
			expect(stage.submits).toBe(1);
			return canPause ? 'pauses' : 'waits without a pause';
		},
	},
	{
		name: 'Generate, *Pause Until Callback*',
		run: async ({ api }, canPause) => {
			const stage = await openStage(UNTIL_TOLD, api);
			const parameters = {
				completion: 'callback',
				options: { initialWait: 3_000, timeout: 3_600 },
			};
			if (!canPause) {
				const { execution, error } = await stage.run({ parameters });
				expect(execution.status).toBe('error');
				expect(error.message).toContain("This version of n8n can't pause safely");
				expect(error.description).toContain('Nothing was submitted, and nothing was charged');
				expect(stage.submits).toBe(0);
				return 'refused before it costs anything: update n8n';
			}
			const { executionId } = await stage.start({ parameters });
			await api.waitForExecution(executionId, { status: 'waiting' });
			const { taskId } = stage.taskOf('a red fox');
			stage.simulator.finish(taskId);
			const execution = await api.waitForExecution(executionId);
			expect(jsons(nodeOutput(execution, 'APIXO'))).toMatchObject([
				{ taskId, state: 'success', deliveredBy: 'callback' },
			]);
			expect(stage.submits).toBe(1);
			return 'pauses';
		},
	},
	{
		name: 'Generate, stopped while it waits',
		run: async ({ api }) => {
			const stage = await openStage(UNTIL_TOLD, api);
			const { executionId } = await stage.start({ parameters: { completion: 'poll' } });
			await stage.simulator.until(() => stage.statusCalls > 0);
			await stopAndWatch(stage, executionId, 2_000);
			expect(stage.submits).toBe(1);
		},
	},
	{
		name: 'Several items, one fails, error output',
		run: async ({ api }) => {
			const stage = await openStage({}, api);
			const trigger = manualTrigger({
				items: [{ prompt: 'a fox' }, { prompt: 'a wolf [[outcome=failed]]' }, { prompt: 'a hare' }],
			});
			const apixo = stage.node({ onError: 'continueErrorOutput' });
			const done = noOp({ name: 'Done' });
			const failed = noOp({ name: 'Failed' });
			const execution = await api.runOnce(
				workflow({
					name: 'Error output',
					nodes: [trigger, apixo, done, failed],
					connections: [
						...chain(trigger, apixo, done),
						{ from: apixo.name, output: 1, to: failed.name },
					],
				}),
			);
			expect(execution.status).toBe('success');
			const states = jsons(nodeOutput(execution, 'Done')).map(({ state }) => state);
			expect(states).toEqual(['success', 'success']);
			const { taskId } = stage.taskOf('a wolf [[outcome=failed]]');
			expect(jsons(nodeOutput(execution, 'Failed'))).toMatchObject([
				{ error: expect.stringContaining(taskId), details: { taskId } },
			]);
		},
	},
	{
		name: 'Generate, files',
		run: async ({ api }) => {
			const stage = await openStage({ defaults: { seconds: 0.5, files: 2 } }, api);
			const options = { ...QUICK, downloadResults: true };
			const { output } = await stage.run({ parameters: { options } });
			const contents = await originals(output[0].json.resultUrls);
			expect(await filesOf(stage, output[0])).toMatchObject(
				['data', 'data_1'].map((property, index) => ({ property, content: contents[index] })),
			);
		},
	},
	{
		name: 'Task: Get, Wait, Download',
		run: async ({ api }) => {
			const stage = await openStage({}, api);
			const taskId = await submittedTask(stage);
			await stage.simulator.until((simulator) => simulator.task(taskId).finalAtMs !== undefined);
			for (const operation of ['get', 'wait', 'download']) {
				const { output } = await stage.run({
					parameters: { resource: 'task', operation, model: byId('nano-banana'), taskId },
				});
				expect(jsons(output)).toMatchObject([{ taskId, state: 'success' }]);
				if (operation !== 'download') continue;
				const [content] = await originals(output[0].json.resultUrls);
				expect(await filesOf(stage, output[0])).toMatchObject([{ property: 'data', content }]);
			}
			expect(stage.submits).toBe(1);
		},
	},
	{
		name: 'Model: Get Many, Account: Get Balance',
		run: async ({ api }) => {
			const stage = await openStage({}, api);
			const models = await stage.run({ parameters: { resource: 'model', operation: 'getAll' } });
			expect(models.output.length).toBeGreaterThan(10);
			const balance = await stage.run({
				parameters: { resource: 'account', operation: 'getBalance' },
			});
			expect(jsons(balance.output)).toEqual([
				expect.objectContaining({ balance: expect.anything() }),
			]);
		},
	},
	{
		name: 'As a tool of an AI agent',
		run: async ({ api }) => {
			const stage = await openStage({}, api);
			const { execution } = await runAgent(stage, 3, ['a red fox']);
			expect(execution.status).toBe('success');
			const [{ json }] = nodeOutput(execution, 'AI Agent');
			expect(json.output).toContain(stage.taskOf('a red fox').resultUrls[0]);
			expect(stage.submits).toBe(1);
		},
	},
	{
		name: 'Trigger: one run per task, also after a restart',
		run: async (n8n) => {
			const { simulator, credential } = await openStage({}, n8n.api);
			const listener = await createListener(n8n, { credential });
			const callbackUrl = signed(listener.url, simulator);
			const taskId = await finishedTask(simulator, { callbackUrl });
			const body = JSON.stringify({ code: 200, data: { taskId, state: 'success' } });
			const deliver = async () => {
				const headers = { 'content-type': 'application/json' };
				return (await fetch(callbackUrl, { method: 'POST', headers, body })).status;
			};
			expect(await deliver()).toBe(200);
			expect(await deliver()).toBe(200);
			await n8n.restart();
			expect(await deliver()).toBe(200);

			const runs = await runsOf(n8n, listener);
			expect(runs).toHaveLength(1);
			expect(jsons(nodeOutput(runs[0], 'APIXO Trigger'))).toMatchObject([
				{ taskId, state: 'success', deliveredBy: 'callback' },
			]);
		},
	},
];

const results = new Results(N8N_VERSIONS);
afterAll(() => process.stdout.write(`\n${results.table()}\n\n`));

describe.each(N8N_VERSIONS)('n8n %s', (version) => {
	const log = (line: string) => process.stderr.write(`[n8n ${version}] ${line}\n`);
	let n8n: N8n | undefined;

	beforeAll(async () => {
		for (const { name } of cases) results.set(version, name, 'NOT INSTALLED');
		await ensureN8n({ version, log }).catch((error: unknown) => {
			throw new Error(`n8n ${version} could not be installed`, { cause: error });
		});
		for (const { name } of cases) results.set(version, name, 'NOT STARTED');
		n8n = await startN8n({ version, withPackage: true, log });
		await n8n.api.setupOwner();
	}, INSTALLED_WITHIN_MS);
	afterAll(async () => await n8n?.dispose());

	it.each(cases)(
		'$name',
		async ({ name, run }) => {
			results.set(version, name, 'FAILS');
			results.set(version, name, (await run(n8n as N8n, pauses(version))) ?? 'works');
		},
		CASE_WITHIN_MS,
	);
});
