import { randomUUID } from 'node:crypto';
import { eventually } from '../../support/eventually.cts';
import { type RunOptions, type Stage, QUICK, openStage, runOf } from '../action/support.cts';
import type { N8n } from '../harness/n8n.cts';
import type { QueueMode } from '../harness/queueMode.cts';
import { splitOut, webhookTrigger, workflow } from '../harness/workflows.cts';
import {
	type PausedRun,
	finishAll,
	finishUntilEnded,
	numbered,
	pausing,
	untilPaused,
} from '../pause/support.cts';
import { submissions } from '../waiting/support.cts';
import { holdPauses } from './heldPauses.cts';

/** n8n finds a job without its worker by then: a lock of 60 s, checked every 30 s. */
const STALLED_WITHIN_MS = 150_000;
/** In its first 30 s a process refuses callbacks, which come again after 3, 12 and 60 s. */
export const REACHED_WITHIN_MS = 100_000;
const RETRIED_WITHIN_MS = 60_000;

/** What a worker can be doing when it is killed. */
const MOMENTS = ['submits', 'polls', 'downloads', 'pauses', 'is paused', 'resumes'] as const;
type Moment = (typeof MOMENTS)[number];

/** How an execution was started: n8n stores what it needs for a Retry of production ones only. */
const STARTED = ['manually', 'by a webhook'] as const;
type Started = (typeof STARTED)[number];
export type RunName = `${Moment}, started ${Started}`;

/** A run that was brought to a moment, and whose worker is then killed. */
export interface KilledRun extends PausedRun {
	name: RunName;
	stage: Stage;
}

export interface KilledRuns {
	runs: KilledRun[];
	/** Ends what holds them at their moments, once their worker is killed. */
	release(): Promise<void>;
}

/** What became of a run; docs/scaling.md has it as a table. */
export interface Aftermath {
	/** How n8n ends the execution by itself. */
	byItself: string;
	/** How its Retry ends; empty where none is needed. */
	afterRetry: string;
	/** How often the item was submitted at most, the Retry included. */
	submits: number;
	/** Whether the log of the killed worker names each task that was accepted before. */
	idsInLog: boolean;
	/** Whether what n8n has stored of the execution, before a Retry, names them. */
	idsInDatabase: boolean;
}

/** Nothing is lost, and nobody has to do anything. */
export const FREE: Aftermath = {
	byItself: 'success',
	afterRetry: '',
	submits: 1,
	idsInLog: true,
	idsInDatabase: true,
};
/** A Retry goes on with the tasks that n8n has stored. */
export const CONTINUED: Aftermath = { ...FREE, byItself: 'crashed', afterRetry: 'success' };

export type Aftermaths = Partial<Record<RunName, Aftermath>>;

const POLLED = { completion: 'poll', options: QUICK };

const PARAMETERS: Record<Moment, RunOptions['parameters']> = {
	submits: POLLED,
	polls: POLLED,
	downloads: { ...POLLED, options: { ...QUICK, downloadResults: true } },
	pauses: {},
	'is paused': {},
	resumes: {},
};

/** Brings a run to each moment, started in each way, on the only worker that runs. */
export async function bringToAll({ main, postgres }: QueueMode): Promise<KilledRuns> {
	const bringAllTo = async (moments: Moment[]) =>
		await Promise.all(
			moments.flatMap((moment) =>
				STARTED.map(async (started) => await bringTo(moment, started, main)),
			),
		);
	const others = await bringAllTo(MOMENTS.filter((moment) => moment !== 'pauses'));
	const heldPauses = await holdPauses(postgres);
	const pauses = await bringAllTo(['pauses']);
	await heldPauses.until(pauses.length);
	const runs = [...others, ...pauses];
	const release = async () => {
		await heldPauses.discard();
		for (const { simulator } of runs.map(({ stage }) => stage)) {
			for (const endpoint of ['generateTask', 'statusTask', 'file'] as const) {
				simulator.endOutage(endpoint);
			}
		}
	};
	return { runs, release };
}

