import { jsons, openStage } from './support.cts';

/** Seconds on the simulator's clock. */
const seconds = (requests: Array<{ atSimSeconds: number }>) =>
	requests.map(({ atSimSeconds }) => atSimSeconds);

describe('with the default options, in real time,', () => {
	it.concurrent('three items of 20 s each are done within 25 s', async () => {
		const stage = await openStage({ defaults: { seconds: 20 } });
		const items = ['one', 'two', 'three'].map((prompt) => ({ prompt }));
		const { execution, output } = await stage.run({ items, parameters: { options: {} } });
		expect(jsons(output).map(({ state }) => state)).toEqual(['success', 'success', 'success']);
		expect(execution.runData.APIXO[0].executionTime).toBeLessThan(25_000);
		expect(stage.submits).toBe(3);

		const { simulator } = stage;
		const submittedAt = seconds(simulator.requests({ endpoint: 'generateTask' }));
		const lookedAt = seconds(simulator.requests({ endpoint: 'statusTask' }));
		expect(Math.max(...lookedAt) - Math.min(...submittedAt)).toBeLessThan(25);
	});

	it.concurrent(
		'an image of 60 s takes at most 12 looks, the last at most 5 s late',
		async () => {
			const stage = await openStage({ defaults: { seconds: 60 } });
			const { output } = await stage.run({ parameters: { options: {} } }, 80_000);
			expect(output[0].json).toMatchObject({ state: 'success', costTime: 60_000 });
			expect(stage.submits).toBe(1);
			expect(stage.statusCalls).toBeLessThanOrEqual(12);

			const { simulator } = stage;
			const [submittedAt] = seconds(simulator.requests({ endpoint: 'generateTask' }));
			const lookedAt = seconds(simulator.requests({ endpoint: 'statusTask' }));
			const lateSeconds = Math.max(...lookedAt) - submittedAt - 60;
			expect(lateSeconds).toBeGreaterThanOrEqual(0);
			expect(lateSeconds).toBeLessThanOrEqual(5);
		},
		90_000,
	);
});
