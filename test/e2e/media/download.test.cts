import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../../support/eventually.cts';
import { QUICK, byId, openStage } from '../action/support.cts';
import type { Execution } from '../harness/executions.cts';
import { sharedN8n } from '../harness/shared.cts';
import { filesOf, originals } from './files.cts';

const DOWNLOADING = { ...QUICK, downloadResults: true };
const MEGABYTE = 1024 * 1024;

/** Every file that n8n keeps for an execution, half-written ones included. */
function storedFiles({ execution }: { execution: Pick<Execution, 'id' | 'workflowId'> }): string[] {
	const storage = join(sharedN8n().userFolder, '.n8n', 'storage');
	const place = `workflows/${execution.workflowId}/executions/${execution.id}/binary_data`;
	try {
		return readdirSync(join(storage, place)).filter((name) => !name.endsWith('.metadata'));
	} catch {
		return [];
	}
}

const untilStored = async (run: Parameters<typeof storedFiles>[0], count: number) =>
	await eventually(`${count} stored files`, () => storedFiles(run).length === count || undefined);

describe('downloaded results', () => {
	it.concurrent.each([
		['png', '1.png', 'image/png', 0],
		['jpeg', '1.jpeg', 'image/jpeg', 0],
		['webp', '1.webp', 'image/webp', 5000],
		['mp4', '1.mp4', 'video/mp4', 3 * MEGABYTE],
		['mp3', '1.mp3', 'audio/mpeg', 0],
	] as const)('has a %s as binary property', async (fileType, fileName, mimeType, fileBytes) => {
		const defaults = { seconds: 0.5, fileType, ...(fileBytes && { fileBytes }) };
		const stage = await openStage({ defaults });
		const { output } = await stage.run({ parameters: { options: DOWNLOADING } });
		expect(output).toHaveLength(1);
		expect(output[0].json).toMatchObject({ state: 'success', deliveredBy: 'poll' });
		const [content] = await originals(output[0].json.resultUrls);
		expect(await filesOf(stage, output[0])).toEqual([
			{ property: 'data', fileName, mimeType, content },
		]);
		if (fileBytes) expect(content).toMatch(new RegExp(`^${fileBytes} bytes`));
	});

	it.concurrent('come as four properties, in order, when the first comes last', async () => {
		const stage = await openStage({ defaults: { seconds: 0.5, files: 4 } });
		stage.simulator.faultNext('file', [{ kind: 'slow', seconds: 2 }]);
		const options = { ...DOWNLOADING, binaryProperty: 'image' };
		const { output } = await stage.run({ parameters: { options } });
		expect(output).toHaveLength(1);
		const contents = await originals(output[0].json.resultUrls);
		expect(await filesOf(stage, output[0])).toEqual(
			['image', 'image_1', 'image_2', 'image_3'].map((property, index) => ({
				property,
				fileName: `${index + 1}.png`,
				mimeType: 'image/png',
				content: contents[index],
			})),
		);
	});

	it.concurrent('come as one item per file', async () => {
		const stage = await openStage({ defaults: { seconds: 0.5, files: 4 } });
		const { output } = await stage.run({
			items: [{ prompt: 'fox' }, { prompt: 'hare [[files=0]]' }, { prompt: 'owl [[files=2]]' }],
			onError: 'continueRegularOutput',
			parameters: { options: { ...DOWNLOADING, outputMode: 'file' } },
		});
		expect(output.map(({ pairedItem }) => pairedItem)).toEqual(
			[0, 0, 0, 0, 1, 2, 2].map((item) => ({ item })),
		);
		const { resultUrls } = stage.taskOf('fox');
		const contents = await originals(resultUrls);
		for (const [index, item] of output.slice(0, 4).entries()) {
			expect(item.json).toMatchObject({ state: 'success', resultUrls: [resultUrls[index]] });
			expect(await filesOf(stage, item)).toMatchObject([
				{ property: 'data', content: contents[index] },
			]);
		}
		// Files were asked for, and the task brought none: that must not pass as a result.
		expect(output[4].json).toMatchObject({
			error: expect.stringContaining('its result names no files to download') as string,
			taskId: stage.taskOf('hare [[files=0]]').taskId,
		});
		expect(output[4].binary).toBeUndefined();
	});

	it.concurrent('stay out when they are not wanted', async () => {
		const stage = await openStage({ defaults: { seconds: 0.5, files: 2 } });
		const { output } = await stage.run({
			parameters: { options: { ...QUICK, outputMode: 'file' } },
		});
		expect(output.map(({ json }) => json.resultUrls)).toEqual(
			stage.simulator.tasks()[0].resultUrls.map((url) => [url]),
		);
		expect(output.every(({ binary }) => binary === undefined)).toBe(true);
		expect(stage.simulator.counts().file).toBe(0);
	});

	it.concurrent('are requested without the API key', async () => {
		const stage = await openStage();
		await stage.run({ parameters: { options: DOWNLOADING } });
		const [{ headers }] = stage.simulator.requests({ endpoint: 'file' });
		expect(JSON.stringify(headers)).not.toContain(stage.simulator.apiKey);
		expect(headers).not.toHaveProperty('authorization');
	});

	it.concurrent('are downloaded again from the start after transient failures', async () => {
		const stage = await openStage({ defaults: { seconds: 0.5, fileBytes: MEGABYTE } });
		stage.simulator.faultNext('file', [
			{ kind: 'http', status: 404 },
			{ kind: 'dropAfterAccept' },
			{ kind: 'garbage' },
			{ kind: 'drop' },
		]);
		const run = await stage.run({ parameters: { options: DOWNLOADING } });
		expect(stage.simulator.counts().file).toBe(5);
		const [content] = await originals(run.output[0].json.resultUrls);
		expect(await filesOf(stage, run.output[0])).toMatchObject([{ fileName: '1.png', content }]);
		// Nothing is left of the attempt that was cut off.
		expect(storedFiles(run)).toHaveLength(1);
	});

	it.concurrent('come with an existing task that is waited for', async () => {
		const stage = await openStage();
		const { execution } = await stage.run({
			parameters: { completion: 'none' },
			then: [
				stage.node({
					name: 'Wait',
					parameters: {
						resource: 'task',
						operation: 'wait',
						model: byId('={{ $json.model }}'),
						taskId: '={{ $json.taskId }}',
						options: DOWNLOADING,
					},
				}),
			],
		});
		const [item] = execution.runData.Wait[0].data?.main[0] ?? [];
		expect(await filesOf(stage, item)).toMatchObject([{ fileName: '1.png' }]);
	});

	it.concurrent('come when the execution was paused until the callback', async () => {
		const stage = await openStage({ defaults: { seconds: 2, files: 2 } });
		const { output, execution } = await stage.run({
			parameters: { completion: 'callback', options: { downloadResults: true } },
		});
		expect(execution.status).toBe('success');
		expect(output[0].json).toMatchObject({ state: 'success', deliveredBy: 'callback' });
		const contents = await originals(output[0].json.resultUrls);
		expect(await filesOf(stage, output[0])).toMatchObject([
			{ property: 'data', fileName: '1.png', content: contents[0] },
			{ property: 'data_1', fileName: '2.png', content: contents[1] },
		]);
	});
});

