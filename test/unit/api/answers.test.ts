import { z } from 'zod/v4';

import { readAnswer, retryAfterMs, saysLowBalance } from '../../../nodes/shared/api/answers';
import type { Answer, ApiFailure } from '../../../nodes/shared/api/failure';
import {
	balanceSchema,
	submittedSchema,
	taskAnswerSchema,
} from '../../../nodes/shared/api/schemas';
import type { HttpResponse } from '../../../nodes/shared/api/transport';
import { http, success } from '../support/fakeTransport';

const NOW_MS = Date.UTC(2026, 2, 1, 12, 0, 0);

const read = <T>(response: HttpResponse, schema: z.ZodType<T>) =>
	readAnswer(response, schema, NOW_MS);

function failureOf(response: HttpResponse): ApiFailure {
	const answer: Answer<unknown> = read(response, submittedSchema);
	if (answer.ok) throw new Error(`It was read as ${JSON.stringify(answer.value)}`);
	return answer.error;
}

describe('what went well', () => {
	it.each([
		['as documented', success({ taskId: 'task_1' }), { taskId: 'task_1' }],
		['with data only', http(200, { data: { taskId: 'task_1' } }), { taskId: 'task_1' }],
		[
			'with the code as text',
			http(200, { code: '200', data: { taskId: 'task_1' } }),
			{ taskId: 'task_1' },
		],
		[
			'with HTTP 201',
			http(201, { code: 200, message: 'success', data: { taskId: 'task_1' } }),
			{ taskId: 'task_1' },
		],
		['with a number as id', success({ taskId: 17 }), { taskId: '17' }],
		[
			'with more fields, as the audio models send them',
			success({ taskId: 't', state: 'processing', voice_id: 'v', voice_type: 'preparing' }),
			{ taskId: 't', state: 'processing', voice_id: 'v', voice_type: 'preparing' },
		],
		['with an odd state', success({ taskId: 't', state: {} }), { taskId: 't', state: undefined }],
		[
			'with unknown fields in the envelope',
			http(200, { code: 200, message: 'success', data: { taskId: 't' }, requestId: 9 }),
			{ taskId: 't' },
		],
		[
			'with a message of the wrong type',
			http(200, { code: 200, message: { text: 'success' }, data: { taskId: 't' } }),
			{ taskId: 't' },
		],
	])('%s', (_, response, data) => {
		expect(read(response, submittedSchema)).toEqual({ ok: true, value: data });
	});

	it.each([
		[74.87, 74.87],
		[0, 0],
		[-0.5, -0.5],
		['74.87', 74.87],
	])('a balance of %j', (data, balance) => {
		expect(read(success(data), balanceSchema)).toEqual({ ok: true, value: balance });
	});

	it('a failed task is an answer, not a failure', () => {
		const data = { taskId: 't', state: 'failed', failCode: 'NSFW', failMsg: 'No', createTime: 1 };
		expect(read(success(data), taskAnswerSchema)).toEqual({ ok: true, value: data });
	});

	it.each([
		['null in fields', { failCode: null, failMsg: null, costTime: null, resultJson: null }],
		['fields of the wrong type', { createTime: 'yesterday', costTime: {}, failMsg: ['x'] }],
	])('a task with %s keeps its state', (_, odd) => {
		const answer = read(success({ taskId: 't', state: 'success', ...odd }), taskAnswerSchema);
		expect(answer).toMatchObject({ ok: true, value: { taskId: 't', state: 'success' } });
		const { resultJson, ...fields } = answer.ok ? answer.value : { resultJson: undefined };
		expect(resultJson ?? undefined).toBeUndefined();
		expect(Object.values(fields).filter((value) => value !== undefined)).toEqual(['t', 'success']);
	});

	it('times may come as text', () => {
		const data = { taskId: 't', state: 'success', createTime: '1700000000000', costTime: ' 20 ' };
		expect(read(success(data), taskAnswerSchema)).toMatchObject({
			value: { createTime: 1_700_000_000_000, costTime: 20 },
		});
	});
});

