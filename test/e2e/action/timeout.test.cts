import type { TaskPlan } from '../../simulator/simulator.cts';
import { jsons, openStage, runOf } from './support.cts';

const neverDone: TaskPlan = { outcome: 'never', seconds: 60, states: ['processing_r2'] };
const options = { initialWait: 1, pollInterval: 10, timeout: 3 };

describe('a task that is not done in time', () => {
	it.concurrent('is an error that says how to resume it, after a last poll', async () => {
		const stage = await openStage({ defaults: neverDone });
		const { execution, error } = await stage.run({ parameters: { options } });
		const [{ taskId }] = stage.simulator.tasks();
		expect(execution.status).toBe('error');
		expect(error.message).toBe(
			`Task not done within 3 seconds; its last state was 'processing_r2' (task ${taskId})`,
		);
		expect(error.description).toContain(
			`To pick it up at no extra cost, use resource Task, operation Wait with model 'nano-banana' and task ID '${taskId}'`,
		);
		expect(error.context).toMatchObject({ taskId, state: 'processing_r2', itemIndex: 0 });
	});

	it.concurrent("comes out with its last state with 'Return the Unfinished Task'", async () => {
		const stage = await openStage({ defaults: neverDone });
		const { output } = await stage.run({
			parameters: { options: { ...options, onTimeout: 'output' } },
		});
		expect(output).toEqual([
			{
				json: {
					taskId: stage.simulator.tasks()[0].taskId,
					model: 'nano-banana',
					state: 'processing_r2',
					resultUrls: [],
					createTime: expect.any(Number),
					deliveredBy: 'poll',
					timedOut: true,
				},
				pairedItem: { item: 0 },
			},
		]);

		const [submit] = stage.simulator.requests({ endpoint: 'generateTask' });
		const polls = stage.simulator.requests({ endpoint: 'statusTask' });
		const secondsAfterSubmit = polls.map(({ atMs }) => (atMs - submit.atMs) / 1000);
		expect(secondsAfterSubmit).toHaveLength(2);
		expect(secondsAfterSubmit[0]).toBeGreaterThanOrEqual(1);
		expect(secondsAfterSubmit[1]).toBeGreaterThanOrEqual(3);
		expect(secondsAfterSubmit[1]).toBeLessThan(5);
	});

	it.concurrent('ends although its status answer drips for minutes', async () => {
		const slow = { kind: 'slow', seconds: 300 } as const;
		const stage = await openStage({
			defaults: { ...neverDone, statusFaults: Array(9).fill(slow) },
		});
		const startedAtMs = Date.now();
		const { error } = await stage.run({ parameters: { options } });
		expect(error.message).toContain(stage.simulator.tasks()[0].taskId);
		expect(Date.now() - startedAtMs).toBeLessThan(30_000);
	});

	it.concurrent("ends before n8n's timeout although the status API is silent", async () => {
		const stage = await openStage({ defaults: neverDone });
		stage.simulator.outage('statusTask', 'silence');
		const definition = stage.workflow({ parameters: { options: { ...options, timeout: 60 } } });
		definition.settings = { ...definition.settings, executionTimeout: 12 };
		const { error } = runOf(await stage.api.runOnce(definition));
		expect(error.message).toMatch(/^Task not done after .* seconds, when n8n's timeout/);
		expect(error.message).toContain(stage.simulator.tasks()[0].taskId);
	});

	it.concurrent('costs its neighbours nothing', async () => {
		const stage = await openStage({ defaults: { seconds: 1 } });
		const { output } = await stage.run({
			items: [{ prompt: 'a fox [[outcome=never]]' }, { prompt: 'a red fox' }],
			parameters: { options },
			onError: 'continueRegularOutput',
		});
		expect(jsons(output)).toEqual([
			expect.objectContaining({ error: expect.stringMatching(/^Task not done within 3 seconds/) }),
			expect.objectContaining({ state: 'success' }),
		]);
	});
});
