import type { ApixoClient, GenerateBody, SubmittedTask } from '../../../../nodes/shared/api/client';
import type { Answer } from '../../../../nodes/shared/api/failure';
import type { TaskAnswer } from '../../../../nodes/shared/api/schemas';
import type { FakeTiming } from '../../support/fakeTiming';

export interface Behaviour {
	/** How long the task of an item takes from its submission. */
	taskSeconds?: (itemIndex: number) => number;
	/** What the submission of an item waits for, before it is answered. */
	submitting?: (itemIndex: number) => Promise<void>;
	/** What a poll of an item waits for; `count` from 1. */
	polling?: (itemIndex: number, count: number) => Promise<void>;
}

/** Unix ms when the tests' clock shows 0: APIXO's own clock is another one. */
const APIXO_CLOCK_MS = Date.UTC(2026, 10, 24);

/** An APIXO on the fake clock, whose tasks are called `task-<item>`. Times are in seconds. */
export class FakeClient implements ApixoClient {
	/** When each item was submitted, in the order of the submissions. */
	readonly submitted: Array<{ itemIndex: number; at: number }> = [];
	/** Unix ms until which each might be sent. */
	readonly latestMs: Array<number | undefined> = [];
	/** When each task was polled. */
	readonly polls: Record<string, number[]> = {};
	private readonly begunAt = new Map<string, number>();
	private readonly doneAt = new Map<string, number>();

	constructor(
		private readonly timing: FakeTiming,
		private readonly behaviour: Behaviour = {},
	) {}

	async submit(
		_model: string,
		{ input }: GenerateBody,
		latestMs?: number,
	): Promise<Answer<SubmittedTask>> {
		if (this.timing.isCancelled()) throw new Error('The execution was cancelled');
		const itemIndex = Number(input.item);
		this.latestMs.push(latestMs);
		this.submitted.push({ itemIndex, at: this.seconds() });
		await this.behaviour.submitting?.(itemIndex);
		const taskId = `task-${itemIndex}`;
		this.begunAt.set(taskId, this.seconds());
		this.doneAt.set(taskId, this.seconds() + (this.behaviour.taskSeconds?.(itemIndex) ?? 0));
		return { ok: true, value: { taskId } };
	}

	async getStatus(_model: string, taskId: string): Promise<Answer<TaskAnswer>> {
		if (this.timing.isCancelled()) throw new Error('The execution was cancelled');
		const polls = (this.polls[taskId] ??= []);
		polls.push(this.seconds());
		await this.behaviour.polling?.(Number(taskId.slice('task-'.length)), polls.length);
		const doneAt = this.doneAt.get(taskId) ?? 0;
		const createTime = APIXO_CLOCK_MS + (this.begunAt.get(taskId) ?? 0) * 1000;
		const answer = { taskId, resultJson: undefined, createTime };
		const completeTime = APIXO_CLOCK_MS + doneAt * 1000;
		return this.seconds() < doneAt
			? { ok: true, value: { ...answer, state: 'processing' } }
			: { ok: true, value: { ...answer, state: 'success', completeTime } };
	}

	async getBalance(): Promise<Answer<number>> {
		return { ok: true, value: 0 };
	}

	private seconds(): number {
		return this.timing.now() / 1000;
	}
}
