/** From the callback that resumes a paused execution to the start of the next node. */
import { fetch } from 'undici';
import {
	editFields,
	manualTrigger,
	noOp,
	waitNode,
	workflow,
} from '../test/e2e/harness/workflows.cts';
import { submitRequest } from './loops.cts';
import { inTurns, measured, type Rounds } from './rounds.cts';
import { ENDS_WITHIN_MS, foxes, generate, untilWaiting, type Stage } from './stage.cts';

const START = manualTrigger({ items: foxes(1) });
const NEXT = noOp({ name: 'Next' });
const RESUME_URL = '{{ $execution.resumeUrl }}';

/** Adaptive polling learns from these tasks, which end at once: not of `nano-banana`. */
const MODEL = 'gpt-image-1';

const EXECUTIONS_A_ROUND = 10;

/** In ms. */
export async function callbackToNext(stage: Stage, rounds: number): Promise<Rounds> {
	const { api, simulator, credential } = stage;
	const wait = waitNode({ resume: 'webhook', httpMethod: 'POST', options: {} });
	const resumedBy = async (executionId: string, sentAtMs: () => number) => {
		const { runData } = await api.waitForExecution(executionId, { timeoutMs: ENDS_WITHIN_MS });
		return runData.Next[0].startTime - sentAtMs();
	};
	/** A workflow whose task calls back. */
	const withTask = async (id: string) => {
		const before = simulator.tasks().length;
		const executionId = await api.runManually(id);
		await untilWaiting(api, executionId);
		const { taskId } = simulator.tasks()[before];
		simulator.finish(taskId);
		return await resumedBy(executionId, () => {
			const accepted = simulator.task(taskId).callbackAttempts.find(({ status }) => status === 200);
			return accepted?.atMs ?? NaN;
		});
	};

	const ours = await api.createWorkflow(
		workflow({
			name: 'Pause Until Callback',
			nodes: [START, generate(credential, { completion: 'callback' }, MODEL), NEXT],
		}),
	);
	const withRequest = await api.createWorkflow(
		workflow({
			name: 'HTTP Request + Wait',
			nodes: [START, submitRequest(simulator, { callbackUrl: RESUME_URL }), wait, NEXT],
		}),
	);
	const waitAlone = await api.createWorkflow(
		workflow({
			name: 'Wait',
			nodes: [START, editFields({ url: `=${RESUME_URL}` }, { name: 'URL' }), wait, NEXT],
		}),
	);
	const waitAloneOnce = async () => {
		const executionId = await api.runManually(waitAlone.id);
		await untilWaiting(api, executionId);
		const { runData } = await api.getExecution(executionId);
		const url = runData.URL[0].data?.main[0]?.[0].json.url as string;
		const sentAtMs = Date.now();
		await (await fetch(url, { method: 'POST', body: '{}' })).arrayBuffer();
		return await resumedBy(executionId, () => sentAtMs);
	};
	const contenders = {
		'APIXO node': async () => await middleOf(async () => await withTask(ours.id)),
		'HTTP Request + Wait': async () => await middleOf(async () => await withTask(withRequest.id)),
		Wait: async () => await middleOf(waitAloneOnce),
	};
	// Loads what is used for the first time.
	await inTurns(1, contenders);
	return await inTurns(rounds, contenders);
}

async function middleOf(measure: () => Promise<number>): Promise<number> {
	const values: number[] = [];
	while (values.length < EXECUTIONS_A_ROUND) values.push(await measure());
	return measured(values).median;
}
