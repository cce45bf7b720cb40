import { jsons, openStage, runOf } from '../action/support.cts';
import { nodeOutput } from '../harness/executions.cts';
import { editFields } from '../harness/workflows.cts';
import { park, parked } from './support.cts';

describe('one image, parked', () => {
	it('is resumed by its callback within 2 s, with one submit and one confirming look', async () => {
		const stage = await openStage({ defaults: { seconds: 600 } });
		const run = await park(stage, parked());
		expect(stage.statusCalls).toBe(0);

		const [{ taskId }] = stage.simulator.tasks();
		const finishedAtMs = Date.now();
		stage.simulator.finish(taskId);
		const { output, execution } = runOf(await stage.api.waitForExecution(run.executionId));
		console.log(JSON.stringify(output), execution.status, Date.now() - finishedAtMs, JSON.stringify(execution.runData.APIXO?.map(r=>r.error)));
		console.log(JSON.stringify(stage.simulator.task(taskId).callbackAttempts));
		expect(stage.submits).toBe(1);
		expect(stage.statusCalls).toBe(1);
	});

	it('five', async () => {
		const stage = await openStage({ defaults: { seconds: 600 } });
		const items = [1, 2, 3, 4, 5].map((n) => ({ prompt: `p${n}`, n }));
		const run = await park(stage, { ...parked(), items, then: [editFields({ n: "={{ $('Prompts').item.json.n }}", url: '={{ $json.resultUrls[0] }}' })] });
		for (const index of [2, 0, 4, 1, 3]) stage.simulator.finish(stage.simulator.tasks()[index].taskId);
		const ex = await stage.api.waitForExecution(run.executionId);
		console.log(JSON.stringify(jsons(nodeOutput(ex, 'Edit Fields'))), JSON.stringify(nodeOutput(ex, 'APIXO').map((i) => [i.json.taskId, i.pairedItem])), stage.statusCalls, stage.submits);
	});
});
