import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';

import { outputItems, type FileAccess } from '../../../../nodes/Apixo/items/outputItems';
import { readResultFiles } from '../../../../nodes/Apixo/options/resultFiles';
import type { TaskOutput } from '../../../../nodes/shared/tasks/output';

const OUTPUT: TaskOutput = {
	taskId: 't1',
	model: 'nano-banana',
	state: 'success',
	resultUrls: ['https://a.example/1.png', 'https://a.example/2.png'],
	result: { resultUrls: ['https://a.example/1.png', 'https://a.example/2.png'] },
	createTime: 1,
	completeTime: 2,
	costTime: 1,
	reference: 'order 7',
	deliveredBy: 'poll',
};
const { taskId, model, state, resultUrls, reference } = OUTPUT;
const SIMPLE = { taskId, model, state, resultUrls, reference };

async function itemsWith(options: IDataObject, output = OUTPUT) {
	const wanted = readResultFiles(options);
	if (!wanted.ok) throw new Error(wanted.error);
	// Nothing is downloaded, so that neither n8n nor the network has a part in it.
	const items = await outputItems({} as IExecuteFunctions, {} as FileAccess, output, wanted.value);
	return items.ok ? items.value.map(({ json }) => json) : items.error;
}

it.each<[string, IDataObject, unknown]>([
	['all that is known of a task', {}, [OUTPUT]],
	['what identifies a task and its result', { simplify: true }, [SIMPLE]],
	[
		'an item for each file',
		{ simplify: true, outputMode: 'file' },
		resultUrls.map((url) => ({ ...SIMPLE, resultUrls: [url] })),
	],
])('gives %s', async (_what, options, expected) => {
	expect(await itemsWith(options)).toEqual(expected);
});

describe('a task that succeeded without URLs', () => {
	const result = { text: 'la la la' };
	const without: TaskOutput = { ...OUTPUT, resultUrls: [], result };

	it('is an error where its files are wanted, which names the task and shows the result', async () => {
		for (const outputMode of ['task', 'file']) {
			expect(await itemsWith({ downloadResults: true, outputMode }, without)).toEqual({
				explanation: {
					message: 'The task succeeded, but its result names no files to download (task t1)',
					description:
						'The result is {"text":"la la la"}. To get it as data, turn off \'Download Results\', or use resource Task, operation Get',
					task: { taskId, model, state },
				},
			});
		}
	});

	it.each(['task', 'file'])('is one item where they are not wanted: %s', async (outputMode) => {
		expect(await itemsWith({ outputMode }, without)).toEqual([without]);
	});

	it('shows no more than the beginning of a long result', async () => {
		const long = { ...without, result: { text: 'x'.repeat(100_000) } };
		const error = await itemsWith({ downloadResults: true }, long);
		expect(JSON.stringify(error).length).toBeLessThan(2_000);
	});
});