describe('an execution that is cancelled', () => {
	it.concurrent('cuts a download off, and leaves nothing of it', async () => {
		const stage = await openStage({ defaults: { seconds: 0.5, fileBytes: 20 * MEGABYTE } });
		stage.simulator.faultNext('file', [{ kind: 'slow', seconds: 40 }]);
		const started = await stage.start({ parameters: { options: DOWNLOADING } });
		const run = { execution: { id: started.executionId, workflowId: started.workflowId } };
		await untilStored(run, 1);

		await stage.api.stopExecution(started.executionId);
		const { status } = await stage.api.waitForExecution(started.executionId);
		expect(status).toBe('canceled');
		await untilStored(run, 0);
		expect(stage.simulator.counts().file).toBe(1);
	});
});

describe('results that cannot be downloaded', () => {
	it.concurrent.each([403, 404] as const)(
		'have expired, if their age is unknown (HTTP %d)',
		async (expiredFileStatus) => {
			const stage = await openStage({
				defaults: {
					seconds: 0.5,
					files: 2,
					fileTtlSeconds: 0,
					expiredFileStatus,
					omit: ['completeTime'],
				},
			});
			const { error } = await stage.run({ parameters: { options: DOWNLOADING } });
			const [{ taskId, resultUrls }] = stage.simulator.tasks();
			expect(error.message).toBe(
				`Files 1, 2 of 2 could not be downloaded. File 1: it has expired, ` +
					`since APIXO keeps result files for 24 hours [HTTP ${expiredFileStatus}] (task ${taskId})`,
			);
			for (const url of resultUrls) expect(error.description).toContain(url);
			expect(error.context).toMatchObject({ taskId, resultUrls });
		},
	);

	it.concurrent.each([
		['3 MB', 3 * MEGABYTE],
		['1 MB and a byte', MEGABYTE + 1],
	])('are larger than Max File Size allows: %s', async (_, fileBytes) => {
		const stage = await openStage({ defaults: { seconds: 0.5, fileBytes } });
		const options = { ...DOWNLOADING, maxFileSize: 1 };
		const run = await stage.run({ parameters: { options } });
		expect(run.error.message).toMatch(
			/it is [13]\.0 MB, more than 'Max File Size' allows \(task \w+\)$/,
		);
		expect(run.error.description).toContain(stage.simulator.tasks()[0].resultUrls[0]);
		expect(stage.simulator.counts().file).toBe(1);
		expect(storedFiles(run)).toEqual([]);
	});

	it.concurrent('leave their item with task and URLs, where the workflow goes on', async () => {
		const stage = await openStage();
		const gone = 'gone [[fileTtlSeconds=0 omit=completeTime]]';
		const { output } = await stage.run({
			items: [{ prompt: gone }, { prompt: 'fox' }],
			parameters: { options: DOWNLOADING },
			onError: 'continueRegularOutput',
		});
		const { taskId, resultUrls } = stage.taskOf(gone);
		expect(output[0]).toMatchObject({
			json: { error: expect.stringContaining('it has expired'), taskId, resultUrls },
			pairedItem: { item: 0 },
		});
		expect(output[1].binary).toHaveProperty('data');
	});

	it.concurrent('leave their item with the files that came', async () => {
		const stage = await openStage({ defaults: { seconds: 0.5, files: 2 } });
		stage.simulator.faultNext('file', [{ kind: 'ok' }, { kind: 'http', status: 400 }]);
		const { output } = await stage.run({
			parameters: { options: DOWNLOADING },
			onError: 'continueRegularOutput',
		});
		expect(output[0].json.error).toMatch(
			/^File \d of 2 .* the server refused it \[HTTP 400\] \(task \w+\)$/,
		);
		expect(await filesOf(stage, output[0])).toHaveLength(1);
	});

	it.concurrent('are downloaded by Retry On Fail without another submission', async () => {
		const stage = await openStage();
		stage.simulator.faultNext('file', [{ kind: 'http', status: 400 }]);
		const { output } = await stage.run({
			parameters: { options: DOWNLOADING },
			retryOnFail: true,
			maxTries: 2,
			waitBetweenTries: 100,
		});
		expect(await filesOf(stage, output[0])).toMatchObject([{ fileName: '1.png' }]);
		expect(stage.submits).toBe(1);
	});
});

