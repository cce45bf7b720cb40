import { type Stage, QUICK, jsons, openStage, runOf } from './support.cts';

/** Fails the first look at a task for good: the first try of the node ends there. */
const LOOK_FAILS_ONCE = [{ kind: 'http', status: 403 }] as const;
const retrying = { retryOnFail: true, maxTries: 3, waitBetweenTries: 100 };
const THREE = [{ prompt: 'one' }, { prompt: 'two' }, { prompt: 'three' }];

/** Retries a finished execution as the editor does, with its own workflow or the one saved now. */
async function retryExecution(
	{ api }: Stage,
	workflowId: string,
	executionId: string,
	loadWorkflow = false,
) {
	await api.call('POST', `/rest/executions/${executionId}/retry`, { loadWorkflow });
	const [newest] = await api.listExecutions(workflowId);
	expect(newest.id).not.toBe(executionId);
	return runOf(await api.waitForExecution(newest.id));
}

describe('Retry On Fail', () => {
	it.concurrent('takes up the tasks that are under way', async () => {
		const stage = await openStage({ defaults: { seconds: 2, statusFaults: [...LOOK_FAILS_ONCE] } });
		const { output } = await stage.run({ items: THREE, ...retrying });
		expect(jsons(output)).toEqual(
			THREE.map(({ prompt }) =>
				expect.objectContaining({ taskId: stage.taskOf(prompt).taskId, state: 'success' }),
			),
		);
		expect(stage.submits).toBe(3);
	});

	it.concurrent('does so, too, when n8n tries again because the first item failed', async () => {
		const stage = await openStage();
		stage.simulator.plan({ promptIncludes: 'one' }, { statusFaults: [...LOOK_FAILS_ONCE] });
		const { output } = await stage.run({
			items: THREE,
			onError: 'continueRegularOutput',
			...retrying,
		});
		expect(jsons(output).map(({ taskId, state }) => [taskId, state])).toEqual(
			THREE.map(({ prompt }) => [stage.taskOf(prompt).taskId, 'success']),
		);
		expect(stage.submits).toBe(3);
	});

	it.concurrent('submits only the failed task anew, if that may help', async () => {
		const stage = await openStage();
		const failing = { outcome: 'failed', failCode: 'GENERATION_FAILED' } as const;
		stage.simulator.plan({ promptIncludes: 'one', nth: 1 }, { seconds: 0.5, ...failing });
		const { output } = await stage.run({
			items: THREE,
			onError: 'continueRegularOutput',
			...retrying,
		});
		expect(jsons(output).map(({ state }) => state)).toEqual(['success', 'success', 'success']);
		const ofFirst = stage.simulator
			.tasks()
			.filter(({ input }) => (input as { prompt: string }).prompt === 'one');
		expect(ofFirst.map(({ state }) => state)).toEqual(['failed', 'success']);
		expect(output[0].json.taskId).toBe(ofFirst[1].taskId);
		expect(stage.submits).toBe(4);
	});

	it.concurrent('does not submit again what the policy refused', async () => {
		const stage = await openStage({
			defaults: { seconds: 0.5, outcome: 'failed', failCode: 'NSFW' },
		});
		const { error } = await stage.run(retrying);
		expect(error.message).toMatch(/^APIXO task [0-9a-f]{32} has state 'failed' \[NSFW: /);
		expect(stage.submits).toBe(1);
		expect(stage.statusCalls).toBe(3);
	});

	it.concurrent('does not send again what may have been accepted', async () => {
		const stage = await openStage();
		stage.simulator.faultNext('generateTask', [{ kind: 'dropAfterAccept' }]);
		const { error } = await stage.run(retrying);
		expect(error.message).toBe(
			"Nobody can tell whether APIXO accepted the request for 'nano-banana' that an earlier try sent",
		);
		expect(error.description).toContain('look for it in the APIXO dashboard');
		expect(stage.submits).toBe(1);
	});

	it.concurrent('does send again what was refused', async () => {
		const stage = await openStage();
		stage.simulator.faultNext('generateTask', [{ kind: 'http', status: 400 }]);
		const { output } = await stage.run(retrying);
		expect(output[0].json).toMatchObject({ state: 'success' });
		expect(stage.simulator.counts()).toMatchObject({ generateTask: 2, statusTask: 1 });
		expect(stage.simulator.tasks()).toHaveLength(1);
	});

	it.concurrent('finds what was not done in time at the first try', async () => {
		const stage = await openStage({ defaults: { seconds: 3 } });
		const { output } = await stage.run({
			...retrying,
			waitBetweenTries: 2000,
			parameters: { options: { ...QUICK, timeout: 2 } },
		});
		expect(output[0].json).toMatchObject({ state: 'success', costTime: 3000 });
		expect(stage.submits).toBe(1);
	});
});

describe('the retry of a whole execution', () => {
	it.concurrent('takes up the tasks of the one that failed', async () => {
		const stage = await openStage({ defaults: { seconds: 2, statusFaults: [...LOOK_FAILS_ONCE] } });
		const { workflowId, executionId } = await stage.start({ items: THREE });
		expect((await stage.api.waitForExecution(executionId)).status).toBe('error');

		const { execution, output } = await retryExecution(stage, workflowId, executionId);
		expect(execution).toMatchObject({ status: 'success', mode: 'retry' });
		expect(jsons(output).map(({ taskId, state }) => [taskId, state])).toEqual(
			THREE.map(({ prompt }) => [stage.taskOf(prompt).taskId, 'success']),
		);
		expect(stage.submits).toBe(3);
	});

	it.concurrent('submits what the user has mended', async () => {
		const stage = await openStage();
		stage.simulator.plan({ promptIncludes: 'war' }, { outcome: 'failed', failCode: 'NSFW' });
		const { workflowId, executionId } = await stage.start({
			parameters: { prompt: 'a fox at war' },
		});
		expect((await stage.api.waitForExecution(executionId)).status).toBe('error');

		const { nodes } = stage.workflow({ parameters: { prompt: 'a fox at peace' } });
		await stage.api.updateWorkflow(workflowId, { nodes });
		const { output } = await retryExecution(stage, workflowId, executionId, true);
		expect(output[0].json).toMatchObject({
			taskId: stage.taskOf('a fox at peace').taskId,
			state: 'success',
		});
		expect(stage.submits).toBe(2);
	});
});
