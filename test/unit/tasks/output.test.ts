import { isTerminal, type TaskAnswer } from '../../../nodes/shared/api/schemas';
import { outcomeOf, type Task } from '../../../nodes/shared/tasks/outcome';
import {
	outcomeOutput,
	parseResult,
	resultUrlsOf,
	submittedOutput,
	taskOutput,
} from '../../../nodes/shared/tasks/output';

const TASK: Task = { taskId: 't', model: 'nano-banana', submittedAtMs: 1_000 };
const answer = (state: string, more: Partial<TaskAnswer> = {}): TaskAnswer => ({
	taskId: 't',
	state,
	resultJson: undefined,
	...more,
});
const BY_POLL = { model: 'nano-banana', deliveredBy: 'poll' } as const;

describe('what a state means', () => {
	it.each([
		['success', true, 'success'],
		['failed', true, 'failed'],
		['pending', false, 'running'],
		['processing', false, 'running'],
		['processing_r2', false, 'running'],
		['queued', false, 'running'],
		['SUCCESS', false, 'running'],
		['', false, 'running'],
	])('%j: terminal %j, %s', (state, terminal, kind) => {
		expect(isTerminal(state)).toBe(terminal);
		expect(outcomeOf(answer(state))).toEqual({ kind, answer: answer(state) });
	});
});

describe('the output item', () => {
	it('of a success has all that APIXO sent', () => {
		const data = answer('success', {
			resultJson: '{"resultUrls":["https://file.apixo.ai/temp/out.png"]}',
			createTime: 1,
			completeTime: 5,
			costTime: 4,
		});
		expect(taskOutput(data, { ...BY_POLL, reference: 'order-7' })).toEqual({
			taskId: 't',
			model: 'nano-banana',
			state: 'success',
			resultUrls: ['https://file.apixo.ai/temp/out.png'],
			result: { resultUrls: ['https://file.apixo.ai/temp/out.png'] },
			createTime: 1,
			completeTime: 5,
			costTime: 4,
			reference: 'order-7',
			deliveredBy: 'poll',
		});
	});

	it('of a failure has the reason and no URLs', () => {
		const data = answer('failed', { failCode: 'NSFW', failMsg: 'Not allowed', createTime: 1 });
		expect(taskOutput(data, BY_POLL)).toEqual({
			taskId: 't',
			model: 'nano-banana',
			state: 'failed',
			resultUrls: [],
			failCode: 'NSFW',
			failMsg: 'Not allowed',
			createTime: 1,
			deliveredBy: 'poll',
		});
	});

	it('has no key for what nobody said', () => {
		const keys = Object.keys(taskOutput(answer('pending'), { deliveredBy: 'callback' }));
		expect(keys).toEqual(['taskId', 'state', 'resultUrls', 'deliveredBy']);
	});

	it.each(['pending', 'processing', 'processing_r2', 'failed'])(
		'has result URLs on success only, not with %s',
		(state) => {
			const data = answer(state, { resultJson: '{"resultUrls":["u"]}' });
			expect(taskOutput(data, BY_POLL)).toMatchObject({
				state,
				resultUrls: [],
				result: { resultUrls: ['u'] },
			});
		},
	);

	it.each<[string, unknown, unknown]>([
		['text with JSON', '{"resultUrls":["a"]}', { resultUrls: ['a'] }],
		['an object', { resultUrls: ['a'] }, { resultUrls: ['a'] }],
		['a list', '[{"audio_url":"a"}]', [{ audio_url: 'a' }]],
		['a number', '7', 7],
		['cut off JSON', '{"resultUrls":["a"', '{"resultUrls":["a"'],
		['text without JSON', 'done', 'done'],
	])('keeps the whole result: %s', (_, resultJson, result) => {
		expect(parseResult(resultJson)).toEqual(result);
		expect(taskOutput(answer('success', { resultJson }), BY_POLL)).toMatchObject({ result });
	});

	it.each([undefined, null])('takes %p as no result', (resultJson) => {
		expect(parseResult(resultJson)).toBeUndefined();
		expect(taskOutput(answer('success', { resultJson }), BY_POLL)).not.toHaveProperty('result');
	});

	it('of a submission carries what came with its answer', () => {
		const task: Task = { ...TASK, submitData: { voice_id: 'v' } };
		expect(submittedOutput(task, 'processing', 'order-7')).toEqual({
			taskId: 't',
			model: 'nano-banana',
			state: 'processing',
			resultUrls: [],
			reference: 'order-7',
			deliveredBy: 'submit',
			submitData: { voice_id: 'v' },
		});
		expect(submittedOutput(TASK)).toEqual({
			taskId: 't',
			model: 'nano-banana',
			state: 'pending',
			resultUrls: [],
			deliveredBy: 'submit',
		});
	});
});

