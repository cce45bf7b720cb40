import fc from 'fast-check';

import { readAnswer } from '../../../nodes/shared/api/answers';
import {
	balanceSchema,
	submittedSchema,
	taskAnswerSchema,
} from '../../../nodes/shared/api/schemas';
import { readCallback } from '../../../nodes/shared/callbacks/body';
import { outcomeOf } from '../../../nodes/shared/tasks/outcome';
import { taskOutput } from '../../../nodes/shared/tasks/output';
import { HUGE_JSON, hostileJson, hostileValue, withHostileFields } from './arbitraries';
import { MAX_CPU_MS, leastCpuMs } from './limits';

const NOW_MS = 1_795_365_316_000;
const TASK_ID = '6d0c205be96e5a951769c4ac52f6ebbb';
const SCHEMAS = [
	['submission', submittedSchema],
	['status', taskAnswerSchema],
	['balance', balanceSchema],
] as const;

const task = withHostileFields({
	taskId: TASK_ID,
	state: 'success',
	resultJson: '{"resultUrls":["https://file.apixo.ai/a.png"]}',
	failCode: 'NSFW',
	failMsg: 'no',
	createTime: NOW_MS,
	completeTime: NOW_MS,
	costTime: 1,
});
const envelope = fc.oneof(
	fc.record(
		{ code: fc.oneof(fc.constant(200), hostileValue), message: hostileValue, data: task },
		{ requiredKeys: [] },
	),
	task,
	hostileJson,
);

/** `undefined` where the value cannot be written. */
function jsonOf(value: unknown): string | undefined {
	try {
		return JSON.stringify(value) as string | undefined;
	} catch {
		return undefined;
	}
}

const body = fc.oneof(
	envelope.map((value) => jsonOf(value) ?? ''),
	fc.string({ unit: 'binary' }),
);
const status = fc.oneof(fc.constant(200), fc.integer({ min: 100, max: 599 }));
const retryAfter = fc.option(fc.oneof(fc.string(), fc.double().map(String)), { nil: undefined });

describe('what APIXO answers', () => {
	it.each(SCHEMAS)('is read without throwing: %s', (_, schema) => {
		fc.assert(
			fc.property(body, status, retryAfter, (text, httpStatus, header) => {
				const headers = header === undefined ? {} : { 'retry-after': header };
				const answer = readAnswer<unknown>(
					{ status: httpStatus, headers, body: text },
					schema,
					NOW_MS,
				);
				if (answer.ok) return;
				expect(answer.error.message).not.toBe('');
				expect(answer.error.retryAfterMs ?? 0).toBeGreaterThanOrEqual(0);
			}),
		);
	});

	it('gives an output item that names the task, whatever the other fields are', () => {
		fc.assert(
			fc.property(task, (fields) => {
				const text = jsonOf({ code: 200, data: { ...fields, taskId: TASK_ID, state: 'success' } });
				fc.pre(text !== undefined);
				const answer = readAnswer(
					{ status: 200, headers: {}, body: text },
					taskAnswerSchema,
					NOW_MS,
				);
				expect(answer).toMatchObject({ ok: true, value: { taskId: TASK_ID } });
				if (!answer.ok) return;
				expect(outcomeOf(answer.value).kind).toBe('success');
				const output = taskOutput(answer.value, { model: 'nano-banana', deliveredBy: 'poll' });
				expect(JSON.parse(JSON.stringify(output))).toMatchObject({ taskId: TASK_ID });
				expect(output.resultUrls.every((url) => typeof url === 'string')).toBe(true);
			}),
		);
	});

	it('keeps the id of a task that was accepted, whatever comes with it', () => {
		fc.assert(
			fc.property(hostileJson, status, (more, httpStatus) => {
				const data = { ...(more as object), taskId: TASK_ID };
				const response = { status: httpStatus, headers: {}, body: JSON.stringify({ data }) };
				expect(readAnswer(response, submittedSchema, NOW_MS)).toMatchObject({
					ok: true,
					value: { taskId: TASK_ID },
				});
			}),
		);
	});

	describe.each(SCHEMAS)('as a megabyte (%s)', (_, schema) => {
		it.each(HUGE_JSON)('of %s takes time in proportion', (_shape, json) => {
			const read = (text: string) =>
				readAnswer<unknown>({ status: 200, headers: {}, body: text }, schema, NOW_MS);
			expect(leastCpuMs(() => read(json))).toBeLessThan(MAX_CPU_MS);
			expect(leastCpuMs(() => read(`{"data":${json}}`))).toBeLessThan(MAX_CPU_MS);
			expect(
				leastCpuMs(() => read(`{"data":{"taskId":"a","state":"success","resultJson":${json}}}`)),
			).toBeLessThan(MAX_CPU_MS);
		});

		it.each(HUGE_JSON)('of %s as an error takes time in proportion', (_shape, json) => {
			const read = (status: number, body: string) =>
				readAnswer<unknown>({ status, headers: {}, body }, schema, NOW_MS);
			expect(leastCpuMs(() => read(400, `{"message":${json}}`))).toBeLessThan(MAX_CPU_MS);
			expect(leastCpuMs(() => read(400, `{"data":{"error":${json}}}`))).toBeLessThan(MAX_CPU_MS);
			const failed = `{"data":{"taskId":"a","state":"failed","failCode":${json}}}`;
			expect(leastCpuMs(() => read(200, failed))).toBeLessThan(MAX_CPU_MS);
		});
	});
});

describe('what comes as a callback', () => {
	it('is read without throwing, whatever n8n made of its body', () => {
		fc.assert(
			fc.property(hostileValue, fc.option(body, { nil: undefined }), (parsed, text) => {
				const rawBody = text === undefined ? undefined : Buffer.from(text);
				const callback = readCallback({ body: parsed, rawBody, contentType: 'application/json' });
				if (!callback.ok) expect(callback.error).not.toBe('');
			}),
		);
	});

	it('says the same as a status answer with the same body', () => {
		fc.assert(
			fc.property(task, (fields) => {
				const text = jsonOf({ code: 200, data: fields });
				fc.pre(text !== undefined);
				const callback = readCallback({ body: {}, rawBody: Buffer.from(text) });
				const answer = readAnswer(
					{ status: 200, headers: {}, body: text },
					taskAnswerSchema,
					NOW_MS,
				);
				if (callback.ok) expect(answer).toEqual(callback);
			}),
		);
	});

	it.each(HUGE_JSON)('as a megabyte of %s takes time in proportion', (_, json) => {
		const read = (text: string) => readCallback({ body: {}, rawBody: Buffer.from(text) });
		const shortened = json.slice(0, 999_900);
		expect(leastCpuMs(() => read(json))).toBeLessThan(MAX_CPU_MS);
		expect(leastCpuMs(() => read(shortened))).toBeLessThan(MAX_CPU_MS);
		expect(leastCpuMs(() => read(`{"data":${shortened}}`))).toBeLessThan(MAX_CPU_MS);
	});
});
