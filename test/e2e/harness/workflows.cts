import { randomUUID } from 'node:crypto';
import type {
	IConnections,
	IDataObject,
	INode,
	INodeExecutionData,
	IPinData,
	IWorkflowSettings,
	NodeConnectionType,
} from 'n8n-workflow';

/** What n8n needs to make a workflow. */
export interface WorkflowDefinition {
	name: string;
	nodes: INode[];
	connections: IConnections;
	settings: IWorkflowSettings;
	pinData: IPinData;
}

/** A credential as nodes refer to it. */
export interface CredentialReference {
	id: string;
	name: string;
}

/** A node, and the items that a manual execution takes for its output instead of running it. */
export type TestNode = Omit<INode, 'position'> & {
	position?: [number, number];
	pinnedItems?: IDataObject[];
};

/** A line in the editor from one node to another; outputs and inputs count from 0. */
export interface Connection {
	from: string;
	to: string;
	output?: number;
	input?: number;
	type?: NodeConnectionType;
}

/** Settings that all nodes have, and what makes one differ from its builder's default. */
export type NodeOptions = Partial<
	Pick<
		TestNode,
		| 'name'
		| 'onError'
		| 'retryOnFail'
		| 'maxTries'
		| 'waitBetweenTries'
		| 'executeOnce'
		| 'alwaysOutputData'
		| 'disabled'
	>
>;

/** Connects nodes one after the other, each one's first output to the next one's first input. */
export function chain(...nodes: Array<{ name: string }>): Connection[] {
	return nodes.slice(1).map((node, index) => ({ from: nodes[index].name, to: node.name }));
}

function toN8nConnections(connections: Connection[]): IConnections {
	const result: IConnections = {};
	for (const { from, to, output = 0, input = 0, type = 'main' } of connections) {
		const outputs = ((result[from] ??= {})[type] ??= []);
		while (outputs.length <= output) outputs.push([]);
		outputs[output]?.push({ node: to, type, index: input });
	}
	return result;
}

/** A workflow of these nodes, by default one after the other. */
export function workflow(options: {
	name: string;
	nodes: TestNode[];
	connections?: Connection[];
	settings?: IWorkflowSettings;
}): WorkflowDefinition {
	const pinned = options.nodes.flatMap(
		({ name, pinnedItems }): Array<[string, INodeExecutionData[]]> =>
			pinnedItems ? [[name, pinnedItems.map((json) => ({ json }))]] : [],
	);
	return {
		name: options.name,
		nodes: options.nodes.map((node, index) => ({
			position: [index * 220, 0],
			...node,
			pinnedItems: undefined,
		})),
		connections: toN8nConnections(options.connections ?? chain(...options.nodes)),
		settings: { executionOrder: 'v1', ...options.settings },
		pinData: Object.fromEntries(pinned),
	};
}

/** A workflow of a trigger and n8n's Loop Over Items: a node for each batch, another one at the end. */
export function loopWorkflow(options: {
	trigger: TestNode;
	batchSize: number;
	body: TestNode;
	done: TestNode;
}): WorkflowDefinition {
	const { trigger, batchSize, body, done } = options;
	const loop = node({
		type: 'n8n-nodes-base.splitInBatches',
		typeVersion: 3,
		name: 'Loop',
		parameters: { batchSize, options: {} },
	});
	return workflow({
		name: 'Loop',
		nodes: [trigger, loop, body, done],
		connections: [
			...chain(trigger, loop, done),
			{ from: loop.name, output: 1, to: body.name },
			{ from: body.name, to: loop.name },
		],
	});
}

/** Any node. */
export function node(
	definition: NodeOptions &
		Pick<TestNode, 'type' | 'name'> &
		Partial<Pick<TestNode, 'typeVersion' | 'parameters' | 'credentials' | 'webhookId'>>,
): TestNode {
	return { id: randomUUID(), typeVersion: 1, parameters: {}, ...definition };
}

/** Starts a manual execution, with these items if any are given. */
export function manualTrigger(options: { name?: string; items?: IDataObject[] } = {}): TestNode {
	const { name = 'Manual Trigger', items } = options;
	return { ...node({ type: 'n8n-nodes-base.manualTrigger', name }), pinnedItems: items };
}

/** Starts an execution when `/webhook/<path>` is called; items are then made by splitOut. */
export function webhookTrigger(options: {
	path: string;
	name?: string;
	responseMode?: 'onReceived' | 'lastNode' | 'responseNode';
}): TestNode {
	return node({
		type: 'n8n-nodes-base.webhook',
		typeVersion: 2,
		name: options.name ?? 'Webhook',
		webhookId: randomUUID(),
		parameters: {
			path: options.path,
			httpMethod: 'POST',
			responseMode: options.responseMode ?? 'onReceived',
			options: {},
		},
	});
}

/** One item for each element of a list, for example of `body.items` behind a webhook. */
export function splitOut(field: string, options: NodeOptions = {}): TestNode {
	return node({
		type: 'n8n-nodes-base.splitOut',
		name: 'Split Out',
		parameters: { fieldToSplitOut: field, options: {} },
		...options,
	});
}

/** Sets string fields, values or expressions (`={{ ... }}`), and keeps nothing else. */
export function editFields(fields: Record<string, string>, options: NodeOptions = {}): TestNode {
	const assignments = Object.entries(fields).map(([name, value]) => ({
		id: randomUUID(),
		name,
		value,
		type: 'string',
	}));
	return node({
		type: 'n8n-nodes-base.set',
		typeVersion: 3.4,
		name: 'Edit Fields',
		parameters: { assignments: { assignments }, options: {} },
		...options,
	});
}

/** Passes on what it gets. */
export function noOp(options: NodeOptions = {}): TestNode {
	return node({ type: 'n8n-nodes-base.noOp', name: 'No Operation', ...options });
}

/** n8n's Wait node. */
export function waitNode(parameters: INode['parameters'], options: NodeOptions = {}): TestNode {
	return node({
		type: 'n8n-nodes-base.wait',
		typeVersion: 1.1,
		name: 'Wait',
		webhookId: randomUUID(),
		parameters,
		...options,
	});
}

/** The APIXO action node. */
export function apixoNode(
	options: NodeOptions & { parameters: INode['parameters']; credential: CredentialReference },
): TestNode {
	const { credential, ...rest } = options;
	return node({
		type: 'n8n-nodes-apixo.apixo',
		name: 'APIXO',
		credentials: { apixoApi: { id: credential.id, name: credential.name } },
		...rest,
	});
}

/** The APIXO Trigger; its address is `/webhook/<webhookId>/<path of the node's webhook>`. */
export function apixoTriggerNode(
	options: NodeOptions & {
		parameters: INode['parameters'];
		credential?: CredentialReference;
		webhookId?: string;
	},
): TestNode {
	const { credential, ...rest } = options;
	return node({
		type: 'n8n-nodes-apixo.apixoTrigger',
		name: 'APIXO Trigger',
		webhookId: randomUUID(),
		...(credential && { credentials: { apixoApi: { id: credential.id, name: credential.name } } }),
		...rest,
	});
}
