import { nodeOutput } from '../harness/executions.cts';
import {
	chain,
	editFields,
	manualTrigger,
	loopWorkflow,
	noOp,
	workflow,
} from '../harness/workflows.cts';
import { jsons, openStage } from './support.cts';

/** Five prompts whose tasks take 5, 1, 4, 2 and 3 seconds. */
const FIVE = [5, 1, 4, 2, 3].map((seconds, index) => ({
	name: `prompt ${index}`,
	prompt: `fox ${index} [[seconds=${seconds}]]`,
}));

/** The same, at one second each, the third one failing. */
const ONE_FAILS = FIVE.map(({ name }, index) => ({
	name,
	prompt: `fox ${index} [[seconds=1${index === 2 ? ' outcome=failed failCode=NSFW' : ''}]]`,
}));

/** A following node that looks up the item of the first node that each result comes from. */
const origins = editFields(
	{ from: "={{ $('Prompts').item.json.name }}", taskId: '={{ $json.taskId }}' },
	{ name: 'Origins' },
);

describe('five items', () => {
	it.concurrent('run at the same time and come out in order, paired', async () => {
		const stage = await openStage();
		const { execution, output } = await stage.run({ items: FIVE, then: [origins] });
		const taskIds = FIVE.map(({ prompt }) => stage.taskOf(prompt).taskId);
		expect(output.map(({ json, pairedItem }) => [json.taskId, pairedItem])).toEqual(
			taskIds.map((taskId, item) => [taskId, { item }]),
		);
		expect(jsons(output).map(({ costTime }) => costTime)).toEqual([5000, 1000, 4000, 2000, 3000]);
		expect(jsons(nodeOutput(execution, 'Origins'))).toEqual(
			FIVE.map(({ name }, index) => ({ from: name, taskId: taskIds[index] })),
		);

		expect(stage.submits).toBe(5);
		const tasks = stage.simulator.tasks();
		const lastSubmittedAtMs = Math.max(...tasks.map(({ submittedAtMs }) => submittedAtMs));
		const firstDoneAtMs = Math.min(...tasks.map(({ finalAtMs }) => finalAtMs ?? 0));
		expect(lastSubmittedAtMs).toBeLessThan(firstDoneAtMs);
		// One after the other the tasks take 15 s.
		expect(execution.runData.APIXO[0].executionTime).toBeLessThan(15_000);
	});

	it.concurrent('are never more tasks under way than Max Concurrency allows', async () => {
		const stage = await openStage({ defaults: { seconds: 1 }, rateLimit: { concurrentTasks: 2 } });
		const options = { initialWait: 1, pollInterval: 1, maxConcurrency: 2 };
		const { output } = await stage.run({
			items: FIVE.map(({ name }) => ({ prompt: name })),
			parameters: { options },
		});
		expect(jsons(output).map(({ state }) => state)).toEqual(Array(5).fill('success'));
		expect(stage.submits).toBe(5);
	});
});

