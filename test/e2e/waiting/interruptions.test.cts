import { jsons, openStage, runOf } from '../action/support.cts';
import { sharedN8n } from '../harness/shared.cts';
import { type N8n, startN8n } from '../harness/n8n.cts';
import { eventually } from '../../support/eventually.cts';
import { prompts, untilPaused, UNTIL_TOLD, video } from './scenes.cts';

jest.setTimeout(240_000);

/** `npm run test:soak` kills more often; each time costs a start of n8n. */
const KILLS = Number(process.env.KILLS ?? 3);

describe('a stop while 20 submissions are under way', () => {
	const held = {
		defaults: { seconds: 600, submitFaults: [{ kind: 'hang' as const, seconds: 1.5 }] },
	};

	it('logs every task that APIXO accepted, and submits nothing more', async () => {
		const stage = await openStage(held);
		const { executionId } = await stage.start({
			items: prompts(40),
			parameters: { options: { maxConcurrency: 20 } },
		});
		await stage.simulator.until(({ counts }) => counts().generateTask === 20);
		await stage.api.stopExecution(executionId);
		await expectAllLogged(
			stage.simulator.tasks().map(({ taskId }) => taskId),
			executionId,
		);
		expect(stage.submits).toBe(20);
	});

	it("logs them at the workflow's timeout, too", async () => {
		const stage = await openStage({
			defaults: { seconds: 600, submitFaults: [{ kind: 'hang', seconds: 12 }] },
		});
		const definition = stage.workflow({
			items: prompts(40),
			parameters: { options: { maxConcurrency: 20 } },
		});
		definition.settings.executionTimeout = 10;
		const { id } = await stage.api.createWorkflow(definition);
		const executionId = await stage.api.runManually(id);
		await stage.api.waitForExecution(executionId);
		const { submits } = stage;
		expect(submits).toBe(20);
		await expectAllLogged(
			stage.simulator.tasks().map(({ taskId }) => taskId),
			executionId,
		);
		expect(stage.submits).toBe(submits);
	});
});

async function expectAllLogged(taskIds: string[], executionId: string): Promise<void> {
	await eventually('every task in the log', async () => {
		const logs = sharedN8n().logs();
		return taskIds.every((taskId) => logs.includes(`APIXO task ${taskId} `)) || undefined;
	});
	expect(sharedN8n().logs()).toContain(`execution ${executionId}`);
}

describe("a task that outlives the workflow's timeout", () => {
	it.concurrent('is polled, and ends with an error of ours that names it', async () => {
		const stage = await openStage(UNTIL_TOLD);
		const definition = stage.workflow({ parameters: video() });
		definition.settings.executionTimeout = 15;
		const execution = await stage.api.runOnce(definition, { timeoutMs: 60_000 });
		const { taskId } = stage.taskOf('a red fox');
		expect(execution.status).toBe('error');
		expect(runOf(execution).error.message).toContain(`APIXO task ${taskId} was not done`);
		expect(runOf(execution).error.message).toContain("n8n's timeout");
		expect(runOf(execution).error.description).toContain("'Timeout Workflow'");
	});
});

describe('Retry from the list of executions', () => {
	it.concurrent(
		'pays for nothing again, although parameters hold $now and a random seed',
		async () => {
			const stage = await openStage({ defaults: { seconds: 1 } });
			stage.simulator.plan({ promptIncludes: 'prompt 1' }, { outcome: 'failed', failCode: 'NSFW' });
			const definition = stage.workflow({
				items: prompts(3),
				parameters: {
					prompt: '={{ $json.prompt }} {{ $now.toMillis() }}',
					specifyInput: 'json',
					inputJson: '={{ { "seed": Math.floor(Math.random() * 1000000) } }}',
					options: { initialWait: 1, pollInterval: 1, validateInput: false },
				},
			});
			const failed = await stage.api.runOnce(definition);
			expect(failed.status).toBe('error');
			expect(stage.submits).toBe(3);
			const { id } = await stage.api.call<{ id: string }>(
				'POST',
				`/rest/executions/${failed.id}/retry`,
				{ loadWorkflow: false },
			);
			const retried = await stage.api.waitForExecution(id);
			expect(retried.status).toBe('error');
			expect(runOf(retried).error.message).toMatch(/^Task failed/);
			expect(stage.submits).toBe(3);
		},
	);
});

describe('an n8n that is killed', () => {
	let n8n: N8n;
	beforeAll(async () => {
		n8n = await startN8n({ withPackage: true });
		await n8n.api.setupOwner();
	});
	afterAll(async () => await n8n.dispose());

	it('while executions are paused delivers their results after the restart', async () => {
		const stage = await openStage(
			{ defaults: { seconds: 3_600, callback: { never: true } } },
			n8n.api,
		);
		const { executionId } = await stage.start({
			parameters: video({ options: { initialWait: 60, pollInterval: 30 } }),
		});
		await untilPaused(stage, executionId);
		await n8n.kill();
		stage.simulator.finish(stage.taskOf('a red fox').taskId);
		await n8n.start();
		const done = await n8n.api.waitForExecution(executionId, { timeoutMs: 120_000 });
		expect(jsons(runOf(done).output)).toEqual([
			expect.objectContaining({ state: 'success', deliveredBy: 'poll' }),
		]);
		expect(stage.submits).toBe(1);
	});

	it('while tasks are polled has each of them in its log, with execution, node and item', async () => {
		const stage = await openStage(UNTIL_TOLD, n8n.api);
		for (let kill = 1; kill <= KILLS; kill++) {
			const before = stage.statusCalls;
			const { executionId } = await stage.start({ items: prompts(3) });
			const polls = Math.ceil(Math.random() * 6);
			await stage.simulator.until(({ counts }) => counts().statusTask >= before + polls);
			await n8n.kill();
			const polled = stage.simulator
				.requests({ endpoint: 'statusTask' })
				.slice(before)
				.map(({ taskId }) => taskId);
			for (const taskId of new Set(polled)) {
				expect(n8n.logs()).toMatch(
					new RegExp(`APIXO task ${taskId} .*execution ${executionId}, node 'APIXO', item \\d`),
				);
			}
			await n8n.start();
		}
	});
});
