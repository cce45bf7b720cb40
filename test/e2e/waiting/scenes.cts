import type { INode } from 'n8n-workflow';
import { type Stage, byId } from '../action/support.cts';
import { type Execution } from '../harness/executions.cts';
import { eventually } from '../../support/eventually.cts';

/** Tasks that end only when the test says so. */
export const UNTIL_TOLD = { defaults: { seconds: 3_600 } };

/** A model whose tasks usually take a minute or more, so that *Automatic* pauses. */
export function video(parameters: INode['parameters'] = {}): INode['parameters'] {
	return {
		resource: 'video',
		model: byId('kling-2-6'),
		mode: 'text-to-video',
		specifyInput: 'json',
		inputJson: '{ "duration": 5, "sound": false }',
		options: {},
		...parameters,
	};
}

export const prompts = (count: number) =>
	Array.from({ length: count }, (_, number) => ({ prompt: `prompt ${number}` }));

/** Waits until the execution is paused and this many tasks were accepted. */
export async function untilPaused(
	{ api, simulator }: Stage,
	executionId: string,
	tasks = 1,
): Promise<Execution> {
	return await eventually(`execution ${executionId} to be paused`, async () => {
		const execution = await api.getExecution(executionId);
		const isPaused = execution.status === 'waiting' && simulator.tasks().length >= tasks;
		return isPaused ? execution : undefined;
	});
}

/** Ends every task that is under way; callbacks follow. */
export function finishAll({ simulator }: Stage): void {
	for (const { taskId, finalAtMs } of simulator.tasks()) {
		if (finalAtMs === undefined) simulator.finish(taskId);
	}
}

/** How often each prompt was accepted. */
export function submitsByPrompt({ simulator }: Stage): Record<string, number> {
	const counts: Record<string, number> = {};
	for (const { input } of simulator.tasks()) {
		const { prompt } = input as { prompt: string };
		counts[prompt] = (counts[prompt] ?? 0) + 1;
	}
	return counts;
}

/** Every prompt once. */
export const onceEach = (count: number) =>
	Object.fromEntries(prompts(count).map(({ prompt }) => [prompt, 1]));

/** The callback URLs that APIXO was given. */
export const callbackUrls = ({ simulator }: Stage) =>
	simulator
		.requests({ endpoint: 'generateTask' })
		.map(({ body }) => (body as { callback_url?: string }).callback_url);
