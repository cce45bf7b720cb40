import { z } from 'zod/v4';

/** null means the same as a missing field. */
const absent = <T extends z.ZodType>(schema: T) =>
	z.preprocess((value) => value ?? undefined, schema.optional());

const text = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const unixMs = z.union([
	z.number(),
	z
		.string()
		.trim()
		.regex(/^\d+(\.\d+)?$/)
		.transform(Number),
]);

/** A field of the wrong type is dropped: one odd figure must not cost a paid result. */
const lenient = <T extends z.ZodType>(schema: T) => absent(schema).catch(undefined);

/** `{ code, message, data }`; one page abbreviates it to `{ data }`. */
export const envelopeSchema = z.looseObject({
	code: lenient(z.coerce.number()),
	message: lenient(text),
	data: z.unknown(),
});

const taskIdSchema = z.union([z.string().min(1), z.number().transform(String)]);

/** `data` of an accepted submission. The newest audio models add fields beside `taskId`. */
export const submittedSchema = z.looseObject({ taskId: taskIdSchema, state: lenient(text) });

/** `data` of a status answer and of a callback. */
export const taskAnswerSchema = z.object({
	taskId: taskIdSchema,
	state: text,
	resultJson: z.unknown(),
	failCode: lenient(text),
	failMsg: lenient(text),
	createTime: lenient(unixMs),
	completeTime: lenient(unixMs),
	costTime: lenient(unixMs),
});

/** Only these two are terminal; every other state, named or not, means: the task is under way. */
export function isTerminal(state: string): state is 'success' | 'failed' {
	return state === 'success' || state === 'failed';
}

/** What APIXO says of a task, by status answer or callback. Times are Unix ms, `costTime` ms. */
export type TaskAnswer = z.infer<typeof taskAnswerSchema>;

/** `data` of current-balance: the balance in USD. */
export const balanceSchema = z.union([
	z.number(),
	z
		.string()
		.trim()
		.regex(/^-?\d+(\.\d+)?$/)
		.transform(Number),
]);

/** Where an error says more than its message. */
export const errorDetailSchema = z.looseObject({
	error: lenient(text),
	failCode: lenient(text),
	failMsg: lenient(text),
});
