import { type Stage, QUICK, jsons, openStage, runOf } from './support.cts';

/** Options with which a task of 3 s is not done in time at the first attempt, but at the second. */
const TOO_SHORT = { ...QUICK, timeout: 2 };
const THREE_SECONDS = { defaults: { seconds: 3 } };
const retrying = { retryOnFail: true, maxTries: 3, waitBetweenTries: 2000 };
const THREE = [{ prompt: 'one' }, { prompt: 'two' }, { prompt: 'three' }];

/** Retries a finished execution as the editor does, with its own workflow or the one saved now. */
async function retryExecution(
	{ api }: Stage,
	workflowId: string,
	executionId: string,
	loadWorkflow = false,
) {
	const id = await api.retryExecution({ workflowId, executionId }, loadWorkflow);
	return runOf(await api.waitForExecution(id));
}

describe('Retry On Fail', () => {
	it.concurrent('waits again for the tasks that were not done in time', async () => {
		const stage = await openStage(THREE_SECONDS);
		const { output } = await stage.run({
			items: THREE,
			...retrying,
			parameters: { options: TOO_SHORT },
		});
		expect(jsons(output)).toEqual(
			THREE.map(({ prompt }) =>
				expect.objectContaining({ taskId: stage.taskOf(prompt).taskId, state: 'success' }),
			),
		);
		expect(stage.submits).toBe(3);
	});

	it.concurrent(
		'keeps the other tasks when n8n retries because of the first item alone',
		async () => {
			const stage = await openStage();
			stage.simulator.plan({ promptIncludes: 'one' }, { seconds: 3 });
			const { output } = await stage.run({
				items: THREE,
				onError: 'continueRegularOutput',
				...retrying,
				parameters: { options: TOO_SHORT },
			});
			expect(jsons(output).map(({ taskId, state }) => [taskId, state])).toEqual(
				THREE.map(({ prompt }) => [stage.taskOf(prompt).taskId, 'success']),
			);
			expect(stage.submits).toBe(3);
		},
	);

	it.concurrent('submits only the failed task again, if that may help', async () => {
		const stage = await openStage();
		const failing = { outcome: 'failed', failCode: 'GENERATION_FAILED' } as const;
		stage.simulator.plan({ promptIncludes: 'one', nth: 1 }, { seconds: 0.5, ...failing });
		const { output } = await stage.run({
			items: THREE,
			onError: 'continueRegularOutput',
			...retrying,
		});
		expect(jsons(output).map(({ state }) => state)).toEqual(['success', 'success', 'success']);
		const ofFirst = stage.simulator.tasks().filter(({ prompt }) => prompt === 'one');
		expect(ofFirst.map(({ state }) => state)).toEqual(['failed', 'success']);
		expect(output[0].json.taskId).toBe(ofFirst[1].taskId);
		expect(stage.submits).toBe(4);
	});

	it.concurrent('does not submit again what the policy refused', async () => {
		const stage = await openStage({
			defaults: { seconds: 0.5, outcome: 'failed', failCode: 'NSFW' },
		});
		const { error } = await stage.run(retrying);
		expect(error.message).toMatch(/^Task failed: The generation failed\. \[NSFW\] \(task \w+\)$/);
		expect(stage.simulator.counts()).toMatchObject({ generateTask: 1, statusTask: 1 });
	});

	it.concurrent('does not send a request again that may have been accepted', async () => {
		const stage = await openStage();
		stage.simulator.faultNext('generateTask', [{ kind: 'dropAfterAccept' }]);
		const { error } = await stage.run(retrying);
		expect(error.message).toBe(
			"It is unclear whether APIXO accepted the request for 'nano-banana'",
		);
		expect(error.description).toContain('check the APIXO dashboard before you run it again');
		expect(stage.submits).toBe(1);
	});

	it.concurrent('sends a request again that was refused', async () => {
		const stage = await openStage();
		stage.simulator.faultNext('generateTask', [{ kind: 'http', status: 400 }]);
		const { output } = await stage.run(retrying);
		expect(output[0].json).toMatchObject({ state: 'success' });
		expect(stage.simulator.counts()).toMatchObject({ generateTask: 2, statusTask: 1 });
		expect(stage.simulator.tasks()).toHaveLength(1);
	});
});

describe('the retry of a whole execution', () => {
	it.concurrent('waits again for the tasks of the one that failed', async () => {
		const stage = await openStage(THREE_SECONDS);
		const { workflowId, executionId } = await stage.start({
			items: THREE,
			parameters: { options: TOO_SHORT },
		});
		expect((await stage.api.waitForExecution(executionId)).status).toBe('error');
		await stage.simulator.whenIdle();

		const { execution, output } = await retryExecution(stage, workflowId, executionId);
		expect(execution).toMatchObject({ status: 'success', mode: 'retry' });
		expect(jsons(output).map(({ taskId, state }) => [taskId, state])).toEqual(
			THREE.map(({ prompt }) => [stage.taskOf(prompt).taskId, 'success']),
		);
		expect(stage.submits).toBe(3);
	});

	it.concurrent('submits a request that the user has changed', async () => {
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
