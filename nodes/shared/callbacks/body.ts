import { z } from 'zod/v4';

import { taskAnswerSchema, type TaskAnswer } from '../api/schemas';
import { isFinal } from '../tasks/outcome';

export type FinalState = 'success' | 'failed';

export type DeliveryResult = { ok: true; answer: TaskAnswer } | { ok: false; problem: string };

export type Verdict = { fire: FinalState } | { fire: false; reason: string };

/** APIXO's own are a few kB: the links to some files. */
const MAX_DELIVERY_LENGTH = 1_000_000;

/** APIXO documents both as strings, and only APIXO has reason to send: no other type passes. */
const deliverySchema = z.object({
	data: taskAnswerSchema.extend({
		taskId: z.string().min(1).max(200),
		state: z.string().min(1).max(100),
	}),
});

/** Reads the body of a callback. `problem` is a sentence for the sender. */
export function readDelivery(body: unknown): DeliveryResult {
	// What n8n makes of an empty body depends on its content type.
	if (body === undefined || (isObject(body) && Object.keys(body).length === 0)) {
		return { ok: false, problem: 'The body is empty' };
	}
	if (!isObject(body)) return { ok: false, problem: 'The body is not a JSON object' };
	const length = jsonLength(body);
	if (length > MAX_DELIVERY_LENGTH) {
		return {
			ok: false,
			problem: `The body has ${length} characters; a callback of APIXO has ${MAX_DELIVERY_LENGTH} at most`,
		};
	}
	const delivery = deliverySchema.safeParse(body);
	if (delivery.success) return { ok: true, answer: delivery.data.data };
	const [issue] = delivery.error.issues;
	return {
		ok: false,
		problem: `The body is no callback of APIXO: '${issue.path.join('.')}' is wrong [${issue.message}]`,
	};
}

/** Whether a task in this state starts a workflow that asked for these events. */
export function judge(state: string, events: readonly string[]): Verdict {
	if (!isFinal(state)) return { fire: false, reason: `the state '${state}' is not final` };
	if (!events.includes(state)) {
		return { fire: false, reason: `the event '${state}' is not among those of the trigger` };
	}
	return { fire: state };
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
