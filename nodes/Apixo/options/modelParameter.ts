import type { INodeProperties } from 'n8n-workflow';

/** The model of a task or for one: from the catalogue, or any ID. */
export function modelParameter(description: string): INodeProperties {
	return {
		displayName: 'Model',
		name: 'model',
		type: 'resourceLocator',
		required: true,
		default: { mode: 'list', value: '' },
		description,
		modes: [
			{
				displayName: 'From List',
				name: 'list',
				type: 'list',
				placeholder: 'Choose a model...',
				typeOptions: { searchListMethod: 'searchModels', searchable: true },
			},
			{
				displayName: 'By ID',
				name: 'id',
				type: 'string',
				placeholder: 'e.g. nano-banana',
				hint: 'IDs are case-sensitive',
			},
		],
	};
}
