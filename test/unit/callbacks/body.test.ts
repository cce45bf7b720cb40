import { ignoreReason, readCallback } from '../../../nodes/shared/callbacks/body';

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

describe('readCallback', () => {
	it.each([
		['a success', { code: 200, message: 'success', data }, data],
		['a failure', { code: 200, message: 'success', data: failed }, failed],
		['data alone', { data }, data],
		['a code that is no number', { code: 'ok', data }, data],
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
	])('reads %s', (_what, body, answer) => {
		expect(readCallback(body)).toEqual({ ok: true, value: expect.objectContaining(answer) });
	});

	it('drops what no field of a task is', () => {
		const read = readCallback({ data: { ...data, extra: 1, __proto__: { state: 'x' } } });
		expect(read).toEqual({ ok: true, value: data });
	});

	const deep = JSON.parse(`${'['.repeat(20_000)}${']'.repeat(20_000)}`) as unknown;

	it.each<[string, unknown, RegExp]>([
		['nothing at all', undefined, /is empty/],
		['null', null, /not a JSON object/],
		['text', 'success', /not a JSON object/],
		['a number', 200, /not a JSON object/],
		['a list', [{ data }], /not a JSON object/],
		['an empty object', {}, /is empty/],
		['no data', { code: 200, message: 'success' }, /'data' is wrong/],
		['null as data', { data: null }, /'data' is wrong/],
		['text as data', { data: 'task_1' }, /'data' is wrong/],
		['a list as data', { data: [data] }, /'data' is wrong/],
		['no taskId', { data: { state: 'success' } }, /'data.taskId' is wrong/],
		['an empty taskId', { data: { ...data, taskId: '' } }, /'data.taskId' is wrong/],
		['null as taskId', { data: { ...data, taskId: null } }, /'data.taskId' is wrong/],
		['a number as taskId', { data: { ...data, taskId: 1 } }, /'data.taskId' is wrong/],
		['an object as taskId', { data: { ...data, taskId: {} } }, /'data.taskId' is wrong/],
		['a huge taskId', { data: { ...data, taskId: 'x'.repeat(201) } }, /'data.taskId' is wrong/],
		['no state', { data: { taskId: 'a' } }, /'data.state' is wrong/],
		['true as state', { data: { ...data, state: true } }, /'data.state' is wrong/],
		['a huge state', { data: { ...data, state: 'x'.repeat(101) } }, /'data.state' is wrong/],
		['a huge result', { data: { ...data, resultJson: 'x'.repeat(1e6) } }, /has \d+ characters/],
		['a result too deep to be kept', { data: { ...data, resultJson: deep } }, /characters/],
	])('refuses %s and says why', (_what, body, problem) => {
		expect(readCallback(body)).toEqual({ ok: false, error: expect.stringMatching(problem) });
	});
});

describe('ignoreReason', () => {
	const both = ['success', 'failed'];
	it.each<[string, string[], RegExp | undefined]>([
		['success', both, undefined],
		['failed', both, undefined],
		['success', ['success'], undefined],
		['failed', ['failed'], undefined],
		['failed', ['success'], /event 'failed' is not among/],
		['success', ['failed'], /event 'success' is not among/],
		['success', [], /event 'success' is not among/],
		['pending', both, /'pending' is not final/],
		['processing', both, /not final/],
		['processing_r2', both, /not final/],
		['Success', both, /not final/],
		['exploded', both, /not final/],
	])('%s for %j: %s', (state, events, expected) => {
		expect(ignoreReason(state, events)).toEqual(expected && expect.stringMatching(expected));
	});
});