describe('task: download', () => {
	/** Submits a task of this prompt, and runs the operation on it. */
	async function download(prompt: string, options = {}) {
		const stage = await openStage();
		const { execution } = await stage.run({
			items: [{ prompt }],
			parameters: { completion: 'none' },
		});
		const [{ json }] = execution.runData.APIXO[0].data?.main[0] ?? [];
		const run = await stage.run({
			items: [json],
			parameters: {
				resource: 'task',
				operation: 'download',
				model: byId('={{ $json.model }}'),
				taskId: '={{ $json.taskId }}',
				options,
			},
		});
		return { stage, run, taskId: json.taskId };
	}

	it.concurrent('returns the files of a finished task', async () => {
		const options = { binaryProperty: 'photo' };
		const { stage, run } = await download('fox [[seconds=0 files=2]]', options);
		const [item] = run.output;
		expect(item.json).toMatchObject({ state: 'success', model: 'nano-banana' });
		const contents = await originals(item.json.resultUrls);
		expect(await filesOf(stage, item)).toEqual([
			{ property: 'photo', fileName: '1.png', mimeType: 'image/png', content: contents[0] },
			{ property: 'photo_1', fileName: '2.png', mimeType: 'image/png', content: contents[1] },
		]);
		expect(stage.submits).toBe(1);
	});

	it.concurrent('names the state of a task that is not done', async () => {
		const { run, taskId } = await download('fox [[seconds=1000]]');
		expect(run.error.message).toMatch(
			new RegExp(
				`^The task has no files yet: its state is '(pending|processing)' \\(task ${taskId}\\)$`,
			),
		);
		expect(run.error.description).toMatch(/^Wait for it first: resource Task, operation Wait/);
	});

	it.concurrent('names the reason why a task failed', async () => {
		const { run, taskId } = await download('fox [[seconds=0 outcome=failed failCode=NSFW]]');
		expect(run.error.message).toBe(`Task failed: The generation failed. [NSFW] (task ${taskId})`);
	});
});
