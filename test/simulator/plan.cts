import { z } from 'zod/v4';

const notNegative = z.number().min(0);
const count = z.number().int().min(0);
const httpStatus = z.number().int().min(200).max(599);

/**
 * What can go wrong with one request. `http`, `code`, `garbage` and `silence` come instead of the
 * work, or, with `afterAccept`, after it. All seconds are real ones.
 */
export const faultSchema = z.discriminatedUnion('kind', [
	z.strictObject({
		kind: z.literal('http'),
		status: httpStatus,
		/** A string is sent as it is, anything else as JSON; unset: an error envelope. */
		body: z.unknown().optional(),
		contentType: z.string().optional(),
		retryAfterSeconds: notNegative.optional(),
		/** Retry-After as an HTTP date instead of seconds. */
		retryAfterDate: z.boolean().optional(),
		afterAccept: z.boolean().optional(),
	}),
	/** HTTP 200 whose envelope carries another code. */
	z.strictObject({
		kind: z.literal('code'),
		code: z.number().int(),
		message: z.string().optional(),
		data: z.unknown().optional(),
		afterAccept: z.boolean().optional(),
	}),
	/** The socket is destroyed before anything is done. */
	z.strictObject({ kind: z.literal('drop') }),
	/** The work is done and the socket destroyed; a file is cut off half way. */
	z.strictObject({ kind: z.literal('dropAfterAccept') }),
	/** The answer's body comes in small pieces over that many seconds. */
	z.strictObject({ kind: z.literal('slow'), seconds: notNegative }),
	/**
	 * The headers come at once, then the body a byte each that many seconds. Spaces follow the
	 * answer, so that the body never ends while the client reads.
	 */
	z.strictObject({ kind: z.literal('drip'), seconds: notNegative }),
	/** The work is done, the answer is held back for that many seconds. */
	z.strictObject({ kind: z.literal('hang'), seconds: notNegative }),
	/** No answer, on an open connection. */
	z.strictObject({ kind: z.literal('silence'), afterAccept: z.boolean().optional() }),
	/** HTML, by default with status 200. */
	z.strictObject({
		kind: z.literal('garbage'),
		status: httpStatus.optional(),
		afterAccept: z.boolean().optional(),
	}),
	z.strictObject({ kind: z.literal('ok') }),
]);
export type Fault = z.infer<typeof faultSchema>;

/** What is to happen to a task. Whatever is left out has a usual value. */
export const taskPlanSchema = z.strictObject({
	/** Simulated seconds from submit to final. */
	seconds: notNegative.optional(),
	/** `never` stays in its last state for good. */
	outcome: z.enum(['success', 'failed', 'never']).optional(),
	failCode: z.string().optional(),
	failMsg: z.string().optional(),
	/** The states on the way, each for an equal share of the time. */
	states: z.array(z.string()).min(1).optional(),
	files: count.optional(),
	fileBytes: count.optional(),
	fileType: z.enum(['png', 'jpeg', 'webp', 'mp4', 'mp3']).optional(),
	/** Simulated seconds from the end of the task to the end of its files. */
	fileTtlSeconds: notNegative.optional(),
	expiredFileStatus: z.union([z.literal(403), z.literal(404)]).optional(),
	/** Instead of `{ resultUrls }`; a string is sent as it is. */
	resultJson: z.unknown().optional(),
	/** `object`: sent as an object, not as a string of JSON; `invalid`: a string cut short. */
	resultAs: z.enum(['string', 'object', 'invalid']).optional(),
	/** Fields left out of the task's data, e.g. `costTime`. */
	omit: z.array(z.string()).optional(),
	/** Further fields in the data of the submit answer. */
	submitExtra: z.record(z.string(), z.unknown()).optional(),
	/** One for each submit request, in order; afterwards none. */
	submitFaults: z.array(faultSchema).optional(),
	/** One for each status request of the task, in order; afterwards none. */
	statusFaults: z.array(faultSchema).optional(),
	callback: z
		.strictObject({
			/** How many copies are sent each time. */
			times: z.number().int().min(1).optional(),
			/** All copies at the same moment. */
			atOnce: z.boolean().optional(),
			never: z.boolean().optional(),
			/** Simulated seconds from the end of the task to its first callback. */
			delaySeconds: notNegative.optional(),
			/** Instead of the documented payload; a string is sent as it is. */
			body: z.unknown().optional(),
		})
		.optional(),
});
export type TaskPlan = z.infer<typeof taskPlanSchema>;

/** Which submits a plan is for; all conditions hold together. */
export const planMatchSchema = z.strictObject({
	model: z.string().optional(),
	promptIncludes: z.string().optional(),
	/** Only the n-th task (from 1) made of the matching submits since the plan was given. */
	nth: z.number().int().min(1).optional(),
});
export type PlanMatch = z.infer<typeof planMatchSchema>;

/** Lays plans over one another, the later ones on top. */
export function mergePlans(...plans: TaskPlan[]): TaskPlan {
	const callbacks = plans.flatMap((plan) => (plan.callback ? [plan.callback] : []));
	return {
		...Object.assign({}, ...plans),
		...(callbacks.length > 0 && { callback: Object.assign({}, ...callbacks) }),
	};
}

/**
 * The plan that a request itself carries: prompt directives like `[[seconds=20 outcome=failed]]`,
 * over them the object `input.simulate`. Throws a ZodError when it is no plan.
 */
export function planInInput(input: Record<string, unknown>): TaskPlan {
	const directives = typeof input.prompt === 'string' ? directivesIn(input.prompt) : {};
	return mergePlans(taskPlanSchema.parse(directives), taskPlanSchema.parse(input.simulate ?? {}));
}

const DIRECTIVE = /([\w.]+)=("[^"]*"|[^\s\]]+)/g;
const LISTS = ['states', 'omit', 'submitFaults', 'statusFaults'];

function directivesIn(prompt: string): Record<string, unknown> {
	const plan: Record<string, unknown> = {};
	for (const [, group] of prompt.matchAll(/\[\[(.*?)\]\]/gs)) {
		for (const [, name, raw] of group.matchAll(DIRECTIVE)) {
			if (name.startsWith('callback.')) {
				const callback = { ...(plan.callback as object | undefined) };
				plan.callback = { ...callback, [name.slice('callback.'.length)]: scalar(raw) };
			} else {
				plan[name] = LISTS.includes(name) ? list(name, raw) : scalar(raw);
			}
		}
	}
	return plan;
}

function list(name: string, raw: string): unknown[] {
	const parts = raw.replaceAll('"', '').split(',');
	return name.endsWith('Faults') ? parts.map(faultInWords) : parts;
}

/** A fault as its kind and its one number: `http:503`, `garbage:502`, `code:402`, `slow:2`, `drop`. */
export type FaultWords = Fault['kind'] | `${Fault['kind']}:${number}`;

/** Reads a fault; throws a ZodError when it is none. */
export function readFault(fault: Fault | FaultWords): Fault {
	return faultSchema.parse(typeof fault === 'string' ? faultInWords(fault) : fault);
}

function faultInWords(words: string): object {
	const [kind, number] = words.split(':');
	const names: Record<string, string> = { http: 'status', garbage: 'status', code: 'code' };
	return number === undefined ? { kind } : { kind, [names[kind] ?? 'seconds']: Number(number) };
}

function scalar(raw: string): string | number | boolean {
	if (raw.startsWith('"')) return raw.slice(1, -1);
	if (raw === 'true' || raw === 'false') return raw === 'true';
	return raw.trim() !== '' && Number.isFinite(Number(raw)) ? Number(raw) : raw;
}
