import {
	NodeConnectionTypes,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
} from 'n8n-workflow';

import { properties, runOperation } from './actions';
import { getInputFields, getModes, searchModels } from './methods';

export class Apixo implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'APIXO',
		name: 'apixo',
		icon: { light: 'file:apixo.svg', dark: 'file:apixo.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle:
			'={{ ["image", "video", "audio"].includes($parameter["resource"]) ? ($parameter["model"]?.cachedResultName || $parameter["model"]?.value || $parameter["resource"]) + ($parameter["mode"] ? ": " + $parameter["mode"] : "") : $parameter["operation"] + ": " + $parameter["resource"] }}',
		description: 'Generate images, videos and audio with the models of APIXO',
		defaults: { name: 'APIXO' },
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		usableAsTool: true,
		credentials: [{ name: 'apixoApi', required: true }],
		properties,
	};

	methods = {
		listSearch: { searchModels },
		loadOptions: { getModes },
		resourceMapping: { getInputFields },
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return [await runOperation(this)];
	}
}