describe('the result URLs', () => {
	const A = 'https://file.apixo.ai/a.png';
	const B = 'HTTP://file.apixo.ai/b.mp4?x=1&y=2';

	it.each<[string, unknown, string[]]>([
		['the documented list', { resultUrls: [A, B] }, [A, B]],
		['the documented list, as it is', { resultUrls: ['a', 'b', 'a'] }, ['a', 'b', 'a']],
		['one URL for the list', { resultUrls: 'a' }, ['a']],
		['among other fields', { resultUrls: [A], voice_id: 'v', preview: B }, [A]],
		['a list with other things in it', { resultUrls: [A, null, 7, {}, 'x', { url: B }] }, [A, B]],
		['a list of objects', { resultUrls: [{ url: A }, { url: B }] }, [A, B]],
		['nothing in the list, but elsewhere', { resultUrls: null, video: { url: A } }, [A]],
		['an empty list', { resultUrls: [], preview: A }, []],
		['a bare list', [A, B], [A, B]],
		['a list of tracks', { tracks: [{ audio_url: A, title: 'x' }, { audio_url: B }] }, [A, B]],
		['text', A, [A]],
		['each once, in order', [B, { again: B, first: A }, A], [B, A]],
		['no URLs', { tracks: [], title: 'see https://example.com/x for more' }, []],
		['other protocols', ['ftp://x/y', 'data:image/png;base64,AAAA', 'javascript:alert(1)'], []],
		['nothing', undefined, []],
		['null', null, []],
		['a number', 7, []],
	])('are found in %s', (_, result, expected) => {
		expect(resultUrlsOf(result)).toEqual(expected);
	});

	it.each([
		['lists', (depth: number) => '['.repeat(depth) + JSON.stringify(A) + ']'.repeat(depth)],
		['objects', (depth: number) => '{"a":'.repeat(depth) + JSON.stringify(A) + '}'.repeat(depth)],
	])('are found in deeply nested %s, unless n8n could not pass such a result on', (_, nested) => {
		const urlsOf = (resultJson: string) => taskOutput(answer('success', { resultJson }), BY_POLL);
		expect(urlsOf(nested(90)).resultUrls).toEqual([A]);
		expect(urlsOf(nested(100_000))).toMatchObject({ resultUrls: [], result: nested(100_000) });
	});
});

describe('the output of an outcome', () => {
	it.each(['success', 'failed', 'processing'])('%s has state and origin', (state) => {
		const output = outcomeOutput(TASK, outcomeOf(answer(state)), 'callback', 'order-7');
		expect(output).toEqual({
			taskId: 't',
			model: 'nano-banana',
			state,
			resultUrls: [],
			reference: 'order-7',
			deliveredBy: 'callback',
		});
	});

	it('timed out keeps the last state', () => {
		const outcome = { kind: 'timedOut', cause: { limit: 'task', seconds: 120 } } as const;
		const last = answer('processing_r2', { createTime: 1 });
		expect(outcomeOutput(TASK, { ...outcome, answer: last }, 'poll')).toMatchObject({
			taskId: 't',
			state: 'processing_r2',
			createTime: 1,
			timedOut: true,
		});
		expect(outcomeOutput(TASK, outcome, 'poll')).toMatchObject({
			taskId: 't',
			state: 'pending',
			timedOut: true,
		});
	});

	it('in time does not say so', () => {
		const outcome = { kind: 'success', answer: answer('success') } as const;
		expect(outcomeOutput(TASK, outcome, 'poll')).not.toHaveProperty('timedOut');
	});
});
