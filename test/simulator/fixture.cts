import { apiClient } from './apiClient.cts';
import type { ApiClient } from './apiClient.cts';
import { startSimulator } from './simulator.cts';
import type { Simulator, SimulatorOptions } from './simulator.cts';

/** A simulator, and a client of its API. */
export interface Fixture {
	simulator: Simulator;
	client: ApiClient;
}

/** Runs `work` with a simulator of its own. */
export async function withSimulator(
	options: SimulatorOptions,
	work: (simulator: Simulator, client: ApiClient) => Promise<void>,
): Promise<void> {
	const fixture = await open(options);
	try {
		await work(fixture.simulator, fixture.client);
	} finally {
		await close(fixture);
	}
}

/**
 * One simulator for all tests of a file, reset before each. Call it at the top of the file;
 * `assign` gets the fixture before the first test.
 */
export function useSimulator(options: SimulatorOptions, assign: (fixture: Fixture) => void): void {
	let fixture: Fixture | undefined;
	beforeAll(async () => {
		fixture = await open(options);
		assign(fixture);
	});
	beforeEach(() => fixture?.simulator.reset());
	afterAll(async () => fixture && (await close(fixture)));
}

async function open(options: SimulatorOptions): Promise<Fixture> {
	const simulator = await startSimulator(options);
	return { simulator, client: apiClient(simulator) };
}

async function close({ simulator, client }: Fixture): Promise<void> {
	await client.close();
	await simulator.stop();
}
