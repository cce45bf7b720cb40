import type { INode } from 'n8n-workflow';
import { QUICK, jsons, openStage, runOf } from '../e2e/action/support.cts';
import { type QueueMode, startQueueMode } from '../e2e/harness/queueMode.cts';
import { finishAll, numbered, pausing, taskIdsOf } from '../e2e/pause/support.cts';
import {
	type Aftermath,
	CONTINUED,
	FREE,
	type RunName,
	aftermathsOf,
	bringTo,
	bringToAll,
	REACHED_WITHIN_MS,
	startByWebhook,
} from '../e2e/queue/kills.cts';
import { submissions, untilMs } from '../e2e/waiting/support.cts';

jest.setTimeout(1_800_000);

let queueMode: QueueMode;
beforeEach(async () => {
	queueMode = await startQueueMode({ workers: 2 });
	await queueMode.workers[1].stop();
}, 300_000);
afterEach(async () => await queueMode?.dispose());

describe('a worker that is killed while it works, and started again on its folder', () => {
	/** A kill every quarter of a second, until all tasks are done. */
	const KILLED_AFTER_MS = Array.from({ length: 20 }, (_, index) => index * 250);
	const ENDED_WITHIN_MS = 150_000;
	/** A task that was submitted earlier than this before the kill is in the log. */
	const ANSWERED_WITHIN_MS = 1_000;

	const WAYS: Record<string, INode['parameters']> = {
		polls: { completion: 'poll', options: QUICK },
		pauses: pausing(),
		'pauses between waves': pausing({ options: { maxConcurrency: 2 } }),
	};

	/** How the executions ended. */
	async function killAfter(ms: number): Promise<string[]> {
		const [worker] = queueMode.workers;
		const stages = await Promise.all(
			Object.keys(WAYS).map(
				async () =>
					await openStage({ timeScale: 10, defaults: { seconds: 20 } }, queueMode.main.api),
			),
		);
		const runs = await Promise.all(
			Object.values(WAYS).map(
				async (parameters, index) =>
					await startByWebhook(stages[index], { items: numbered(4), parameters }),
			),
		);
		await untilMs(Date.now() + ms);
		const killedAtMs = Date.now();
		await worker.kill();
		await worker.start();
		const log = worker.logs();
		return await Promise.all(
			runs.map(async ({ executionId }, index) => {
				const stage = stages[index];
				const execution = await stage.api.waitForExecution(executionId, {
					timeoutMs: ENDED_WITHIN_MS,
				});
				const answered = stage.simulator
					.tasks()
					.filter(({ submittedAtMs }) => submittedAtMs < killedAtMs - ANSWERED_WITHIN_MS);
				expect(answered.filter(({ taskId }) => !log.includes(taskId))).toEqual([]);
				expect(submissions(stage).most).toBeLessThanOrEqual(1);
				if (execution.status === 'success') {
					const delivered = jsons(runOf(execution).output).map(({ taskId }) => taskId);
					expect(delivered).toEqual(taskIdsOf(stage, numbered(4)));
				}
				return execution.status;
			}),
		);
	}

	it('submits no item twice, ends every execution, and has logged or delivered each task', async () => {
		const statuses: string[] = [];
		for (const ms of KILLED_AFTER_MS) statuses.push(...(await killAfter(ms)));
		// Some kills hit an execution that runs on the worker, and some one that is paused, or over.
		expect(statuses).toEqual(expect.arrayContaining(['crashed', 'success']));
		// 'error' where the worker had not yet noted in its journal that it has the execution.
		expect(['crashed', 'error', 'success']).toEqual(expect.arrayContaining(statuses));
	});
});

describe('callbacks that come while every worker is down', () => {
	it.each([
		['the worker that paused them', 0, CONTINUED],
		['another worker', 1, FREE],
	])('then %s starts: nothing is lost or paid for twice', async (_, index, each) => {
		const { main, workers } = queueMode;
		const runs = await Promise.all([
			bringTo('is paused', 'manually', main),
			bringTo('is paused', 'by a webhook', main),
		]);
		const log = workers[0].logs();
		await workers[0].kill();
		for (const { stage } of runs) {
			finishAll(stage);
			const isTaken = ({ callbackAttempts }: { callbackAttempts: Array<{ status?: number }> }) =>
				callbackAttempts.at(-1)?.status === 200;
			await stage.simulator.until(({ tasks }) => tasks().every(isTaken), REACHED_WITHIN_MS);
		}
		await workers[index].start();
		expect(await aftermathsOf(runs, log)).toEqual({
			'is paused, started manually': each,
			'is paused, started by a webhook': each,
		});
	});
});

describe("n8n's check for stalled jobs, where a killed worker does not come back", () => {
	const refused = expect.stringContaining('failed to be processed too many times') as string;
	const DISCARDED = { ...FREE, byItself: 'error', afterRetry: refused, idsInDatabase: false };
	const UNNAMED = { ...DISCARDED, idsInLog: false };
	const EXPECTED: Record<RunName, Aftermath> = {
		// APIXO had accepted the task, but not answered.
		'submits, started manually': UNNAMED,
		'submits, started by a webhook': UNNAMED,
		'polls, started manually': DISCARDED,
		'polls, started by a webhook': DISCARDED,
		'downloads, started manually': DISCARDED,
		'downloads, started by a webhook': DISCARDED,
		'pauses, started manually': DISCARDED,
		'pauses, started by a webhook': DISCARDED,
		'is paused, started manually': FREE,
		'is paused, started by a webhook': FREE,
		'resumes, started manually': DISCARDED,
		'resumes, started by a webhook': DISCARDED,
	};

	it('discards what n8n had stored of a run: its Retry fails, and pays for nothing', async () => {
		const [worker, other] = queueMode.workers;
		const { runs, release } = await bringToAll(queueMode);
		const log = worker.logs();
		await worker.kill();
		await release();
		await other.start();
		expect(await aftermathsOf(runs, log)).toEqual(EXPECTED);
	});
});
