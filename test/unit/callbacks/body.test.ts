import { readCallback } from '../../../nodes/shared/callbacks/body';
import { createGenerator, type Generator } from './generator';

const data = {
	taskId: 'task_1',
	state: 'success',
	resultJson: '{"resultUrls":["https://cdn.apixo.ai/output/1.png"]}',
	createTime: 1763800000000,
	completeTime: 1763800012000,
	costTime: 12000,
};
const failed = {
	taskId: 'task_2',
	state: 'failed',
	failCode: 'NSFW_DETECTED',
	failMsg: 'Content policy',
	createTime: 1763800000000,
	completeTime: 1763800012000,
};

/** A request as n8n has it: it parses the body by its content type, and `{}` is what it made of none. */
function request(text: string, contentType?: string) {
	const bodies: Record<string, () => unknown> = {
		'application/json': () => JSON.parse(text) as unknown,
		'text/plain': () => text,
		'application/x-www-form-urlencoded': () => Object.fromEntries(new URLSearchParams(text)),
	};
	const parse = text === '' ? undefined : bodies[contentType ?? ''];
	return { body: parse?.() ?? {}, rawBody: Buffer.from(text), contentType };
}

const json = (body: unknown) => request(JSON.stringify(body), 'application/json');

describe('a callback is read', () => {
	it.each([
		['a success', { code: 200, message: 'success', data }, data],
		['a failure', { code: 200, message: 'success', data: failed }, failed],
		['data alone', { data }, data],
		['a code that is no number', { code: 'ok', data }, data],
		['no envelope', data, data],
		['data as JSON text', { code: 200, data: JSON.stringify(data) }, data],
		['a number as taskId', { data: { ...data, taskId: 17 } }, { taskId: '17' }],
		[
			'an unfinished state',
			{ data: { taskId: 'a', state: 'processing' } },
			{ state: 'processing' },
		],
		[
			'a result that is parsed already',
			{ data: { ...data, resultJson: { x: 1 } } },
			{ resultJson: { x: 1 } },
		],
		['no result', { data: { taskId: 'a', state: 'success' } }, { taskId: 'a', state: 'success' }],
		[
			'times of the wrong type',
			{ data: { ...data, costTime: [], createTime: 'soon' } },
			{ taskId: 'task_1' },
		],
		[
			'a reason given as objects',
			{ data: { ...failed, failCode: { code: 'NSFW' }, failMsg: { message: 'No' } } },
			{ failCode: 'NSFW', failMsg: 'No' },
		],
	])('with %s', (_what, body, answer) => {
		expect(readCallback(json(body))).toEqual({ ok: true, value: expect.objectContaining(answer) });
	});

	it.each([
		undefined,
		'application/json',
		'application/octet-stream',
		'application/vnd.apixo+json',
		'text/plain',
		'application/x-www-form-urlencoded',
	])('whatever its content type: %s', (contentType) => {
		const text = JSON.stringify({ code: 200, data });
		expect(readCallback(request(text, contentType))).toEqual({ ok: true, value: data });
	});

	it('as a form', () => {
		const form = request('taskId=a&state=success', 'application/x-www-form-urlencoded');
		expect(readCallback(form)).toMatchObject({
			ok: true,
			value: { taskId: 'a', state: 'success' },
		});
	});

	it('where n8n gives no raw body', () => {
		expect(readCallback({ body: { data } })).toEqual({ ok: true, value: data });
	});

	it('with every digit of a long id', () => {
		const text = '{"data":{"taskId":9007199254740993,"state":"success"}}';
		expect(readCallback(request(text, 'application/json'))).toMatchObject({
			value: { taskId: '9007199254740993' },
		});
	});

	it('without what no field of a task is', () => {
		const more = JSON.stringify({ data }).replace(
			'{"taskId"',
			'{"extra":1,"__proto__":{},"taskId"',
		);
		expect(readCallback(request(more, 'application/json'))).toEqual({ ok: true, value: data });
	});
});

const objectOf = (nameCount: number) =>
	Object.fromEntries(Array.from({ length: nameCount }, (_, index) => [`n${index}`, 1]));
const brackets = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

describe('a callback is refused with a sentence', () => {
	it.each<[string, string, RegExp]>([
		['nothing', '', /is empty/],
		['null', 'null', /not a JSON object/],
		['text', '"success"', /not a JSON object/],
		['a number', '200', /not a JSON object/],
		['a list', JSON.stringify([{ data }]), /not a JSON object/],
		['an empty object', '{}', /'taskId' is missing/],
		['no data', '{"code":200,"message":"success"}', /'taskId' is missing/],
		['null as data', '{"data":null}', /'taskId' is missing/],
		['text as data', '{"data":"task_1"}', /'data' is not an object/],
		['a list as data', JSON.stringify({ data: [data] }), /'data' is not an object/],
		['no taskId', '{"data":{"state":"success"}}', /'taskId' is missing/],
		['an empty taskId', '{"data":{"taskId":"","state":"success"}}', /'taskId' is missing/],
		['null as taskId', '{"data":{"taskId":null,"state":"success"}}', /'taskId' is missing/],
		['an object as taskId', '{"data":{"taskId":{},"state":"success"}}', /'taskId' is missing/],
		[
			'a huge taskId',
			JSON.stringify({ data: { ...data, taskId: 'x'.repeat(201) } }),
			/more than 200 characters/,
		],
		['no state', '{"data":{"taskId":"a"}}', /'state' is missing/],
		['a list as state', '{"data":{"taskId":"a","state":[]}}', /'state' is missing/],
		[
			'a huge state',
			JSON.stringify({ data: { ...data, state: 'x'.repeat(101) } }),
			/'state' more than 100/,
		],
		[
			'a huge result',
			JSON.stringify({ data: { ...data, resultJson: 'x'.repeat(1e6) } }),
			/has 1000\d{3} bytes; .* 1000000 at most/,
		],
		[
			'a result too deep to be kept',
			`{"data":{"taskId":"a","state":"success","resultJson":${brackets(100_000)}}}`,
			/nested more than 100 levels deep/,
		],
		[
			'an object of 1,001 names',
			JSON.stringify({ data: { ...data, resultJson: objectOf(1_001) } }),
			/an object of more than 1000 names/,
		],
	])('when it holds %s', (_what, text, error) => {
		const refused = { ok: false, error: expect.stringMatching(error) };
		expect(readCallback(request(text, 'application/json'))).toEqual(refused);
	});

	it('when it is no JSON and n8n made nothing of it', () => {
		expect(readCallback(request('hello'))).toEqual({ ok: false, error: 'The body is not JSON' });
	});
});

