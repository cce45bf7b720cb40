import { type Stage, jsons, openStage, runOf } from '../e2e/action/support.cts';
import type { Execution } from '../e2e/harness/executions.cts';
import type { QueueMode } from '../e2e/harness/queueMode.cts';
import { loopWorkflow, manualTrigger, noOp } from '../e2e/harness/workflows.cts';
import { finishUntilEnded, numbered, pauseWorkflow } from '../e2e/pause/support.cts';
import { pauseEndMs, submissions, untilMs } from '../e2e/waiting/support.cts';

/** APIXO's second callback comes after 3 s, its third after 12 s more. */
const QUICK_CALLBACKS = { timeScale: 10, defaults: { seconds: 100_000 } };
const ENDED_WITHIN_MS = 150_000;

const pausing = (pauseSeconds = 120) => ({
	completion: 'callback',
	options: {
		initialWait: pauseSeconds,
		pollInterval: pauseSeconds,
		timeout: 3_600,
		maxConcurrency: 2,
	},
});

/** What is submitted after the first pause. */
export const ROUTES = {
	'a second wave': (stage: Stage, pauseSeconds?: number) =>
		stage.workflow({ items: numbered(4), parameters: pausing(pauseSeconds) }),
	'the next round of a loop': (stage: Stage, pauseSeconds?: number) =>
		loopWorkflow({
			trigger: manualTrigger({ name: 'Prompts', items: numbered(4) }),
			batchSize: 2,
			body: stage.node({ parameters: pausing(pauseSeconds) }),
			done: noOp({ name: 'Done' }),
		}),
	'an APIXO node behind': (stage: Stage, pauseSeconds?: number) => {
		const parameters = { ...pausing(pauseSeconds), prompt: '=after {{ $json.taskId }}' };
		return stage.workflow({
			items: numbered(2),
			parameters: pausing(pauseSeconds),
			then: [stage.node({ name: 'Second', parameters })],
		});
	},
};
export type Route = keyof typeof ROUTES;

/** Each route comes to four tasks. */
const TASKS = 4;

export interface Outcome {
	/** Submissions of the prompt that was submitted most often. */
	mostSubmits: number;
	isDelivered: boolean;
	/** How n8n ended the execution, for a test that fails. */
	ending: string;
}

/**
 * The callbacks of two tasks come through main and the webhook process at the same moment, and the
 * first status request, which the webhook makes where it cannot know the other callback, is slow.
 */
export async function twoCallbacks(
	{ main, webhookProcesses, proxy }: QueueMode,
	route: Route,
	slowPollSeconds: number,
): Promise<Outcome> {
	const stage = await openStage(QUICK_CALLBACKS, main.api);
	const { executionId } = await pauseWorkflow(stage, ROUTES[route](stage));
	proxy.sendTo(main, webhookProcesses[0]);
	stage.simulator.faultNext('statusTask', [{ kind: 'hang', seconds: slowPollSeconds }]);
	const outcome = await outcomeOf(stage, executionId);
	proxy.sendTo(...webhookProcesses);
	return outcome;
}

/**
 * n8n's timer, and a callback through the webhook process, for the tasks of a pause at nearly the
 * same moment. The timer is exact in pauses of a minute and more.
 * @param beforeTimerMs how long before the timer the callback comes; negative where it is after
 */
export async function timerAndCallback(
	{ main }: QueueMode,
	route: Route,
	beforeTimerMs: number,
): Promise<Outcome> {
	const stage = await openStage(QUICK_CALLBACKS, main.api);
	const { executionId } = await pauseWorkflow(stage, ROUTES[route](stage, 65));
	await untilMs((await pauseEndMs(stage, executionId)) - beforeTimerMs);
	return await outcomeOf(stage, executionId);
}

/** Lets all tasks end, also later ones, until the execution has ended. */
async function outcomeOf(stage: Stage, executionId: string): Promise<Outcome> {
	const execution = await finishUntilEnded(stage, executionId, ENDED_WITHIN_MS);
	return {
		mostSubmits: submissions(stage).most,
		isDelivered: execution.status === 'success' && deliveredTasks(execution).size === TASKS,
		ending: `${execution.status} ${runOf(execution).error.message}`,
	};
}

/** The tasks whose results the APIXO nodes have as output. */
function deliveredTasks({ runData }: Execution): Set<unknown> {
	const output = ['APIXO', 'Second']
		.flatMap((name) => runData[name] ?? [])
		.flatMap(({ data }) => jsons(data?.main[0] ?? []));
	return new Set(output.filter(({ state }) => state === 'success').map(({ taskId }) => taskId));
}
