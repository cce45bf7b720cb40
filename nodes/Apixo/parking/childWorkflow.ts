import type { IExecuteFunctions, INode, IWorkflowBase, IWorkflowSettings } from 'n8n-workflow';

/** What `resource` says of the node's two steps that only the child workflow has: no list offers them. */
export const STEP = { park: 'park', last: 'lastStep' } as const;

const PARK = 'Park';

/**
 * The workflow that parks in place of the user's node. n8n runs a parked node's code no more when a
 * timer wakes it, but hands its input on; so the node stands in a loop, whose next round looks.
 *
 *     Start → Park → (still parked?) ─ no → Last Step
 *               ↑                    └ yes ┐
 *               └──────────────────────────┘
 */
export function childWorkflow(context: IExecuteFunctions, keepsFiles: boolean): IWorkflowBase {
	const { type, typeVersion, credentials } = context.getNode();
	const own = (name: string, resource: string): INode => ({
		...place(name),
		type,
		typeVersion,
		credentials,
		parameters: { resource },
	});
	const nodes: INode[] = [
		{
			...place('Start'),
			type: 'n8n-nodes-base.executeWorkflowTrigger',
			typeVersion: 1.1,
			parameters: { inputSource: 'passthrough' },
		},
		own(PARK, STEP.park),
		{
			...place('Still Parked?'),
			type: 'n8n-nodes-base.if',
			typeVersion: 2.2,
			parameters: {
				conditions: {
					options: { caseSensitive: true, leftValue: '', typeValidation: 'strict', version: 2 },
					conditions: [
						{
							id: 'next',
							leftValue: '={{ $json.next }}',
							rightValue: 'look',
							operator: { type: 'string', operation: 'equals' },
						},
					],
					combinator: 'and',
				},
				options: {},
			},
		},
		own('Last Step', STEP.last),
	];
	const to = (node: string) => [{ node, type: 'main' as const, index: 0 }];
	return {
		name: `${context.getNode().name}: waiting for APIXO`,
		active: false,
		nodes,
		connections: {
			Start: { main: [to(PARK)] },
			[PARK]: { main: [to('Still Parked?')] },
			'Still Parked?': { main: [to(PARK), to('Last Step')] },
		},
		settings: childSettings(context.getWorkflowSettings(), keepsFiles),
	} as unknown as IWorkflowBase;
}

function place(name: string): Pick<INode, 'id' | 'name' | 'position'> {
	return { id: name.toLowerCase().replace(/\W+/g, '-'), name, position: [0, 0] };
}

/**
 * The child is kept as long as the user's executions are. Where they are not kept, it is all the
 * same if it holds files: they would be deleted with it while the parent still needs them.
 */
function childSettings(parent: IWorkflowSettings, keepsFiles: boolean): IWorkflowSettings {
	return {
		executionOrder: 'v1',
		timezone: parent.timezone,
		binaryMode: parent.binaryMode,
		credentialResolverId: parent.credentialResolverId,
		redactionPolicy: parent.redactionPolicy,
		saveDataErrorExecution: parent.saveDataErrorExecution,
		saveDataSuccessExecution: keepsFiles ? 'all' : parent.saveDataSuccessExecution,
		saveManualExecutions: parent.saveManualExecutions,
		executionTimeout: -1,
	};
}
