import type { INodeProperties } from 'n8n-workflow';

import { findModel } from '../../shared/models/catalogue';

/** The model of a task or for one: from the catalogue, or any ID. */
export function modelParameter(
	description: string,
	value: INodeProperties['default'] = { mode: 'list', value: '' },
): INodeProperties {
	return {
		displayName: 'Model',
		name: 'model',
		type: 'resourceLocator',
		required: true,
		default: value,
		description,
		modes: [
			{
				displayName: 'From List',
				name: 'list',
				type: 'list',
				placeholder: 'Search by name or vendor...',
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

/** A model of the catalogue as the value of the parameter, as the editor stores it. */
export function preselected(modelId: string): INodeProperties['default'] {
	const cachedResultName = findModel(modelId)?.title ?? modelId;
	return { __rl: true, mode: 'list', value: modelId, cachedResultName };
}
