import type { IDataObject } from 'n8n-workflow';

import { isObject, parseJson } from '../api/json';
import type { TaskAnswer } from '../api/schemas';
import type { DeliveredBy, Outcome, Task, TaskName } from './outcome';

/**
 * The JSON of an output item, the same from action and trigger. Fields that APIXO did not send are
 * absent. Times are Unix ms, `costTime` is ms.
 */
export type TaskOutput = {
	taskId: string;
	/** Absent where the trigger checks no signature: APIXO's callbacks do not carry it. */
	model?: string;
	/** `success`, `failed`, or whatever else APIXO calls the state of a task that is under way. */
	state: string;
	/** Empty unless the state is `success`. */
	resultUrls: string[];
	/** The parsed `resultJson`, whatever its shape; the raw string where it is no JSON. */
	result?: IDataObject[string];
	failCode?: string;
	failMsg?: string;
	createTime?: number;
	completeTime?: number;
	costTime?: number;
	reference?: string;
	deliveredBy: DeliveredBy;
	/** Further fields of the submission's answer. */
	submitData?: IDataObject;
	/** The task was not done in time, and `state` is its last known one. */
	timedOut?: true;
};

/** The fields that identify a task in errors and error items, with all that may help to save it. */
export const TASK_FACTS = ['taskId', 'model', 'state', 'resultUrls', 'failCode'] as const;

type OutputOrigin = Pick<TaskOutput, 'model' | 'reference' | 'deliveredBy'> & {
	submitData?: Record<string, unknown>;
};

/** What APIXO said of a task as the JSON of an output item. */
export function taskOutput(answer: TaskAnswer, origin: OutputOrigin): TaskOutput {
	const { taskId, state, resultJson, failCode, failMsg } = answer;
	const result = parseResult(resultJson);
	const { model, reference, deliveredBy, submitData } = origin;
	return withoutAbsent({
		taskId,
		model,
		state,
		resultUrls: state === 'success' ? resultUrlsOf(result) : [],
		result: result as TaskOutput['result'],
		failCode,
		failMsg,
		createTime: answer.createTime,
		completeTime: answer.completeTime,
		costTime: answer.costTime,
		reference,
		deliveredBy,
		submitData: submitData as IDataObject | undefined,
	});
}

/** The output of a task that no poll has been answered for. */
export function submittedOutput(task: Task, state = 'pending', reference?: string): TaskOutput {
	return taskOutput(
		{ taskId: task.taskId, state, resultJson: undefined },
		{ model: task.model, reference, deliveredBy: 'submit', submitData: task.submitData },
	);
}

/** The output of an outcome that is known: terminal, still running, or timed out. */
export function outcomeOutput(
	task: TaskName & Pick<Task, 'submitData'>,
	outcome: Exclude<Outcome, { kind: 'unreadable' }>,
	deliveredBy: DeliveredBy,
	reference?: string,
): TaskOutput {
	const output = taskOutput(
		outcome.answer ?? { taskId: task.taskId, state: 'pending', resultJson: undefined },
		{ model: task.model, reference, deliveredBy, submitData: task.submitData },
	);
	return outcome.kind === 'timedOut' ? { ...output, timedOut: true } : output;
}

/** `resultJson` parsed; an object as it is; the raw string where `parseJson` cannot parse it. */
export function parseResult(resultJson: unknown): unknown {
	if (typeof resultJson !== 'string') return resultJson ?? undefined;
	const parsed = parseJson(resultJson);
	return parsed.ok ? parsed.value : resultJson;
}

/** APIXO documents `{ resultUrls: string[] }`, but not for every model: so any URL in it counts. */
export function resultUrlsOf(result: unknown): string[] {
	const documented = isObject(result) ? result.resultUrls : undefined;
	if (typeof documented === 'string') return [documented];
	if (Array.isArray(documented) && documented.every((url) => typeof url === 'string')) {
		return documented;
	}
	const found = webAddressesIn(documented);
	return found.length > 0 ? found : webAddressesIn(result);
}

/** Every http(s) URL, in order, each once. Without recursion: the nesting may be deep. */
function webAddressesIn(value: unknown): string[] {
	const found = new Set<string>();
	const toVisit: unknown[] = [value];
	while (toVisit.length > 0) {
		const next = toVisit.pop();
		if (typeof next === 'string' && /^https?:\/\/\S+$/i.test(next)) found.add(next);
		if (typeof next !== 'object' || next === null) continue;
		const children = Object.values(next);
		for (let index = children.length - 1; index >= 0; index--) toVisit.push(children[index]);
	}
	return [...found];
}

function withoutAbsent<T extends object>(fields: T): T {
	return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}
