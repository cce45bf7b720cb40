import type { Task } from './tasks.cts';

/** A body whose length is known before it is made. */
export interface Body {
	length: number;
	/** The content in pieces of at most that many bytes. */
	pieces(pieceBytes: number): Iterable<Buffer>;
}

/** An HTTP answer, not yet sent. */
export interface Answer {
	status: number;
	headers: Record<string, string>;
	body: Body;
}

/**
 * How the `data` of an error envelope looks: as APIXO's pages show it for that error, or one way
 * for all: no such key, `null`, or an object with the `error`.
 */
export type ErrorData = 'documented' | 'missing' | 'null' | 'detail';

/** An error that APIXO would answer with; `data` as documented for it. */
export class ApiError extends Error {
	constructor(
		readonly status: number,
		message: string,
		readonly data?: { error: string } | null,
		readonly headers: Record<string, string> = {},
	) {
		super(message);
	}
}

/** A 400 that names what is wrong with the request. */
export function invalidRequest(detail: string): ApiError {
	return new ApiError(400, 'Invalid request', { error: detail });
}

export function textAnswer(
	status: number,
	text: string,
	contentType: string,
	headers: Record<string, string> = {},
): Answer {
	const content = Buffer.from(text);
	return {
		status,
		headers: { 'content-type': contentType, ...headers },
		body: {
			length: content.length,
			*pieces(pieceBytes) {
				for (let start = 0; start < content.length; start += pieceBytes) {
					yield content.subarray(start, start + pieceBytes);
				}
			},
		},
	};
}

export function jsonAnswer(
	status: number,
	value: unknown,
	headers: Record<string, string> = {},
): Answer {
	return textAnswer(status, JSON.stringify(value), 'application/json; charset=utf-8', headers);
}

/** The envelope of whatever went well. */
export function success(data: unknown): Answer {
	return jsonAnswer(200, successEnvelope(data));
}

function successEnvelope(data: unknown): object {
	return { code: 200, message: 'success', data };
}

export function errorAnswer(error: ApiError, errorData: ErrorData): Answer {
	const data = {
		documented: error.data,
		missing: undefined,
		null: null,
		detail: error.data ?? { error: error.message },
	}[errorData];
	return jsonAnswer(
		error.status,
		{ code: error.status, message: error.message, data },
		error.headers,
	);
}

/** What the status call answers and a callback carries. `state` is the one to show now. */
export function statusEnvelope(task: Task, state: string, serverUrl: string): object {
	const data: Record<string, unknown> = {
		taskId: task.taskId,
		state,
		createTime: task.createTimeMs,
	};
	if (task.final) {
		data.completeTime = task.final.completeTimeMs;
		if (task.final.state === 'success') {
			data.costTime = task.final.completeTimeMs - task.createTimeMs;
			data.resultJson = resultJson(task, serverUrl);
		} else {
			data.failCode = task.plan.failCode ?? 'GENERATION_FAILED';
			data.failMsg = task.plan.failMsg ?? 'The generation failed.';
		}
	}
	for (const field of task.plan.omit ?? []) delete data[field];
	return successEnvelope(data);
}

/** The URLs of a task's files. */
export function resultUrls(task: Task, serverUrl: string): string[] {
	const { files, fileType } = task.plan;
	return Array.from(
		{ length: files },
		(_, index) => `${serverUrl}/files/${task.taskId}/${index + 1}.${fileType}`,
	);
}

function resultJson(task: Task, serverUrl: string): unknown {
	const { resultJson: planned, resultAs } = task.plan;
	const result = planned ?? { resultUrls: resultUrls(task, serverUrl) };
	if (resultAs === 'object') return result;
	const text = typeof result === 'string' ? result : JSON.stringify(result);
	return resultAs === 'invalid' ? text.slice(0, Math.ceil(text.length / 2)) : text;
}
