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
			'with an id and further numbers beyond 2^53, digit by digit',
			http(200, '{"code":200,"data":{"taskId":9007199254740993,"voice_id":12345678901234567890}}'),
			{ taskId: '9007199254740993', voice_id: '12345678901234567890' },
		],
		['with data as JSON text', success('{"taskId":"t"}'), { taskId: 't' }],
		[
			'without an envelope',
			http(200, { taskId: 't', voice_id: 'v' }),
			{ taskId: 't', voice_id: 'v' },
		],
		[
			'without data, but beside code and message',
			http(200, { code: 200, message: 'success', data: null, taskId: 't' }),
			{ taskId: 't' },
		],
		['with a byte order mark', http(200, '\uFEFF{"data":{"taskId":"t"}}'), { taskId: 't' }],
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
		['fields of the wrong type', { createTime: 'yesterday', costTime: {}, failMsg: null }],
		['times that no date can be', { createTime: 1.7e18, completeTime: -1, costTime: '1e999' }],
	])('a task with %s keeps its state', (_, odd) => {
		const answer = read(success({ taskId: 't', state: 'success', ...odd }), taskAnswerSchema);
		expect(answer).toMatchObject({ ok: true, value: { taskId: 't', state: 'success' } });
		const { resultJson, ...fields } = answer.ok ? answer.value : { resultJson: undefined };
		expect(resultJson ?? undefined).toBeUndefined();
		expect(Object.values(fields).filter((value) => value !== undefined)).toEqual(['t', 'success']);
	});

	it.each<[string, unknown, unknown, [failCode?: string, failMsg?: string]]>([
		['texts', 'NSFW', 'Not this', ['NSFW', 'Not this']],
		['numbers', 1301, 0, ['1301', '0']],
		[
			'objects',
			{ code: 'NSFW', message: 'Flagged' },
			{ message: 'Not this', code: 7 },
			['NSFW', 'Not this'],
		],
		['objects of another shape', { a: 1 }, { en: 'No' }, ['{"a":1}', '{"en":"No"}']],
		[
			'lists',
			['NSFW', 7],
			[{ message: 'Not this' }, 'nor that'],
			['NSFW, 7', 'Not this, nor that'],
		],
		['nothing', undefined, null, []],
		['empty objects', {}, [], []],
	])('the reason of a failure may come as %s', (_, failCode, failMsg, [code, message]) => {
		const answer = read(
			success({ taskId: 't', state: 'failed', failCode, failMsg }),
			taskAnswerSchema,
		);
		expect(answer).toEqual({
			ok: true,
			value: { taskId: 't', state: 'failed', failCode: code, failMsg: message },
		});
	});

	it.each<[string, HttpResponse]>([
		['as documented', success({ taskId: 9, state: 'success', resultJson: '{}' })],
		['with data as JSON text', success('{"taskId":9,"state":"success","resultJson":"{}"}')],
		['without an envelope', http(200, { taskId: 9, state: 'success', resultJson: '{}' })],
		[
			'with code 0',
			http(200, { code: 0, data: { taskId: 9, state: 'success', resultJson: '{}' } }),
		],
		['with HTTP 500', http(500, { data: { taskId: 9, state: 'success', resultJson: '{}' } })],
	])('the state of a task %s', (_, response) => {
		expect(read(response, taskAnswerSchema)).toEqual({
			ok: true,
			value: { taskId: '9', state: 'success', resultJson: '{}' },
		});
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
			http(200, { code: 500, message: 'Oops', data: { voice_id: 'v' } }),
			{ kind: 'serverError', status: 500, message: 'Oops' },
		],
		[
			'a policy code as message',
			http(403, { code: 403, message: 'SensitiveContentDetected', data: null }),
			{ kind: 'forbidden', failCode: 'SensitiveContentDetected' },
		],
		[
			'a policy code in a message',
			http(403, { code: 403, message: 'NSFW_DETECTED: the prompt was flagged' }),
			{ failCode: 'NSFW_DETECTED', message: 'NSFW_DETECTED: the prompt was flagged' },
		],
		[
			'a policy code in brackets',
			http(400, { code: 400, data: { error: 'Refused [NSFW]' } }),
			{ kind: 'invalidRequest', failCode: 'NSFW' },
		],
		[
			'a message without a code',
			http(403, { code: 403, message: 'Forbidden: your key lacks permission for YouTube' }),
			{ failCode: undefined },
		],
		[
			'a fail code as object',
			http(403, { code: 403, message: 'No', data: { failCode: { code: 'NSFW' } } }),
			{ failCode: 'NSFW', message: 'No: NSFW' },
		],
		[
			'an error as object, without an envelope',
			http(400, { error: { message: 'Bad input', code: 'INVALID_PROMPT' } }),
			{ kind: 'invalidRequest', failCode: 'INVALID_PROMPT', message: 'Bad input: INVALID_PROMPT' },
		],
		[
			'a message as object',
			http(400, { code: 400, message: { message: 'Bad input' } }),
			{ message: 'Bad input' },
		],
		['an empty code in HTTP 200', http(200, { code: '', data: {} }), { status: 200 }],
		[
			'a code that no page names in HTTP 200',
			http(200, { code: -1, message: 'Strange' }),
			{ kind: 'unreadable', status: -1, message: 'Strange' },
		],
		[
			'an HTTP error that says success inside, and names no task',
			http(502, { code: 200, message: 'success', data: { taskId: null } }),
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
		['Invalid prompt: "a man with insufficient funds"'],
		["The prompt 'your balance is too low' is not allowed"],
		['Rejected: the text says insufficient funds, and so on'],
		['余额不足 is not allowed in a prompt'],
		...['"_"', "'_'", '`_`', '“_”', '«_»', '「_」'].map((quoted) => [
			`Not allowed: ${quoted.replace('_', 'insufficient funds')}`,
		]),
		[`${'A long story. '.repeat(20)}He has insufficient funds.`],
	])('no low balance where the prompt speaks of one: %s', (error) => {
		expect(failureOf(http(400, { code: 400, message: error })).kind).toBe('invalidRequest');
		expect(failureOf(http(400, { code: 400, message: 'No', data: { error } })).kind).toBe(
			'invalidRequest',
		);
	});

	it.each([
		['Not enough credits', true],
		['Insufficient credits. Please top up your account', true],
		['Request failed: your account balance is insufficient', true],
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

describe('a submission that is answered with a task id was accepted', () => {
	it.each<[string, HttpResponse]>([
		['HTTP 400', http(400, { code: 400, message: 'Bad', data: { taskId: 't' } })],
		['HTTP 402', http(402, { code: 402, message: 'Pay', data: { taskId: 't' } })],
		['HTTP 500', http(500, { code: 500, message: 'Oops', data: { taskId: 't' } })],
		['HTTP 503', http(503, { data: '{"taskId":"t"}' })],
		['a gateway error round a success', http(502, { code: 200, data: { taskId: 't' } })],
		['code 0', http(200, { code: 0, message: 'ok', data: { taskId: 't' } })],
		['code 500 in HTTP 200', http(200, { code: 500, data: { taskId: 't' } })],
		['no envelope', http(500, { taskId: 't' })],
	])('with %s', (_, response) => {
		expect(read(response, submittedSchema)).toEqual({ ok: true, value: { taskId: 't' } });
	});

	it('a balance that comes with an error is an error', () => {
		expect(read(http(401, { code: 401, data: 0 }), balanceSchema).ok).toBe(false);
	});
});

describe('what is no answer of the API', () => {
	it.each<[string, HttpResponse, string]>([
		[
			'HTML',
			http(200, '<html>\n  <h1>Hi</h1></html>'),
			'The response was <html> <h1>Hi</h1></html>',
		],
		['nothing', http(200, ''), 'The response was empty'],
		['blanks', http(204, ' \n'), 'The response was empty'],
		['null', http(200, 'null'), 'The response was null'],
		['cut off JSON', http(200, '{"code":200,"da'), 'The response was {"code":200,"da'],
		['no task id', success({}), 'The response was {"code":200,"message":"success","data":{}}'],
		['an empty task id', success({ taskId: '' }), 'The response was'],
		['null data', success(null), 'The response was'],
	])('%s', (_, response, message) => {
		expect(failureOf(response)).toMatchObject({
			kind: 'unreadable',
			status: response.status,
			message: expect.stringContaining(message),
		});
	});

	it('what is nested too deeply', () => {
		const deep = `{"code":200,"data":{"taskId":"t","extra":${'['.repeat(100_000)}`;
		expect(failureOf(http(200, deep))).toMatchObject({
			kind: 'unreadable',
			message: expect.stringMatching(/^The response was \{"code":200/),
		});
	});

	it('a task without a state', () => {
		expect(read(success({ taskId: 't' }), taskAnswerSchema).ok).toBe(false);
		expect(read(success({ taskId: 't', state: null }), taskAnswerSchema).ok).toBe(false);
	});

	it('is quoted in one line, and not at any length', () => {
		const { message } = failureOf(http(200, 'x\n'.repeat(100_000)));
		expect(message).toHaveLength('The response was '.length + 500 + '…'.length);
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
		['3600', 3_600_000],
		['1000000000', undefined],
		['Tue, 01 Mar 2096 12:00:00 GMT', undefined],
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
