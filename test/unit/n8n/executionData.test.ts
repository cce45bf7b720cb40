import type { IExecuteFunctions, IWebhookFunctions } from 'n8n-workflow';

import { isCalledByAgent, nodeContextOf } from '../../../nodes/shared/n8n/executionData';

describe('whether an agent calls the node inside its own run', () => {
	const cases: Array<[string, { tells?: boolean; type: string }, boolean]> = [
		['n8n says so', { tells: true, type: 'n8n-nodes-apixo.apixoTool' }, true],
		['n8n runs the tool as a node', { tells: false, type: 'n8n-nodes-apixo.apixoTool' }, false],
		['n8n before 2.2, a tool', { type: 'n8n-nodes-apixo.apixoTool' }, true],
		['n8n before 2.2, a node', { type: 'n8n-nodes-apixo.apixo' }, false],
	];

	it.each(cases)('%s', (_name, { tells, type }, expected) => {
		const context = {
			getNode: () => ({ type }),
			...(tells !== undefined && { isToolExecution: () => tells }),
		} as unknown as IExecuteFunctions;

		expect(isCalledByAgent(context)).toBe(expected);
	});
});

describe('what a paused node has stored', () => {
	it.each(['APIXO', 'a\u2028b', 'toString', '__proto__', 'it\'s ${1} \\ "quoted"'])(
		'is found under the name %j, and under no other',
		(name) => {
			const stored = { apixoPause: 1 };
			const contextOf = (nodeName: string) =>
				({
					getNode: () => ({ name: nodeName }),
					runExecutionData: { executionData: { contextData: { [`node:${name}`]: stored } } },
				}) as unknown as IWebhookFunctions;

			expect(nodeContextOf(contextOf(name))).toBe(stored);
			expect(nodeContextOf(contextOf(`${name} 2`))).toEqual({});
		},
	);
});
