import type { INodeProperties } from 'n8n-workflow';

/** Compares options by displayed name. Not by `localeCompare`, whose first call is slow. */
export const byDisplayName = (one: INodeProperties, other: INodeProperties): number =>
	one.displayName < other.displayName ? -1 : 1;