/** Starts a run of two items and brings it to the moment; what pauses is to be held then. */
export async function bringTo(moment: Moment, started: Started, main: N8n): Promise<KilledRun> {
	const name: RunName = `${moment}, started ${started}`;
	const stage = await openStage({ timeScale: 10, defaults: { seconds: 100_000 } }, main.api);
	const start = started === 'manually' ? stage.start.bind(stage) : startByWebhook.bind(null, stage);
	const { simulator } = stage;
	const until = async (predicate: Parameters<typeof simulator.until>[0]) =>
		await simulator.until(predicate, REACHED_WITHIN_MS);
	const options = { items: numbered(2), parameters: PARAMETERS[moment] };
	if (moment === 'submits') {
		simulator.outage('generateTask', { kind: 'silence', afterAccept: true });
		const run = await start(options);
		await until(({ tasks }) => tasks().length === 2);
		return { name, stage, ...run };
	}
	if (moment === 'polls' || moment === 'downloads') {
		simulator.outage('file', 'silence');
		const run = await start(options);
		await until(({ counts }) => counts().statusTask >= 2);
		if (moment === 'downloads') {
			finishAll(stage);
			await until(({ counts }) => counts().file > 0);
		}
		return { name, stage, ...run };
	}
	const paused = await start({ ...options, parameters: pausing(options.parameters) });
	if (moment === 'pauses') return { name, stage, ...paused };
	await untilPaused(stage, paused.executionId, 2);
	if (moment === 'resumes') {
		// The first callback's poll gets no answer; after the second callback, both tasks are reported.
		simulator.outage('statusTask', 'silence');
		finishAll(stage);
		await main.api.waitForExecution(paused.executionId, {
			status: 'running',
			timeoutMs: REACHED_WITHIN_MS,
		});
		// The webhook's own request comes before.
		await until(({ counts }) => counts().statusTask > 1);
	}
	return { name, stage, ...paused };
}

/** Starts a production execution of the APIXO node, and returns once n8n lists it. */
export async function startByWebhook(stage: Stage, options: RunOptions): Promise<PausedRun> {
	const path = randomUUID();
	const { id: workflowId } = await stage.api.createWorkflow(
		workflow({
			name: path,
			nodes: [webhookTrigger({ path }), splitOut('body.items'), stage.node(options)],
		}),
	);
	await stage.api.activate(workflowId);
	await stage.api.callWebhook(path, { body: { items: options.items } });
	const executionId = await eventually(
		'the execution to start',
		async () => (await stage.api.listExecutions(workflowId))[0]?.id,
		REACHED_WITHIN_MS,
	);
	return { workflowId, executionId };
}

/** What became of each run, by its name. */
export async function aftermathsOf(runs: KilledRun[], log: string): Promise<Aftermaths> {
	const aftermaths = runs.map(async (run) => [run.name, await aftermathOf(run, log)]);
	return Object.fromEntries(await Promise.all(aftermaths)) as Aftermaths;
}

/**
 * Lets all tasks end, waits until n8n has ended the execution, and retries it where it failed.
 * @param log what the killed worker wrote until then
 */
async function aftermathOf(run: KilledRun, log: string): Promise<Aftermath> {
	const { stage, executionId, workflowId } = run;
	const taskIds = stage.simulator.tasks().map(({ taskId }) => taskId);
	// Those of a Retry end by themselves: n8n answers only when it is over.
	stage.simulator.plan({}, { seconds: 1 });
	const { status, data } = await finishUntilEnded(stage, executionId, STALLED_WITHIN_MS);
	const stored = JSON.stringify(data);
	const afterRetry = status === 'success' ? '' : await retry(stage, workflowId, executionId);
	return {
		byItself: status,
		afterRetry,
		submits: submissions(stage).most,
		idsInLog: taskIds.every((taskId) => log.includes(taskId)),
		idsInDatabase: taskIds.every((taskId) => stored.includes(taskId)),
	};
}

/** How the Retry with the original workflow ends. */
async function retry(stage: Stage, workflowId: string, executionId: string): Promise<string> {
	let id: string;
	try {
		id = await stage.api.retryExecution({ workflowId, executionId }, false);
	} catch (error) {
		const { message } = error as Error;
		return message.includes('cannot be retried') ? 'refused by n8n' : message;
	}
	try {
		const { execution, error } = runOf(await finishUntilEnded(stage, id, RETRIED_WITHIN_MS));
		return error.message || execution.status;
	} catch {
		return `${(await stage.api.getExecution(id)).status} for ${RETRIED_WITHIN_MS} ms`;
	}
}
