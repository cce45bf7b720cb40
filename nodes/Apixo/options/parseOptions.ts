import type { IDataObject } from 'n8n-workflow';
import { z } from 'zod/v4';

import type { Checked } from '../../shared/result';

const LONGEST_SHOWN = 60;

/**
 * Checks the values of an options collection against a schema, and reports the first problem. The
 * schemas of options are `z.lazy`, since it takes zod long to build one, and n8n loads this file at
 * its start, for the node's description.
 */
export function checkOptions<T>(schema: z.ZodType<T>, options: IDataObject): Checked<T> {
	const parsed = schema.safeParse(withoutEmpty(options));
	return parsed.success
		? { ok: true, value: parsed.data }
		: { ok: false, error: parsed.error.issues[0].message };
}

/** Error option of a zod schema: says what the value must be, and what was given instead. */
export const must = (label: string, be: string) => ({
	error: ({ input }: { input?: unknown }) => `'${label}' must be ${be}; ${shown(input)} was given`,
});

/** Expressions give numbers as text, too; other text stays, so that messages can show it. */
export const numeric = <T extends z.ZodType>(schema: T) =>
	z.preprocess((value) => {
		const isNumber = typeof value === 'string' && value.trim() !== '' && !isNaN(Number(value));
		return isNumber ? Number(value) : value;
	}, schema);

/** An expression that yields nothing counts as not set. */
function withoutEmpty(options: IDataObject): IDataObject {
	return Object.fromEntries(
		Object.entries(options).filter(([, value]) => value !== '' && value !== null),
	);
}

function shown(value: unknown): string {
	const isPlain = typeof value !== 'string' && typeof value !== 'object';
	const text = isPlain ? String(value) : JSON.stringify(value);
	return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
}