describe('errors, however APIXO wraps them', () => {
	it.each<[string, HttpResponse, Partial<ApiFailure>]>([
		[
			'no data',
			http(401, { code: 401, message: 'Invalid API key' }),
			{ kind: 'unauthorized', status: 401, message: 'Invalid API key' },
		],
		[
			'null data',
			http(400, { code: 400, message: 'Invalid request', data: null }),
			{ kind: 'invalidRequest', status: 400, message: 'Invalid request' },
		],
		[
			'a detail',
			http(400, {
				code: 400,
				message: 'Invalid request',
				data: { error: 'Missing required field: input.prompt' },
			}),
			{
				kind: 'invalidRequest',
				message: 'Invalid request: Missing required field: input.prompt',
			},
		],
		[
			'a detail that only repeats the message',
			http(400, { code: 400, message: 'Bad', data: { error: 'Bad' } }),
			{ message: 'Bad' },
		],
		[
			'a fail code at once',
			http(403, {
				code: 403,
				message: 'Forbidden',
				data: { failCode: 'NSFW', failMsg: 'Not allowed' },
			}),
			{ kind: 'forbidden', failCode: 'NSFW', message: 'Forbidden: Not allowed: NSFW' },
		],
		[
			'another code in HTTP 200',
			http(200, { code: 404, message: 'Model not found', data: null }),
			{ kind: 'notFound', status: 404, message: 'Model not found' },
		],
		[
			'a code as text in HTTP 200',
			http(200, { code: '503', message: 'Later' }),
			{ kind: 'unavailable', status: 503 },
		],
		[
			'another code in HTTP 200, although there is data',
			http(200, { code: 500, message: 'Oops', data: { taskId: 't' } }),
			{ kind: 'serverError', status: 500, message: 'Oops' },
		],
		[
			'a code that no page names in HTTP 200',
			http(200, { code: -1, message: 'Strange' }),
			{ kind: 'unreadable', status: -1, message: 'Strange' },
		],
		[
			'an HTTP error that says success inside',
			http(502, { code: 200, message: 'success', data: { taskId: 't' } }),
			{ kind: 'serverError', status: 502 },
		],
		[
			'no envelope',
			http(503, '<h1>Down</h1>'),
			{ kind: 'unavailable', message: 'HTTP status 503' },
		],
		['an empty body', http(500, ''), { kind: 'serverError', message: 'HTTP status 500' }],
		['an array', http(404, []), { kind: 'notFound', message: 'HTTP status 404' }],
		['a blank message', http(429, { message: ' ' }), { message: 'HTTP status 429' }],
		['another 4xx', http(422, { code: 422 }), { kind: 'invalidRequest', status: 422 }],
		['another 5xx', http(520, ''), { kind: 'serverError', status: 520 }],
		['a redirect', http(302, '', { location: '/login' }), { kind: 'unreadable', status: 302 }],
	])('%s', (_, response, expected) => {
		expect(failureOf(response)).toMatchObject(expected);
	});

	it.each<[string, HttpResponse]>([
		['HTTP 402', http(402, { code: 402, message: 'Payment required' })],
		['HTTP 402 without a body', http(402, '')],
		['code 402 in HTTP 200', http(200, { code: 402, message: 'Payment required' })],
		['code 402 in HTTP 400', http(400, { code: 402, message: 'Payment required' })],
		['words with 400', http(400, { code: 400, message: 'Insufficient credits', data: null })],
		['words in the detail', http(400, { code: 400, data: { error: 'Balance is too low' } })],
		['a fail code', http(400, { code: 400, data: { failCode: 'INSUFFICIENT_CREDITS' } })],
		['a fail code in camel case', http(403, { data: { failCode: 'InsufficientBalance' } })],
		['Chinese words', http(400, { code: 400, message: '账户余额不足' })],
	])('low balance as %s', (_, response) => {
		expect(failureOf(response).kind).toBe('lowBalance');
	});

	it.each([
		['Not enough credits', true],
		['Your balance is insufficient', true],
		['insufficient_funds', true],
		['Insufficient permissions', false],
		['The image is not balanced enough', false],
		['', false],
		[undefined, false],
	])('%j says low balance: %j', (words, expected) => {
		expect(saysLowBalance(words)).toBe(expected);
	});
});

describe('what is no answer of the API', () => {
	it.each<[string, HttpResponse, string]>([
		['HTML', http(200, '<html>\n  <h1>Hi</h1></html>'), 'The answer was <html> <h1>Hi</h1></html>'],
		['nothing', http(200, ''), 'The answer was nothing'],
		['blanks', http(204, ' \n'), 'The answer was nothing'],
		['null', http(200, 'null'), 'The answer was null'],
		['cut off JSON', http(200, '{"code":200,"da'), 'The answer was {"code":200,"da'],
		['no task id', success({}), 'The answer was {"code":200,"message":"success","data":{}}'],
		['an empty task id', success({ taskId: '' }), 'The answer was'],
		['null data', success(null), 'The answer was'],
	])('%s', (_, response, message) => {
		expect(failureOf(response)).toMatchObject({
			kind: 'unreadable',
			status: response.status,
			message: expect.stringContaining(message),
		});
	});

	it('a task without a state', () => {
		expect(read(success({ taskId: 't' }), taskAnswerSchema).ok).toBe(false);
		expect(read(success({ taskId: 't', state: null }), taskAnswerSchema).ok).toBe(false);
	});

	it('is quoted in one line, and not at any length', () => {
		const { message } = failureOf(http(200, 'x\n'.repeat(100_000)));
		expect(message).toHaveLength('The answer was '.length + 500 + '…'.length);
		expect(message).not.toContain('\n');
	});
});

describe('Retry-After', () => {
	it.each([
		['0', 0],
		['7', 7_000],
		[' 120 ', 120_000],
		['Sun, 01 Mar 2026 12:00:30 GMT', 30_000],
		['Sun, 01 Mar 2026 11:00:00 GMT', 0],
		['-5', undefined],
		['1.5', undefined],
		['soon', undefined],
		['2026', 2_026_000],
		['', undefined],
		[undefined, undefined],
	])('%j means %j ms', (header, expected) => {
		expect(retryAfterMs(header, NOW_MS)).toBe(expected);
	});

	it('comes with the failure', () => {
		const tooMany = (header: string) =>
			failureOf(http(429, { code: 429, message: 'Slow down' }, { 'retry-after': header }));
		expect(tooMany('3')).toMatchObject({ kind: 'rateLimited', retryAfterMs: 3_000 });
		expect(tooMany('Sun, 01 Mar 2026 12:01:00 GMT').retryAfterMs).toBe(60_000);
	});
});
