import { QUICK, openStage, runOf } from '../e2e/action/support.cts';
import { numbered } from '../e2e/pause/support.cts';

/** Four of them are downloaded at once: five minutes for each would make fifteen. */
const ITEMS = numbered(12);
const ENDED_WITHIN_MS = 9 * 60_000;

jest.setTimeout(2 * ENDED_WITHIN_MS);

it('a file server that is down costs a run five minutes, not five for each file', async () => {
	const stage = await openStage({ defaults: { seconds: 1 } });
	stage.simulator.outage('file', 'drop');
	const definition = stage.workflow({
		items: ITEMS,
		parameters: { options: { ...QUICK, downloadResults: true } },
		onError: 'continueRegularOutput',
	});
	const { execution, output } = runOf(
		await stage.api.runOnce(definition, { timeoutMs: ENDED_WITHIN_MS }),
	);
	expect(execution.status).toBe('success');
	expect(output).toHaveLength(ITEMS.length);
	for (const [index, { json }] of output.entries()) {
		const { taskId, resultUrls } = stage.taskOf(ITEMS[index].prompt);
		expect(json.error).toMatch(/^File 1 of 1 could not be downloaded/);
		expect(json).toMatchObject({ taskId, resultUrls });
	}
	expect(stage.submits).toBe(ITEMS.length);
});
