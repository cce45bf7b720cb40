import type { IDataObject, INode, INodeExecutionData } from 'n8n-workflow';
import { fetch } from 'undici';
import { type Stage, byId, openStage, runOf, QUICK } from '../action/support.cts';
import { finishAll, numbered, taskIdsOf, pausing, UNTIL_TOLD } from '../pause/support.cts';
import { pause } from './support.cts';

/** What an expression gives for one item; some throw, some are no value that anybody expects. */
const ODD_VALUES: Record<string, string> = {
	'a function': '$json.prompt.trim',
	'a symbol': "Symbol('odd')",
	'a bigint': 'BigInt(10)',
	'a circular object': '(() => { const ring = {}; ring.ring = ring; return ring; })()',
	'an object that nothing converts': '({ toString: 1, valueOf: 1 })',
	'an invalid date': 'new Date(NaN)',
	'a thrown error': "(() => { throw new Error('odd'); })()",
	'a thrown string': "(() => { throw 'odd'; })()",
	'a missing node': "$('Nobody').item.json.prompt",
	'a misspelt function': '$json.prompt.trimm()',
};

/** An item for each of them, between two items that are right. */
const ITEMS = ['nothing odd', ...Object.keys(ODD_VALUES), 'nothing odd'].map((odd, number) => ({
	prompt: `prompt ${number}`,
	odd,
}));
const LAST = ITEMS.length - 1;

/** The expression that gives each item its odd value, and the right one to the others. */
const oddOr = (right: string) =>
	`={{ ${Object.entries(ODD_VALUES)
		.map(([name, value]) => `$json.odd === '${name}' ? ${value} : `)
		.join('')}${right} }}`;

/** What the node passes on, where the workflow goes on after errors. */
async function outputOf(
	stage: Stage,
	parameters: INode['parameters'],
	items: IDataObject[],
): Promise<INodeExecutionData[]> {
	const { execution, output } = await stage.run({
		items,
		parameters,
		onError: 'continueRegularOutput',
	});
	expect(execution.status).toBe('success');
	return output;
}

/** One item for each input, paired with it, and no input as if it were a result. */
function expectFailed(output: INodeExecutionData[], count: number, failed: number[]): void {
	expect(output).toHaveLength(count);
	expect(output.map(({ pairedItem }) => pairedItem)).toEqual(output.map((_, item) => ({ item })));
	for (const [index, { json }] of output.entries()) {
		expect(json).not.toHaveProperty('prompt');
		expect(json).not.toHaveProperty('odd');
		if (failed.includes(index)) expect(json.error).toEqual(expect.any(String));
		else expect(json).toMatchObject({ state: 'success' });
	}
}

/** Makes a task beside n8n, and waits until it is done. */
async function existingTask({ simulator }: Stage, prompt: string): Promise<string> {
	const answer = await fetch(`${simulator.baseUrl}/generateTask/nano-banana`, {
		method: 'POST',
		headers: {
			authorization: `Bearer ${simulator.apiKey}`,
			'content-type': 'application/json',
		},
		body: JSON.stringify({ input: { mode: 'text-to-image', prompt } }),
	});
	const { data } = (await answer.json()) as { data: { taskId: string } };
	simulator.finish(data.taskId);
	return data.taskId;
}

/** Operations on existing tasks, each with the item's `taskId`. */
const ofTask = (operation: string): INode['parameters'] => ({
	resource: 'task',
	operation,
	model: byId('nano-banana'),
	taskId: '={{ $json.taskId }}',
	options: {},
});
const TASK_OPERATIONS = ['get', 'wait', 'download'];

describe('an expression that gives anything at all', () => {
	it.concurrent.each([
		['Prompt', { prompt: oddOr('$json.prompt') }],
		['Model', { model: byId(oddOr("'nano-banana'")) }],
		['Input (JSON)', { specifyInput: 'json', inputJson: oddOr('({})') }],
		['Wait for Result', { completion: oddOr("'auto'") }],
		['Timeout', { options: { ...QUICK, timeout: oddOr('60') } }],
	])('for %s costs nothing but its item', async (_, parameters) => {
		const stage = await openStage();
		const output = await outputOf(stage, parameters, ITEMS);
		// Some odd values are as good as none, and then the default counts.
		const failed = output.flatMap(({ json }, index) => ('error' in json ? [index] : []));
		expect(failed.length).toBeGreaterThanOrEqual(5);
		expect(failed).not.toContain(0);
		expect(failed).not.toContain(LAST);
		expectFailed(output, ITEMS.length, failed);
		expect(stage.simulator.tasks()).toHaveLength(ITEMS.length - failed.length);
	});

	it.concurrent.each(TASK_OPERATIONS)('costs Task: %s nothing but its item', async (operation) => {
		const stage = await openStage();
		const items = await Promise.all(
			ITEMS.map(async (item) => ({ ...item, taskId: await existingTask(stage, item.prompt) })),
		);
		const parameters = { ...ofTask(operation), taskId: oddOr('$json.taskId') };
		const output = await outputOf(stage, parameters, items);
		const failed = ITEMS.map((_, index) => index).slice(1, LAST);
		expectFailed(output, ITEMS.length, failed);
	});
});

const remove = async ({ api, credential }: Stage) =>
	await api.call('DELETE', `/rest/credentials/${credential.id}`);

describe('a credential that was deleted', () => {
	it.concurrent('before the submission is the error of every item', async () => {
		const stage = await openStage();
		await remove(stage);
		const output = await outputOf(stage, {}, numbered(3));
		expectFailed(output, 3, [0, 1, 2]);
		expect(stage.submits).toBe(0);
	});

	it.concurrent.each(TASK_OPERATIONS)('is so for Task: %s', async (operation) => {
		const stage = await openStage();
		const items = numbered(2).map((item) => ({ ...item, taskId: `task-${item.number}` }));
		await remove(stage);
		const output = await outputOf(stage, ofTask(operation), items);
		expectFailed(output, 2, [0, 1]);
	});

	it.concurrent.each(['continueRegularOutput', 'continueErrorOutput', 'stopWorkflow'] as const)(
		'during a pause is an error that names every task (%s)',
		async (onError) => {
			const stage = await openStage(UNTIL_TOLD);
			const items = numbered(2);
			const { executionId } = await pause(stage, { items, parameters: pausing(), onError });
			const taskIds = taskIdsOf(stage, items);
			await remove(stage);
			finishAll(stage);
			const execution = await stage.api.waitForExecution(executionId);
			const { output, error } = runOf(execution);
			if (onError === 'stopWorkflow') {
				expect(execution.status).toBe('error');
				for (const taskId of taskIds) expect(error.description).toContain(taskId);
				return;
			}
			const outputs = execution.runData.APIXO?.at(-1)?.data?.main ?? [];
			const failed = onError === 'continueErrorOutput' ? (outputs[1] ?? []) : output;
			expect(failed).toHaveLength(2);
			for (const [index, { json }] of failed.entries()) {
				expect(json.error).toEqual(expect.any(String));
				expect(JSON.stringify(json)).toContain(taskIds[index]);
			}
			if (onError === 'continueRegularOutput') expectFailed(output, 2, [0, 1]);
		},
	);
});
