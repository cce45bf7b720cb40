import { type Simulator, startSimulator } from '../simulator/simulator.cts';
import { LIMIT_BYTES, MEGABYTE, MemoryStage } from './memoryStage.cts';

describe('a video of 300 MB', () => {
	let simulator: Simulator;
	let stage: MemoryStage;

	beforeAll(async () => {
		simulator = await startSimulator();
		stage = await MemoryStage.open(simulator);
		await stage.warmUp();
	});

	afterAll(async () => {
		await stage?.n8n.dispose();
		await simulator?.stop();
	});

	it('passes without n8n growing by 60 MB', async () => {
		const { growthBytes } = await stage.measure(300 * MEGABYTE);
		expect(growthBytes).toBeLessThan(LIMIT_BYTES);
	});
});
