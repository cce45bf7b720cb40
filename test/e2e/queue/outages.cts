import { type Stage, QUICK, openStage, runOf } from '../action/support.cts';
import type { QueueMode } from '../harness/queueMode.cts';
import { type PausedRun, finishAll, numbered, pause } from '../pause/support.cts';
import { TIMER_MS, pauseEndMs, submissions, untilMs } from '../waiting/support.cts';

/** Tasks end when told; APIXO's second callback comes after 3 s, its third after 12 s more. */
const UNTIL_TOLD = { timeScale: 10, defaults: { seconds: 100_000 } };

/** What ends and starts again, while a run is in the state that it could harm. */
export const OUTAGES = {
	'the webhook process takes a callback': async (queueMode: QueueMode, paused: Scene) => {
		const { simulator } = paused.stage;
		const { webhookProcesses, proxy } = queueMode;
		const [webhookProcess] = webhookProcesses;
		proxy.sendTo(webhookProcess);
		// The webhook polls the task that it has no callback for.
		simulator.outage('statusTask', 'silence');
		simulator.finish(simulator.tasks()[0].taskId);
		await simulator.until(({ counts }) => counts().statusTask > 0);
		await webhookProcess.kill();
		simulator.endOutage();
		await webhookProcess.start();
		proxy.sendTo(...webhookProcesses);
	},
	'main has a timer that is due': async ({ main }: QueueMode, { stage, run }: Scene) => {
		await untilMs((await pauseEndMs(stage, run.executionId)) - 1_000);
		await main.kill();
		await main.start();
		await main.api.login();
	},
	'Redis restarts': async ({ redis }: QueueMode) => await redis.restart(),
	'PostgreSQL restarts': async ({ postgres }: QueueMode) => await postgres.restart(),
} satisfies Record<string, (queueMode: QueueMode, paused: Scene) => Promise<void>>;
export type Outage = keyof typeof OUTAGES;

export interface Scene {
	stage: Stage;
	run: PausedRun;
}

/** A run that is paused until its callbacks, or where main's timer is meant, for a minute. */
export async function pausedFor(outage: Outage, { main }: QueueMode): Promise<Scene> {
	const isTimed = outage === 'main has a timer that is due';
	const stage = await openStage(UNTIL_TOLD, main.api);
	if (isTimed) stage.simulator.plan({}, { callback: { never: true } });
	const parameters = isTimed ? { options: { initialWait: 60, pollInterval: 60 } } : {};
	return { stage, run: await pause(stage, { items: numbered(2), parameters }) };
}

/** A run that polls on a worker. */
export async function polling({ main }: QueueMode): Promise<Scene> {
	const stage = await openStage(UNTIL_TOLD, main.api);
	const parameters = { completion: 'poll', options: { ...QUICK, timeout: 3_600 } };
	const run = await stage.start({ items: numbered(2), parameters });
	await stage.simulator.until(({ counts }) => counts().statusTask > 0);
	return { stage, run };
}

/** How a run ends whose tasks are done, and how often an item was submitted at most. */
export async function endingOf({
	stage,
	run,
}: Scene): Promise<{ status: string; submits: number }> {
	finishAll(stage);
	const { execution, error } = runOf(
		await stage.api.waitForExecution(run.executionId, { timeoutMs: TIMER_MS }),
	);
	return { status: error.message || execution.status, submits: submissions(stage).most };
}
