import type { IDataObject } from 'n8n-workflow';

import type { TaskAnswer } from '../api/schemas';
import type { DeliveredBy, Outcome, Task } from './outcome';

/** The JSON of an output item: the same for the action, the trigger and every way of delivery. */
export interface TaskOutput extends IDataObject {
	taskId: string;
	state: string;
	resultUrls: string[];
	deliveredBy: DeliveredBy;
}

interface OutputOrigin {
	/** Absent where nobody said: APIXO's callbacks do not carry it. */
	model?: string;
	reference?: string;
	deliveredBy: DeliveredBy;
	/** Further fields of the submission's answer. */
	submitData?: Record<string, unknown>;
}

/** What APIXO said of a task as an output item. Fields that it did not send are absent. */
export function taskOutput(answer: TaskAnswer, origin: OutputOrigin): TaskOutput {
	const { taskId, state, resultJson, failCode, failMsg } = answer;
	const result = parseResult(resultJson);
	const { model, reference, deliveredBy, submitData } = origin;
	return withoutAbsent({
		taskId,
		model,
		state,
		resultUrls: state === 'success' ? resultUrlsOf(result) : [],
		result,
		failCode,
		failMsg,
		createTime: answer.createTime,
		completeTime: answer.completeTime,
		costTime: answer.costTime,
		reference,
		deliveredBy,
		submitData,
	}) as TaskOutput;
}

/** The output of a task that nobody has looked at yet. */
export function submittedOutput(task: Task, state = 'pending', reference?: string): TaskOutput {
	return taskOutput(
		{ taskId: task.taskId, state, resultJson: undefined },
		{ model: task.model, reference, deliveredBy: 'submit', submitData: task.extra },
	);
}

/** The output of an outcome that is known: final, still running, or timed out. */
export function outcomeOutput(
	task: Task,
	outcome: Exclude<Outcome, { kind: 'unknown' }>,
	deliveredBy: DeliveredBy,
	reference?: string,
): TaskOutput {
	const output = taskOutput(
		outcome.answer ?? { taskId: task.taskId, state: 'pending', resultJson: undefined },
		{ model: task.model, reference, deliveredBy, submitData: task.extra },
	);
	return outcome.kind === 'timedOut' ? { ...output, timedOut: true } : output;
}

/** `resultJson` parsed; an object as it is; the raw string where it is no JSON. */
export function parseResult(resultJson: unknown): unknown {
	if (typeof resultJson !== 'string') return resultJson ?? undefined;
	try {
		return JSON.parse(resultJson);
	} catch {
		return resultJson;
	}
}

function resultUrlsOf(result: unknown): string[] {
	const urls =
		typeof result === 'object' && result !== null && 'resultUrls' in result
			? result.resultUrls
			: undefined;
	if (typeof urls === 'string') return [urls];
	return Array.isArray(urls) ? urls.filter((url) => typeof url === 'string') : [];
}

function withoutAbsent(fields: Record<string, unknown>): Record<string, unknown> {
	return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
