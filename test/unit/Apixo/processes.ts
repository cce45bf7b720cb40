import * as n8nWorkflow from 'n8n-workflow';
import * as zod from 'zod/v4';

/** Loads a module as a process of n8n does that has just started: with a memory of its own. */
export function startProcess<T>(load: () => T): T {
	let loaded: T | undefined;
	jest.isolateModules(() => {
		// They remember nothing, and are slow to load.
		jest.doMock('n8n-workflow', () => n8nWorkflow);
		jest.doMock('zod/v4', () => zod);
		loaded = load();
	});
	return loaded as T;
}
