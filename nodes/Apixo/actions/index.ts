import {
	NodeOperationError,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeProperties,
	type INodePropertyOptions,
} from 'n8n-workflow';

import { CATEGORIES } from '../../shared/models/categories';
import { removeRetryGuard, runIndexOf } from '../../shared/n8n/executionData';
import { failRun } from '../items/failRun';
import { addResultHint } from '../items/resultHint';
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

interface Resource {
	name: string;
	value: string;
	operations: Operation[];
}

/** Every resource with its operations, sorted by name, as n8n wants options. */
const RESOURCES: Resource[] = [
	{ name: 'Account', value: 'account', operations: [getBalance] },
	{ name: 'Model', value: 'model', operations: [getAll] },
	{ name: 'Task', value: 'task', operations: [get, wait, download] },
	...CATEGORIES.map(({ name, value, article }) => {
		const operation = { ...generate.operation, action: `Generate ${article}` };
		return { name, value, operations: [{ ...generate, operation }] };
	}),
].sort((a, b) => (a.name < b.name ? -1 : 1));

/** n8n's lint rules judge only properties whose options are written out. */
const operationProperty: INodeProperties = {
	displayName: 'Operation',
	name: 'operation',
	type: 'options',
	noDataExpression: true,
	options: [generate.operation],
	default: 'generate',
};

function operationSelector({ value, operations }: Resource): INodeProperties {
	const options = operations.map(({ operation }) => operation);
	const displayOptions = { show: { resource: [value] } };
	return { ...operationProperty, displayOptions, options, default: options[0].value };
}

/** The node's parameters. */
export const properties: INodeProperties[] = [
	{
		displayName: 'Resource',
		name: 'resource',
		type: 'options',
		noDataExpression: true,
		options: RESOURCES.map(({ name, value }) => ({ name, value })),
		default: 'image',
	},
	...RESOURCES.map(operationSelector),
	...[getBalance, generate, getAll, get, wait, download].flatMap(({ description }) => description),
];

/**
 * Hands over to the chosen operation.
 * @throws NodeOperationError where there is no such resource or operation
 */
export async function runOperation(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	removeRetryGuard(context);
	const work = async () => await chosenOperation(context).execute.call(context);
	const items = await work().catch((error: unknown) =>
		failRun(context, error, tasksOf(context, runIndexOf(context))),
	);
	await addResultHint(context, items);
	return items;
}

function chosenOperation(context: IExecuteFunctions): Operation {
	const resource = String(context.getNodeParameter('resource', 0));
	const name = String(context.getNodeParameter('operation', 0, ''));
	const operations = RESOURCES.find(({ value }) => value === resource)?.operations;
	const chosen = operations?.find(({ operation }) => operation.value === name);
	if (chosen) return chosen;
	const known = operations
		? `operation '${name}' for resource '${resource}'. Available operations: ${operations.map(({ operation }) => operation.value).join(', ')}`
		: `resource '${resource}'. Available resources: ${RESOURCES.map(({ value }) => value).join(', ')}`;
	throw new NodeOperationError(context.getNode(), `The APIXO node has no ${known}`, {
		description: "Choose 'Resource' and 'Operation' from the lists of the node",
	});
}
