import { z } from 'zod/v4';

import { isTerminal, taskAnswerSchema, type TaskAnswer } from '../api/schemas';
import type { Checked } from '../result';

/** APIXO's own are a few kB: the links to some files. */
const MAX_BODY_LENGTH = 1_000_000;

/** APIXO documents both as strings, and only APIXO has reason to send: no other type passes. */
const callbackSchema = z.object({
	data: taskAnswerSchema.extend({
		taskId: z.string().min(1).max(200),
		state: z.string().min(1).max(100),
	}),
});

/** What a callback says of its task, or a sentence for its sender on what is wrong with it. */
export function readCallback(body: unknown): Checked<TaskAnswer> {
	// What n8n makes of an empty body depends on its content type.
	if (body === undefined || (isObject(body) && Object.keys(body).length === 0)) {
		return { ok: false, error: 'The body is empty' };
	}
	if (!isObject(body)) return { ok: false, error: 'The body is not a JSON object' };
	const length = jsonLength(body);
	if (length > MAX_BODY_LENGTH) {
		return {
			ok: false,
			error: `The body has ${length} characters; a callback of APIXO has ${MAX_BODY_LENGTH} at most`,
		};
	}
	const parsed = callbackSchema.safeParse(body);
	if (parsed.success) return { ok: true, value: parsed.data.data };
	const [issue] = parsed.error.issues;
	return {
		ok: false,
		error: `The body is no callback of APIXO: '${issue.path.join('.')}' is wrong [${issue.message}]`,
	};
}

/** Why a task in this state starts no workflow that asked for these events; undefined if it does. */
export function ignoreReason(state: string, events: readonly string[]): string | undefined {
	if (!isTerminal(state)) return `the state '${state}' is not final`;
	if (!events.includes(state)) return `the event '${state}' is not among those of the trigger`;
	return undefined;
}

/** Infinity where it is nested too deeply to be written again. */
function jsonLength(body: object): number {
	try {
		return JSON.stringify(body).length;
	} catch {
		return Infinity;
	}
}

function isObject(value: unknown): value is object {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}
