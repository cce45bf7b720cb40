import { type RunOptions, type Stage, QUICK, openStage, runOf } from '../action/support.cts';
import { waitNode, type WorkflowDefinition } from '../harness/workflows.cts';
import { numbered, UNTIL_TOLD } from '../pause/support.cts';

/** A workflow that n8n ends after so many seconds. */
function timingOut(stage: Stage, seconds: number, options: RunOptions = {}): WorkflowDefinition {
	const definition = stage.workflow({ onError: 'stopWorkflow', ...options });
	definition.settings = { ...definition.settings, executionTimeout: seconds };
	return definition;
}

/** The run ends by itself: n8n would have ended the execution as `canceled`, without its error. */
async function errorOf(stage: Stage, definition: WorkflowDefinition, withinMs?: number) {
	const { execution, error } = runOf(await stage.api.runOnce(definition, { timeoutMs: withinMs }));
	expect(execution.status).toBe('error');
	return error;
}

const taskIdOf = ({ simulator }: Stage) => simulator.tasks()[0].taskId;

describe("a run ends with an error of its own before n8n's deadline", () => {
	it.concurrent.each([
		["with n8n's defaults of Retry On Fail", {}],
		['with Retry On Fail as often as n8n lets it', { maxTries: 5, waitBetweenTries: 1_000 }],
	])('%s', async (_, retrying) => {
		const stage = await openStage(UNTIL_TOLD);
		const definition = timingOut(stage, 16, { retryOnFail: true, ...retrying });
		const { message } = await errorOf(stage, definition);
		expect(message).toMatch(/^Task not done after .* seconds, when n8n's timeout/);
		expect(message).toContain(taskIdOf(stage));
		expect(stage.submits).toBe(1);
	});

	it.concurrent.each(['silence', 'http:503'] as const)(
		'while it downloads from a server that answers with %s',
		async (outage) => {
			const stage = await openStage({ defaults: { seconds: 1 } });
			stage.simulator.outage('file', outage);
			const parameters = { options: { ...QUICK, downloadResults: true } };
			const { message, description } = await errorOf(stage, timingOut(stage, 15, { parameters }));
			expect(message).toMatch(/^File 1 of 1 could not be downloaded/);
			expect(message).toContain(taskIdOf(stage));
			expect(description).toContain(stage.simulator.tasks()[0].resultUrls[0]);
		},
	);

	it.concurrent('while the balance request after a low-balance refusal hangs', async () => {
		const stage = await openStage(UNTIL_TOLD);
		stage.simulator.addKey(stage.simulator.apiKey, { balanceUsd: 0 });
		stage.simulator.outage('balance', 'silence');
		const { message } = await errorOf(stage, timingOut(stage, 14));
		expect(message).toContain('balance is too low');
		expect(stage.simulator.tasks()).toEqual([]);
	});

	// n8n's timer counts the timeout from the start, but names a deadline that counts from the resume.
	it.concurrent(
		"after n8n's timer has resumed the execution for a Wait node before it",
		async () => {
			const stage = await openStage(UNTIL_TOLD);
			const definition = timingOut(stage, 90);
			const [trigger, apixo] = definition.nodes;
			const wait = { ...waitNode({ amount: 66, unit: 'seconds' }), position: apixo.position };
			const to = (node: string) => ({ main: [[{ node, type: 'main' as const, index: 0 }]] });
			definition.nodes = [trigger, wait, apixo];
			definition.connections = { [trigger.name]: to(wait.name), [wait.name]: to(apixo.name) };
			const { message } = await errorOf(stage, definition, 150_000);
			expect(message).toMatch(/^Task not done after .* seconds, when n8n's timeout/);
			expect(message).toContain(taskIdOf(stage));
		},
	);
});

it.concurrent(
	'a retry does not wait for a request that the run before left unanswered',
	async () => {
		const stage = await openStage({ defaults: { seconds: 1 } });
		stage.simulator.outage('generateTask', { kind: 'silence', afterAccept: true });
		const definition = timingOut(stage, 12, {
			items: numbered(3),
			parameters: { options: { ...QUICK, maxConcurrency: 1 } },
		});
		const { id } = await stage.api.createWorkflow(definition);
		const first = await stage.api.waitForExecution(await stage.api.runManually(id));
		expect(runOf(first).error.message).toMatch(/^It is unclear/);
		stage.simulator.endOutage();

		await stage.api.updateWorkflow(id, {
			settings: { ...definition.settings, executionTimeout: 3_600 },
		});
		const run = { workflowId: id, executionId: first.id };
		const retriedId = await stage.api.retryExecution(run, true);
		const { error } = runOf(await stage.api.waitForExecution(retriedId));
		expect(error.message).toMatch(/^It is unclear/);
		expect(stage.submits).toBe(1);
	},
);
