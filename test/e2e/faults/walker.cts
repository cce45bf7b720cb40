import { mapAll } from '../../../nodes/shared/tasks/concurrency';
import type { RecordedRequest, Simulator, TaskPlan, TaskView } from '../../simulator/simulator.cts';
import { eventually } from '../../support/eventually.cts';
import { type Stage, openStage } from '../action/support.cts';
import { type Execution, isFinished, nodeOutput } from '../harness/executions.cts';
import type { RunningN8n } from '../harness/n8n.cts';
import { type Listener, createListener, runsOf } from '../trigger/fixture.cts';
import { type WalkRun, type WalkSize, TEMPORARY_CODES, randomRuns } from './walk.cts';

interface Pace {
	/** Simulated seconds in each real one: APIXO repeats a callback after 30, 120 and 600 of them. */
	timeScale: number;
	runsAtOnce: number;
	/** Of a paused run, after the submission. */
	firstPollSeconds: number;
}

const PACE: Record<'long' | 'brief', Pace> = {
	// Most runs wait: a paused one at least a minute, where no callback comes.
	long: { timeScale: 10, runsAtOnce: 48, firstPollSeconds: 10 },
	// A callback comes before n8n's timer, unless a busy n8n has paused the run too late for all of them.
	brief: { timeScale: 10, runsAtOnce: 6, firstPollSeconds: 60 },
};

const POLL_MS = 1_000;

export interface Walk extends WalkSize {
	/** Real ms that one run may take: n8n resumes a paused one within a minute, perhaps repeatedly. */
	runTimeoutMs: number;
}

interface EndedRun extends WalkRun {
	execution: Execution;
}

/**
 * Runs all workflows of a walk, and lets every callback come to its end.
 * @returns what broke the product's promises, one sentence each; empty where all were kept
 */
export async function walk(n8n: RunningN8n, { runTimeoutMs, ...size }: Walk) {
	const { timeScale, runsAtOnce, firstPollSeconds } = PACE[size.isBrief ? 'brief' : 'long'];
	const stage = await openStage({ timeScale }, n8n.api);
	const listener = await createListener(n8n, { credential: stage.credential });
	// First those whose callbacks may have to be repeated.
	const isLast = ({ completion }: WalkRun) => ['poll', 'auto'].includes(completion);
	const runs = randomRuns(size).sort((a, b) => Number(isLast(a)) - Number(isLast(b)));
	const ended: EndedRun[] = [];
	const next = async (run: WalkRun) => {
		ended.push({
			...run,
			execution: await runToItsEnd(stage, listener, run, { firstPollSeconds, runTimeoutMs }),
		});
	};
	await mapAll(runs, next, runsAtOnce);
	await stage.simulator.whenIdle();

	const submissions = submissionsOf(stage.simulator);
	const log = n8n.logs();
	const starts = await startsOf(n8n, listener);
	return {
		taskCount: stage.simulator.tasks().length,
		violations: [
			...ended.flatMap((run) => [
				...missingItems(run),
				...lostTasks(run, submissions, log),
				...paidTwice(run, submissions),
			]),
			...wrongStarts(stage.simulator, listener, starts),
		],
	};
}

async function runToItsEnd(
	stage: Stage,
	listener: Listener,
	run: WalkRun,
	{ firstPollSeconds, runTimeoutMs }: { firstPollSeconds: number; runTimeoutMs: number },
): Promise<Execution> {
	const { simulator, api } = stage;
	for (const { prompt, first, later } of run.items) {
		simulator.plan({ promptIncludes: prompt }, later);
		simulator.plan({ promptIncludes: prompt, nth: 1 }, first);
	}
	if (run.fileFaults.length > 0) simulator.faultNext('file', run.fileFaults);
	const { completion, retryOnFail, onError, onTaskFailure, downloadResults, maxConcurrency } = run;
	const { workflowId, executionId } = await stage.start({
		items: run.items.map(({ prompt }) => ({ prompt })),
		onError,
		...(retryOnFail && { retryOnFail, maxTries: 3, waitBetweenTries: 100 }),
		parameters: {
			completion,
			...(completion === 'none' && { callbackUrl: listener.url, reference: 'walk' }),
			options: {
				maxConcurrency,
				...(completion !== 'none' && {
					initialWait: completion === 'callback' ? firstPollSeconds : 1,
					pollInterval: 2,
					pollingStrategy: 'fixed',
					timeout: 600,
					onTaskFailure,
					downloadResults,
				}),
			},
		},
	});
	await eventually(
		`execution ${executionId} to end: ${JSON.stringify(run)}`,
		// Its data would be much to read each time.
		async () => (await api.listExecutions(workflowId)).some(isFinished) || undefined,
		runTimeoutMs,
		POLL_MS,
	);
	return await api.getExecution(executionId);
}

/** A task, and whether the answer that names it has reached n8n. */
interface Submission extends TaskView {
	isAnswered: boolean;
}

const HIDES_TASK_ID: Array<RecordedRequest['fault']> = [
	'dropAfterAccept',
	'garbage',
	'http',
	'code',
];

