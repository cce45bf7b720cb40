import { openEnvelope } from '../api/answers';
import { isObject, MAX_DEPTH, MAX_NAMES, parseJson } from '../api/json';
import { taskAnswerSchema, type TaskAnswer } from '../api/schemas';
import type { Checked } from '../result';

/** APIXO's own are a few kB: the links to some files. */
const MAX_BODY_BYTES = 1_000_000;
/** APIXO's are 37 characters at most; these are kept in memory, logged and put into a database. */
const MAX_TASK_ID_LENGTH = 200;
const MAX_STATE_LENGTH = 100;

/** What n8n knows of an incoming request (`getRequestObject()`). */
export interface CallbackRequest {
	/** What n8n made of the body by its content type; an empty object where it made nothing of it. */
	body: unknown;
	rawBody?: Buffer;
	contentType?: string;
}

/**
 * What a callback says of its task, or a sentence for its sender on what is wrong with it. Reads
 * JSON whatever its content type, and as tolerantly as a status answer.
 */
export function readCallback(request: CallbackRequest): Checked<TaskAnswer> {
	const body = readBody(request);
	if (!body.ok) return body;
	const data = openEnvelope(body.value)?.data;
	if (data === undefined) return refused('The body is not a JSON object');
	const answer = taskAnswerSchema.safeParse(data);
	if (!answer.success) {
		const [field] = answer.error.issues[0].path;
		return refused(
			field === undefined
				? "The body is not a callback of APIXO: its 'data' is not an object"
				: `The body is not a callback of APIXO: '${String(field)}' is missing or not a text`,
		);
	}
	const { taskId, state } = answer.data;
	if (taskId.length > MAX_TASK_ID_LENGTH || state.length > MAX_STATE_LENGTH) {
		return refused(
			`The body is not a callback of APIXO: 'taskId' has more than ${MAX_TASK_ID_LENGTH} characters, or 'state' more than ${MAX_STATE_LENGTH}`,
		);
	}
	return { ok: true, value: answer.data };
}

function readBody({ body, rawBody, contentType }: CallbackRequest): Checked<unknown> {
	const isEmpty = body === undefined || (isObject(body) && Object.keys(body).length === 0);
	if (rawBody === undefined || rawBody.length === 0) {
		return isEmpty ? refused('The body is empty') : { ok: true, value: body };
	}
	if (rawBody.length > MAX_BODY_BYTES) {
		return refused(
			`The body has ${rawBody.length} bytes; a callback of APIXO has ${MAX_BODY_BYTES} at most`,
		);
	}
	const isParsed = contentType === 'application/json' && !isEmpty;
	const parsed = parseJson(rawBody.toString(), isParsed ? body : undefined);
	if (parsed.ok) return parsed;
	if (parsed.error === 'tooDeep') {
		return refused(`The body is nested more than ${MAX_DEPTH} levels deep`);
	}
	if (parsed.error === 'tooManyNames') {
		return refused(`The body has an object of more than ${MAX_NAMES} names`);
	}
	// A form, for example.
	return isEmpty ? refused('The body is not JSON') : { ok: true, value: body };
}

function refused(error: string): Checked<never> {
	return { ok: false, error };
}
