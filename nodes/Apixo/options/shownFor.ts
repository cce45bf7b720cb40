import type { IDisplayOptions, INodeProperties } from 'n8n-workflow';

/**
 * Shows the properties only under these conditions, beside their own. n8n's `updateDisplayOptions`
 * merges lists, so that a property of one resource would show for all of them, and is slow at first.
 */
export function shownFor(
	show: IDisplayOptions['show'],
	properties: INodeProperties[],
): INodeProperties[] {
	return properties.map((property) => ({
		...property,
		displayOptions: {
			...property.displayOptions,
			show: { ...show, ...property.displayOptions?.show },
		},
	}));
}
