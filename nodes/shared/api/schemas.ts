// Schemas are `z.lazy`: it takes zod long to build one, and n8n loads this file at its start.
import { z } from 'zod/v4';

/** Missing where it is null or of another type: one odd field must not cost a paid result. */
const lenient = <T extends z.ZodType>(schema: T) =>
	z.preprocess((value) => value ?? undefined, schema.optional()).catch(undefined);

const text = z.lazy(() => z.union([z.string(), z.number(), z.boolean()]).transform(String));

/** Text as it is; of an object its `code` or `message`, where it has one; else its JSON. */
const words = (key: 'code' | 'message') =>
	lenient(z.unknown().transform((value) => wordsOf(value, key)));

/** Of a list of reasons; a message has room for no more. */
const MAX_REASONS = 10;

function wordsOf(value: unknown, key: 'code' | 'message'): string | undefined {
	if (typeof value !== 'object' || value === null) return text.safeParse(value).data;
	if (Array.isArray(value)) {
		const reasons = value.slice(0, MAX_REASONS);
		return reasons.map((entry) => wordsOf(entry, key) ?? '').join(', ') || undefined;
	}
	const inner = text.safeParse((value as Record<string, unknown>)[key]);
	if (inner.success) return inner.data;
	return Object.keys(value).length > 0 ? JSON.stringify(value) : undefined;
}

const number = z.lazy(() =>
	z.union([
		z.number(),
		z
			.string()
			.trim()
			.regex(/^-?\d+(\.\d+)?$/)
			.transform(Number),
	]),
);

/** The latest that `Date` knows (ECMAScript, "Time Values and Time Range"). */
const MAX_DATE_MS = 8.64e15;
const unixMs = z.lazy(() => number.refine((ms) => ms >= 0 && ms <= MAX_DATE_MS));

/** `{ code, message, data }`, of which answers were seen without one or the other. */
export const envelopeSchema = z.lazy(() =>
	z.looseObject({
		code: lenient(number),
		message: words('message'),
		data: z.unknown(),
	}),
);

/** An id is opaque; one beyond 2^53 arrives as text (see `parseJson`). */
const taskIdSchema = z.lazy(() => z.union([z.string().min(1), z.number().transform(String)]));

/** What says which task it is about. */
export const namesTaskSchema = z.lazy(() => z.looseObject({ taskId: taskIdSchema }));

/** `data` of an accepted submission. The newest audio models add fields beside `taskId`. */
export const submittedSchema = z.lazy(() =>
	z.looseObject({ taskId: taskIdSchema, state: lenient(text) }),
);

/** `data` of a callback. */
export const taskAnswerSchema = z.lazy(() =>
	z.object({
		taskId: taskIdSchema,
		state: text,
		resultJson: z.unknown(),
		failCode: words('code'),
		failMsg: words('message'),
		createTime: lenient(unixMs),
		completeTime: lenient(unixMs),
		costTime: lenient(unixMs),
	}),
);

/** `data` of a status answer: the id may be missing, as it was asked for. */
export const statusSchema = z.lazy(() => taskAnswerSchema.unwrap().partial({ taskId: true }));

/** What APIXO says of a task, by status answer or callback. Times are Unix ms, `costTime` ms. */
export type TaskAnswer = z.infer<typeof taskAnswerSchema>;

const TERMINAL_STATES = ['success', 'failed'] as const;

export type TerminalState = (typeof TERMINAL_STATES)[number];

/** In every other state, whether APIXO documents it or not, the task is under way. */
export function isTerminal(state: string): state is TerminalState {
	return TERMINAL_STATES.some((terminal) => terminal === state);
}

/** `data` of current-balance: the balance in USD. */
export const balanceSchema = number;

/** Where an error says more than its message. `error` is text, or an object with message and code. */
export const errorDetailSchema = z.lazy(() =>
	z
		.looseObject({ error: z.unknown(), failCode: words('code'), failMsg: words('message') })
		.transform(({ error, failCode, failMsg }) => ({
			error: wordsOf(error, 'message'),
			failCode: failCode ?? z.object({ code: text }).safeParse(error).data?.code,
			failMsg,
		})),
);
