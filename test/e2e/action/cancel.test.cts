import { sharedN8n } from '../harness/shared.cts';
import { HANG_SECONDS, openStage, stopAndWatch } from './support.cts';

const PAST_THE_HANG_MS = (HANG_SECONDS + 2) * 1000;

describe('an execution that is cancelled', () => {
	it.concurrent('polls its task no more, and leaves its id in the log', async () => {
		const stage = await openStage({ defaults: { outcome: 'never' } });
		const { executionId } = await stage.start();
		await stage.simulator.until(() => stage.statusCalls >= 2);
		await stopAndWatch(stage, executionId, 2500);
		expect(stage.submits).toBe(1);
		expect(sharedN8n().logs()).toContain(stage.simulator.tasks()[0].taskId);
	});

	it.concurrent('does not submit the items that waited for a place', async () => {
		const stage = await openStage({ defaults: { outcome: 'never' } });
		stage.simulator.faultNext('statusTask', [{ kind: 'hang', seconds: HANG_SECONDS }]);
		const { executionId } = await stage.start({
			items: [{ prompt: 'one' }, { prompt: 'two' }, { prompt: 'three' }],
			parameters: { options: { initialWait: 1, pollInterval: 1, maxConcurrency: 1 } },
			onError: 'continueRegularOutput',
		});
		await stage.simulator.until(() => stage.statusCalls === 1);
		await stopAndWatch(stage, executionId, PAST_THE_HANG_MS);
		expect(stage.submits).toBe(1);
	});

	it.concurrent(
		'reads the answer of a submission that is under way, and logs the task',
		async () => {
			const stage = await openStage({ defaults: { outcome: 'never' } });
			stage.simulator.faultNext('generateTask', [{ kind: 'hang', seconds: HANG_SECONDS }]);
			const { executionId } = await stage.start();
			await stage.simulator.until(() => stage.submits === 1);
			await stopAndWatch(stage, executionId, PAST_THE_HANG_MS);
			expect(stage.submits).toBe(1);
			expect(sharedN8n().logs()).toContain(stage.simulator.tasks()[0].taskId);
		},
	);

	it.concurrent('submits nothing after the submission that was under way', async () => {
		const stage = await openStage({ defaults: { seconds: 1 } });
		stage.simulator.faultNext('generateTask', [{ kind: 'hang', seconds: HANG_SECONDS }]);
		const { executionId } = await stage.start({
			items: [{ prompt: 'one' }, { prompt: 'two' }],
			parameters: { options: { initialWait: 1, pollInterval: 1, maxConcurrency: 1 } },
			onError: 'continueRegularOutput',
		});
		await stage.simulator.until(() => stage.submits === 1);
		await stopAndWatch(stage, executionId, PAST_THE_HANG_MS);
		expect(stage.submits).toBe(1);
	});
});
