import * as n8nWorkflow from 'n8n-workflow';
import * as zod from 'zod/v4';

/**
 * Loads a module as a process of n8n does: with a memory of its own.
 * @param startedAgoMs how long ago the process has started
 */
export function startProcess<T>(load: () => T, startedAgoMs = 60_000): T {
	const nowMs = performance.now();
	const clock = jest.spyOn(performance, 'now').mockReturnValue(nowMs - startedAgoMs);
	let loaded: T | undefined;
	jest.isolateModules(() => {
		// They remember nothing, and are slow to load.
		jest.doMock('n8n-workflow', () => n8nWorkflow);
		jest.doMock('zod/v4', () => zod);
		loaded = load();
	});
	clock.mockRestore();
	return loaded as T;
}
