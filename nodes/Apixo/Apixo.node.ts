import {
	NodeConnectionTypes,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
} from 'n8n-workflow';

import { properties, runOperation } from './actions';
import { webhook } from './pause/webhook';
import { getInputFields, getModes, searchModels } from './editor';
import { subtitleExpression } from './editor/subtitle';
import { waitingTooltip } from './editor/waitingTooltip';

export class Apixo implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'APIXO',
		name: 'apixo',
		icon: { light: 'file:apixo.svg', dark: 'file:apixo.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle: subtitleExpression(),
		description: "Generate images, videos and audio with APIXO's AI models",
		defaults: { name: 'APIXO' },
		waitingNodeTooltip: waitingTooltip(),
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		usableAsTool: true,
		credentials: [{ name: 'apixoApi', required: true }],
		webhooks: [
			{
				name: 'default',
				httpMethod: 'POST',
				responseMode: 'onReceived',
				responseData: '',
				// Names the node, so that a late callback resumes no other one of the same execution.
				path: '={{$nodeId}}',
				restartWebhook: true,
			},
		],
		properties,
	};

	methods = {
		listSearch: { searchModels },
		loadOptions: { getModes },
		resourceMapping: { getInputFields },
	};

	/** The webhook only resumes a paused execution: n8n registers and removes nothing for it. */
	webhookMethods = {
		default: {
			checkExists: async () => true,
			create: async () => true,
			delete: async () => true,
		},
	};

	webhook = webhook;

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return [await runOperation(this)];
	}
}
