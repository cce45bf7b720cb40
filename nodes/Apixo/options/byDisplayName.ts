import type { INodeProperties } from 'n8n-workflow';

/** For `sort`: options in the order in which a user looks for them. `localeCompare` is slow at first. */
export const byDisplayName = (one: INodeProperties, other: INodeProperties): number =>
	one.displayName < other.displayName ? -1 : 1;
