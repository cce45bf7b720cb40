import { eventually } from '../support/eventually.cts';
import { type Stage, jsons, openStage, runOf } from '../e2e/action/support.cts';
import { type Execution, isFinished, nodeOutput } from '../e2e/harness/executions.cts';
import type { QueueMode } from '../e2e/harness/queueMode.cts';
import { finishAll, numbered, pauseWorkflow } from '../e2e/pause/support.cts';
import { submissions } from '../e2e/waiting/support.cts';

/** APIXO's second callback comes after 3 s, its third after 12 s more. */
const QUICK_CALLBACKS = { timeScale: 10, defaults: { seconds: 100_000 } };
const ENDED_WITHIN_MS = 150_000;

const pausing = (maxConcurrency: number) => ({
	completion: 'callback',
	options: { initialWait: 120, pollInterval: 120, timeout: 3_600, maxConcurrency },
});

/** What is submitted after the pause that two callbacks end. */
export const ROUTES = {
	'a second wave': (stage: Stage) => stage.workflow({ items: numbered(4), parameters: pausing(2) }),
	'an APIXO node behind': (stage: Stage) => {
		const parameters = { ...pausing(2), prompt: '=after {{ $json.taskId }}' };
		return stage.workflow({
			items: numbered(2),
			parameters: pausing(2),
			then: [stage.node({ name: 'Second', parameters })],
		});
	},
};
export type Route = keyof typeof ROUTES;

/** Both routes come to four tasks. */
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
	const execution = await eventually(
		`execution ${executionId} to end`,
		async () => {
			finishAll(stage);
			// n8n answers 503 while many callbacks keep its database busy.
			const now = await main.api.getExecution(executionId).catch(() => undefined);
			return now && isFinished(now) ? now : undefined;
		},
		ENDED_WITHIN_MS,
		250,
	);
	proxy.sendTo(...webhookProcesses);
	return {
		mostSubmits: submissions(stage).most,
		isDelivered: execution.status === 'success' && deliveredTasks(execution).size === TASKS,
		ending: `${execution.status} ${runOf(execution).error.message}`,
	};
}

/** The tasks whose results the APIXO nodes have as output. */
function deliveredTasks({ runData, ...execution }: Execution): Set<unknown> {
	const output = ['APIXO', 'Second']
		.filter((name) => runData[name])
		.flatMap((name) => jsons(nodeOutput({ runData, ...execution }, name)));
	return new Set(output.filter(({ state }) => state === 'success').map(({ taskId }) => taskId));
}
