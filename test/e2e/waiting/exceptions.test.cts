import type { INode } from 'n8n-workflow';
import { jsons, openStage, byId, QUICK } from '../action/support.cts';
import { nodeOutput } from '../harness/executions.cts';
import { type TestNode, chain, manualTrigger, node, workflow } from '../harness/workflows.cts';

/** What the middle one of three items has for a prompt, as the code of a Code node. */
const ODD_VALUES = {
	'a circular object': '(() => { const value = {}; value.self = value; return value; })()',
	'an object that cannot become text': '({ toString: 1, valueOf: 1 })',
	'a list': '["a", "b"]',
};

/** Expressions that throw, or give what is no text, for the middle one of three items. */
const ODD_EXPRESSIONS = {
	'a function': "={{ $json.number === 1 ? 'text'.trim : 'prompt ' + $json.number }}",
	'a symbol': "={{ $json.number === 1 ? Symbol('x') : 'prompt ' + $json.number }}",
	'an unknown node':
		"={{ $json.number === 1 ? $('Nowhere').item.json.x : 'prompt ' + $json.number }}",
	'a missing field of nothing':
		"={{ $json.number === 1 ? $json.none.field : 'prompt ' + $json.number }}",
};

const NUMBERS = [0, 1, 2].map((number) => ({ number }));

describe('Continue On Fail with one item that cannot be read', () => {
	it.concurrent.each(Object.entries(ODD_EXPRESSIONS))(
		'costs the neighbours nothing if its prompt is %s',
		async (_, prompt) => {
			const stage = await openStage();
			const { execution, output } = await stage.run({
				items: NUMBERS,
				onError: 'continueRegularOutput',
				parameters: { prompt },
			});
			expect(execution.status).toBe('success');
			expectOneErrorInTheMiddle(jsons(output));
			expect(stage.submits).toBe(2);
		},
	);

	it.concurrent.each(Object.entries(ODD_VALUES))(
		'costs the neighbours nothing if a node before gives %s',
		async (_, value) => {
			const stage = await openStage();
			const code = node({
				type: 'n8n-nodes-base.code',
				typeVersion: 2,
				name: 'Code',
				parameters: {
					jsCode: `return [0, 1, 2].map((number) => ({ json: { number, prompt: number === 1 ? ${value} : 'prompt ' + number } }));`,
				},
			});
			const apixo = stage.node({ onError: 'continueRegularOutput' });
			const nodes: TestNode[] = [manualTrigger(), code, apixo];
			const execution = await stage.api.runOnce(
				workflow({ name: 'Odd value', nodes, connections: chain(...nodes) }),
			);
			// n8n itself may refuse to pass such a value on; then nothing is submitted for any item.
			if (execution.runData.Code?.at(-1)?.error) {
				expect(stage.submits).toBe(0);
				return;
			}
			expectOneErrorInTheMiddle(jsons(nodeOutput(execution, 'APIXO')));
			expect(stage.submits).toBe(2);
		},
	);

	it.concurrent.each(['get', 'wait', 'download'])(
		'is one error item beside the results of Task: %s',
		async (operation) => {
			const stage = await openStage();
			const { output: made } = await stage.run({ items: [{ prompt: 'a' }, { prompt: 'b' }] });
			const [first, last] = jsons(made);
			const parameters: INode['parameters'] = {
				resource: 'task',
				operation,
				model: byId('nano-banana'),
				taskId: "={{ $json.taskId ?? $('Nowhere').item.json.taskId }}",
				options: operation === 'wait' ? QUICK : {},
			};
			const { execution, output } = await stage.run({
				items: [{ taskId: first.taskId }, { number: 1 }, { taskId: last.taskId }],
				onError: 'continueRegularOutput',
				parameters,
			});
			expect(execution.status).toBe('success');
			expectOneErrorInTheMiddle(jsons(output));
		},
	);
});

function expectOneErrorInTheMiddle(results: Array<Record<string, unknown>>): void {
	expect(results).toHaveLength(3);
	const [first, middle, last] = results;
	for (const result of [first, last]) expect(result).toMatchObject({ state: 'success' });
	expect(middle.error).toEqual(expect.any(String));
	// Not the input, passed on as if it were the result.
	expect(middle).not.toHaveProperty('number');
}