describe('one of five that fails', () => {
	const failure = (taskId: unknown) =>
		`Task failed: The generation failed. [NSFW] (task ${taskId})`;

	it.concurrent('stops the workflow with an error that names all five tasks', async () => {
		const stage = await openStage();
		const { execution, error } = await stage.run({ items: ONE_FAILS, then: [origins] });
		expect(execution.status).toBe('error');
		expect(execution.runData.Origins).toBeUndefined();
		expect(stage.submits).toBe(5);
		const taskIdOf = (index: number) => stage.taskOf(ONE_FAILS[index].prompt).taskId;
		expect(error.message).toBe(failure(taskIdOf(2)));
		expect(error.context).toMatchObject({ itemIndex: 2, taskId: taskIdOf(2), failCode: 'NSFW' });
		for (const index of [0, 1, 3, 4]) {
			expect(error.description).toContain(
				`[Item ${index}] task ${taskIdOf(index)} of 'nano-banana': success`,
			);
		}
	});

	it.concurrent('names the ids of all tasks, however many there are', async () => {
		const stage = await openStage();
		stage.simulator.plan({ nth: 7 }, { seconds: 0, outcome: 'failed' });
		const items = Array.from({ length: 40 }, (_, index) => ({ prompt: `fox ${index}` }));
		const { error } = await stage.run({ items });
		const tasks = stage.simulator.tasks();
		expect(tasks).toHaveLength(40);
		for (const { taskId } of tasks) expect(error.message + error.description).toContain(taskId);
	});

	it.concurrent('comes out beside the others, where the workflow goes on', async () => {
		const stage = await openStage();
		const { execution, output } = await stage.run({
			items: ONE_FAILS,
			then: [origins],
			onError: 'continueRegularOutput',
		});
		expect(execution.status).toBe('success');
		expect(jsons(output).map(({ state }) => state)).toEqual([
			'success',
			'success',
			'failed',
			'success',
			'success',
		]);
		expect(output.map(({ pairedItem }) => pairedItem)).toEqual(
			[0, 1, 2, 3, 4].map((item) => ({ item })),
		);
		const { taskId } = output[2].json;
		expect(output[2].json).toMatchObject({
			error: failure(taskId),
			taskId: expect.stringMatching(/^[0-9a-f]{32}$/),
			model: 'nano-banana',
			failCode: 'NSFW',
		});
		expect(jsons(nodeOutput(execution, 'Origins')).map(({ from }) => from)).toEqual(
			FIVE.map(({ name }) => name),
		);
	});

	it.concurrent('leaves by the error output, where there is one', async () => {
		const stage = await openStage();
		const trigger = manualTrigger({ name: 'Prompts', items: ONE_FAILS });
		const apixo = stage.node({ onError: 'continueErrorOutput' });
		const failed = noOp({ name: 'Failed' });
		const execution = await stage.api.runOnce(
			workflow({
				name: 'Error output',
				nodes: [trigger, apixo, origins, failed],
				connections: [
					...chain(trigger, apixo, origins),
					{ from: apixo.name, output: 1, to: failed.name },
				],
			}),
		);
		expect(jsons(nodeOutput(execution, 'Origins')).map(({ from }) => from)).toEqual(
			[0, 1, 3, 4].map((index) => FIVE[index].name),
		);
		const errors = nodeOutput(execution, 'Failed');
		expect(errors).toHaveLength(1);
		const { details } = errors[0].json as { details: { taskId: string } };
		expect(errors[0].json).toMatchObject({
			name: 'prompt 2',
			error: failure(details.taskId),
			details: { taskId: expect.stringMatching(/^[0-9a-f]{32}$/), failCode: 'NSFW' },
		});
	});

	it.concurrent("is an item like the others with 'Return the Failed Task'", async () => {
		const stage = await openStage();
		const options = { initialWait: 1, pollInterval: 1, onTaskFailure: 'output' };
		const { execution, output } = await stage.run({
			items: ONE_FAILS,
			parameters: { options },
		});
		expect(execution.status).toBe('success');
		expect(output[2]).toEqual({
			json: {
				taskId: expect.any(String),
				model: 'nano-banana',
				state: 'failed',
				resultUrls: [],
				failCode: 'NSFW',
				failMsg: 'The generation failed.',
				createTime: expect.any(Number),
				completeTime: expect.any(Number),
				deliveredBy: 'poll',
			},
			pairedItem: { item: 2 },
		});
		expect(output.map(({ json }) => json.state === 'success')).toEqual([
			true,
			true,
			false,
			true,
			true,
		]);
	});
});

describe('a loop', () => {
	it.concurrent('submits in each of its rounds, even if they ask for the same', async () => {
		const stage = await openStage();
		const trigger = manualTrigger({
			name: 'Prompts',
			items: [{ name: 'first' }, { name: 'second' }],
		});
		const body = stage.node({ parameters: { prompt: 'a red fox' }, retryOnFail: true });
		const execution = await stage.api.runOnce(
			loopWorkflow({ trigger, batchSize: 1, body, done: origins }),
		);
		expect(execution.status).toBe('success');
		const [first, second] = stage.simulator.tasks();
		expect(jsons(nodeOutput(execution, 'Origins'))).toEqual([
			{ from: 'first', taskId: first.taskId },
			{ from: 'second', taskId: second.taskId },
		]);
		expect(stage.submits).toBe(2);
	});
});