it('takes a resultJson of 100,000 brackets as the text that it is', () => {
	const resultJson = brackets(50_000);
	expect(readCallback(json({ data: { ...data, resultJson } }))).toMatchObject({
		value: { resultJson },
	});
});

/** A JSON value of any shape, sometimes with the names that the reader looks for. */
function anyValue(generate: Generator, depth = 0): unknown {
	const names = ['data', 'code', 'message', 'taskId', 'state', 'resultJson', 'failCode', 'failMsg'];
	const numbers = [0, -1, 200, 404, 1.5, 1.7e18, 2 ** 53 + 2, 1e300];
	const texts = [
		'',
		'success',
		'failed',
		'200',
		'{"taskId":"a","state":"b"}',
		'[[[',
		'\ud83c',
		'\0',
	];
	const make = [
		() => generate.oneOf([null, true, false]),
		() => generate.oneOf(numbers),
		() => generate.oneOf(texts),
		() => generate.listOf(4, () => anyValue(generate, depth + 1)),
		() =>
			Object.fromEntries(
				generate.listOf(6, () => [
					generate.oneOf([...names, '__proto__', 'x']),
					anyValue(generate, depth + 1),
				]),
			),
	];
	return generate.oneOf(depth < 4 ? make : make.slice(0, 3))();
}

describe('whatever comes', () => {
	const generate = createGenerator(20_260_301);

	it('is read or refused with a sentence, and nothing throws', () => {
		let readCount = 0;
		for (let count = 0; count < 2_000; count++) {
			const text = JSON.stringify(anyValue(generate)) ?? '';
			const cut = generate.oneOf([text, text.slice(0, generate.below(text.length + 1))]);
			const result = readCallback({ body: {}, rawBody: Buffer.from(cut) });
			if (result.ok) {
				readCount++;
				expect(result.value).toMatchObject({
					taskId: expect.stringMatching(/^[^]{1,200}$/),
					state: expect.any(String),
				});
			} else {
				expect(result.error).toMatch(/^The body /);
			}
		}
		expect(readCount).toBeGreaterThan(0);
	});

	it('is read as the same task, in an envelope or without, as object or as text', () => {
		for (let count = 0; count < 1_000; count++) {
			const task = {
				taskId: generate.oneOf(['a', '订单 7', '\u2028', 'toString', `${generate.below(1e9)}`]),
				state: generate.oneOf(['success', 'failed', 'processing_r2']),
				failMsg: generate.oneOf(['No', '"quoted" \\ [{', '💥']),
			};
			const wrapped = generate.oneOf<unknown>([
				task,
				{ data: task },
				{ code: 200, message: 'success', data: JSON.stringify(task) },
				{ code: 0, data: null, ...task },
			]);
			const contentType = generate.oneOf([undefined, 'application/json', 'text/plain']);
			expect(readCallback(request(JSON.stringify(wrapped), contentType))).toEqual({
				ok: true,
				value: task,
			});
		}
	});
});

describe('a body made to take long', () => {
	const MEGABYTE = 1_000_000;
	const head = '{"data":{"taskId":"a","state":"success","resultJson":';
	it.each<[string, string]>([
		['brackets', '['.repeat(MEGABYTE)],
		['objects in objects', '{"a":'.repeat(MEGABYTE / 5)],
		['escaped quotes', `"${'\\"'.repeat(MEGABYTE / 2 - 60)}"`],
		['quotes without an end', `"${'\\"'.repeat(MEGABYTE / 2 - 60)}`],
		['empty texts', `[${'"",'.repeat(MEGABYTE / 3 - 60)}""]`],
		['long numbers', `[${'12345678901234567,'.repeat(MEGABYTE / 18 - 60)}0]`],
		['one long number', '9'.repeat(MEGABYTE - 60)],
		['blanks', ' '.repeat(MEGABYTE - 60)],
	])('of %s takes no longer than its length', (_what, value) => {
		const startedMs = performance.now();
		readCallback({ body: {}, rawBody: Buffer.from(`${head}${value}}}`) });
		// About 30 ms; what grows with the square of the length takes minutes.
		expect(performance.now() - startedMs).toBeLessThan(2_000);
	});
});