/** The tasks of each prompt, oldest first. */
function submissionsOf(simulator: Simulator): Map<string, Submission[]> {
	const requests = simulator.requests({ endpoint: 'generateTask' });
	const faults = new Map(requests.map(({ taskId, fault }) => [taskId, fault]));
	const byPrompt = new Map<string, Submission[]>();
	for (const task of simulator.tasks()) {
		const isAnswered = !HIDES_TASK_ID.includes(faults.get(task.taskId));
		const earlier = byPrompt.get(task.prompt) ?? [];
		byPrompt.set(task.prompt, [...earlier, { ...task, isAnswered }]);
	}
	return byPrompt;
}

const lastRunOf = ({ execution }: EndedRun) => execution.runData.APIXO?.at(-1);

/** Every input item comes out where the workflow goes on after errors. */
function missingItems(run: EndedRun): string[] {
	const { execution, onError, items } = run;
	if (onError === 'stopWorkflow' && execution.status === 'error') return [];
	if (execution.status !== 'success') {
		return [`execution ${execution.id} (${onError}) ended as ${execution.status}`];
	}
	const outputs = (lastRunOf(run)?.data?.main ?? []).map((_, output) =>
		nodeOutput(execution, 'APIXO', { output }),
	);
	const paired = new Set(
		outputs.flat().map(({ pairedItem }) => {
			const [source] = [pairedItem].flat();
			return typeof source === 'object' ? source.item : source;
		}),
	);
	return items.flatMap(({ prompt }, index) =>
		paired.has(index) ? [] : [`'${prompt}' came out of no output of execution ${execution.id}`],
	);
}

/**
 * The item's task is in an output or the error. One that Retry On Fail replaces, or would have if the
 * next attempt had come so far, is in the log: it failed, and so has no result to lose.
 */
function lostTasks(run: EndedRun, submissions: Map<string, Submission[]>, log: string): string[] {
	const { execution, items } = run;
	const data = JSON.stringify([lastRunOf(run), execution.data.resultData.error]);
	return items.flatMap(({ prompt, first, later }) => {
		const tasks = (submissions.get(prompt) ?? []).filter(({ isAnswered }) => isAnswered);
		return tasks.flatMap(({ taskId, state }, index) => [
			...(log.includes(taskId) ? [] : [`task ${taskId} of '${prompt}' is not in the log`]),
			...(isReplaceable(run, state, index === 0 ? first : later) || data.includes(taskId)
				? []
				: [
						`task ${taskId} (${state}) of '${prompt}' is in no output of execution ${execution.id}, nor in its error`,
					]),
		]);
	});
}

/** Whether Retry On Fail may submit an item again whose task ended so. */
function isReplaceable({ retryOnFail }: WalkRun, state: string, { failCode = '' }: TaskPlan) {
	return retryOnFail && state === 'failed' && TEMPORARY_CODES.includes(failCode);
}

/** A second task of an item is one that Retry On Fail made after a failure that may be temporary. */
function paidTwice(run: EndedRun, submissions: Map<string, Submission[]>): string[] {
	return run.items.flatMap(({ prompt, first, later }) => {
		const tasks = submissions.get(prompt) ?? [];
		return tasks.slice(1).flatMap((second, index) => {
			const { taskId, state, isAnswered, finalAtMs = Infinity } = tasks[index];
			const plan = index === 0 ? first : later;
			const isAllowed =
				isAnswered && isReplaceable(run, state, plan) && finalAtMs <= second.submittedAtMs;
			return isAllowed
				? []
				: [
						`'${prompt}' was paid twice: task ${taskId} (${state} ${plan.failCode}), ${second.taskId}`,
					];
		});
	});
}

/** How many executions of the listener went on with each task. */
async function startsOf(n8n: RunningN8n, listener: Listener): Promise<Map<unknown, number>> {
	const starts = new Map<unknown, number>();
	for (const execution of await runsOf(n8n, listener)) {
		for (const output of [0, 1]) {
			for (const { json } of nodeOutput(execution, 'APIXO Trigger', { output })) {
				starts.set(json.taskId, (starts.get(json.taskId) ?? 0) + 1);
			}
		}
	}
	return starts;
}

/**
 * A task whose callback was delivered to the trigger starts one execution, and one that has no
 * callback to it starts none. Where no answer came in time, n8n may have started one all the same.
 */
function wrongStarts(
	simulator: Simulator,
	listener: Listener,
	starts: Map<unknown, number>,
): string[] {
	return simulator.tasks().flatMap(({ taskId, callbackUrl, callbackAttempts }) => {
		const isForTrigger = callbackUrl?.startsWith(listener.url) === true;
		const isDelivered = callbackAttempts.some(({ status }) => status === 200);
		const most = isForTrigger && callbackAttempts.length > 0 ? 1 : 0;
		const least = isForTrigger && isDelivered ? 1 : 0;
		const actual = starts.get(taskId) ?? 0;
		return actual >= least && actual <= most
			? []
			: [`task ${taskId} started ${actual} executions instead of ${least} to ${most}`];
	});
}
