import type { TaskAnswer } from '../../../nodes/shared/api/schemas';
import { isFinal, outcomeOf, type Task } from '../../../nodes/shared/tasks/outcome';
import {
	outcomeOutput,
	parseResult,
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
	])('%j: final %j, %s', (state, final, kind) => {
		expect(isFinal(state)).toBe(final);
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

	it.each<[string, unknown, unknown, string[]]>([
		['text with JSON', '{"resultUrls":["a","b"]}', { resultUrls: ['a', 'b'] }, ['a', 'b']],
		['an object', { resultUrls: ['a'] }, { resultUrls: ['a'] }, ['a']],
		[
			'more keys',
			'{"resultUrls":["a"],"voice_id":"v"}',
			{ resultUrls: ['a'], voice_id: 'v' },
			['a'],
		],
		['one URL for a list', '{"resultUrls":"a"}', { resultUrls: 'a' }, ['a']],
		[
			'no text among the URLs',
			'{"resultUrls":["a",null,7,{}]}',
			{ resultUrls: ['a', null, 7, {}] },
			['a'],
		],
		['no URLs', '{"tracks":[]}', { tracks: [] }, []],
		['null for the URLs', '{"resultUrls":null}', { resultUrls: null }, []],
		['a list', '[{"audio_url":"a"}]', [{ audio_url: 'a' }], []],
		['a number', '7', 7, []],
		['cut off JSON', '{"resultUrls":["a"', '{"resultUrls":["a"', []],
		['text without JSON', 'https://file.apixo.ai/x.png', 'https://file.apixo.ai/x.png', []],
	])('takes a result as %s', (_, resultJson, result, resultUrls) => {
		expect(taskOutput(answer('success', { resultJson }), BY_POLL)).toMatchObject({
			result,
			resultUrls,
		});
	});

	it.each([undefined, null])('takes %p as no result', (resultJson) => {
		expect(parseResult(resultJson)).toBeUndefined();
		expect(taskOutput(answer('success', { resultJson }), BY_POLL)).not.toHaveProperty('result');
	});

	it('of a submission carries what came with its answer', () => {
		const task: Task = { ...TASK, extra: { voice_id: 'v' } };
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

describe('the output of an outcome', () => {
	it.each(['success', 'failed', 'processing'])('%s', (state) => {
		const output = outcomeOutput(TASK, outcomeOf(answer(state)) as never, 'callback', 'order-7');
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
		const outcome = { kind: 'timedOut', timeoutSeconds: 120 } as const;
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
