import {
	NodeOperationError,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeProperties,
	type INodePropertyOptions,
} from 'n8n-workflow';

import { removeRetryGuard } from '../../shared/n8n/executionData';
import { failRun } from '../items/failRun';
import { tasksOf } from '../memory/stateStore';
import * as getBalance from './account/getBalance.operation';
import * as generate from './generate/generate.operation';
import * as getAll from './model/getAll.operation';
import * as download from './task/download.operation';
import * as get from './task/get.operation';
import * as wait from './task/wait.operation';

interface Operation {
	operation: INodePropertyOptions;
	description: INodeProperties[];
	execute(this: IExecuteFunctions): Promise<INodeExecutionData[]>;
}

const OPERATIONS: Record<string, Operation[]> = {
	account: [getBalance],
	audio: [generate],
	image: [generate],
	model: [getAll],
	task: [get, wait, download],
	video: [generate],
};

const ARTICLE: Record<string, string> = { audio: 'audio', image: 'an image', video: 'a video' };

const operationProperty: INodeProperties = {
	displayName: 'Operation',
	name: 'operation',
	type: 'options',
	noDataExpression: true,
	options: [generate.operation],
	default: 'generate',
};

function operationSelector(resource: string): INodeProperties {
	const operations = OPERATIONS[resource].map(({ operation }) => ({
		...operation,
		action: operation.value === 'generate' ? `Generate ${ARTICLE[resource]}` : operation.action,
	}));
	return {
		...operationProperty,
		displayOptions: { show: { resource: [resource] } },
		options: operations,
		default: operations[0].value,
	};
}

/** The node's parameters. */
export const properties: INodeProperties[] = [
	{
		displayName: 'Resource',
		name: 'resource',
		type: 'options',
		noDataExpression: true,
		options: [
			{ name: 'Account', value: 'account' },
			{ name: 'Audio', value: 'audio' },
			{ name: 'Image', value: 'image' },
			{ name: 'Model', value: 'model' },
			{ name: 'Task', value: 'task' },
			{ name: 'Video', value: 'video' },
		],
		default: 'image',
	},
	...Object.keys(OPERATIONS).map(operationSelector),
	...[...new Set(Object.values(OPERATIONS).flat())].flatMap(({ description }) => description),
];

/**
 * Hands over to the chosen operation.
 * @throws NodeOperationError where there is no such resource or operation
 */
export async function runOperation(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	removeRetryGuard(context);
	const work = async () => await chosenOperation(context).execute.call(context);
	return await work().catch((error: unknown) => failRun(context, error, tasksOf(context)));
}

function chosenOperation(context: IExecuteFunctions): Operation {
	const resource = String(context.getNodeParameter('resource', 0));
	const name = String(context.getNodeParameter('operation', 0, ''));
	const chosen = OPERATIONS[resource]?.find(({ operation }) => operation.value === name);
	if (chosen) return chosen;
	const known = OPERATIONS[resource]
		? `operation '${name}' of resource '${resource}'; there is ${OPERATIONS[resource].map(({ operation }) => operation.value).join(', ')}`
		: `resource '${resource}'; there is ${Object.keys(OPERATIONS).join(', ')}`;
	throw new NodeOperationError(context.getNode(), `APIXO has no ${known}`, {
		description: "Choose 'Resource' and 'Operation' from the lists of the node",
	});
}
