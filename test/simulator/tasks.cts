import { randomBytes } from 'node:crypto';
import type { Clock } from './clock.cts';
import { USUAL_SECONDS, categoryOf, fileCount } from './models.cts';
import type { Category } from './models.cts';
import type { TaskPlan } from './plan.cts';
import { recordable } from './requestLog.cts';

export type FileType = NonNullable<TaskPlan['fileType']>;

/** What a receiver made of one callback. */
export interface DeliveryResult {
	/** Real time of sending, Unix ms. */
	atMs: number;
	/** Simulated seconds since the simulator was started. */
	atSimSeconds: number;
	/** Real ms until the answer or the error. */
	tookMs: number;
	url: string;
	/** The HTTP status answered. */
	status?: number;
	/** The first 2,000 characters of the answer. */
	answer?: string;
	/** Why no answer came. */
	error?: string;
	/** Sent by `sendCallback`, not by the schedule. */
	byHand?: true;
}

/** A plan with everything that the simulator would otherwise have to guess again. */
export type FullPlan = TaskPlan &
	Required<
		Pick<TaskPlan, 'seconds' | 'outcome' | 'states' | 'files' | 'fileType' | 'fileTtlSeconds'>
	>;

export interface Submission {
	key: string;
	model: string;
	input: Record<string, unknown>;
	requestBody: unknown;
	/** Set when the task is to call back. */
	callbackUrl?: string;
	plan: TaskPlan;
}

export interface Task {
	taskId: string;
	key: string;
	model: string;
	/** Cut to text where it is over 64 kB. */
	input: unknown;
	/** Empty where the input has none. */
	prompt: string;
	requestBody: unknown;
	callbackUrl?: string;
	plan: FullPlan;
	/** Real time, Unix ms. */
	submittedAtMs: number;
	/** Simulated time, Unix ms. */
	createTimeMs: number;
	/** Simulated time, Unix ms, at which the plan ends; Infinity for `never`. */
	dueAtMs: number;
	/** How it ended, and when: simulated and real Unix ms. */
	final?: { state: 'success' | 'failed'; completeTimeMs: number; atMs: number };
	statusCalls: number;
	callbackAttempts: DeliveryResult[];
}

/** APIXO's own figure: result files live for 24 hours. */
const FILE_TTL_SECONDS = 24 * 3600;

const USUAL_FILE_TYPES: Record<Category, FileType> = { image: 'png', video: 'mp4', audio: 'mp3' };

function fullPlan({ model, input, plan }: Submission): FullPlan {
	const category = categoryOf(model);
	return {
		...plan,
		seconds: plan.seconds ?? USUAL_SECONDS[category],
		outcome: plan.outcome ?? 'success',
		states: plan.states ?? ['pending', 'processing'],
		files: plan.files ?? fileCount(model, input),
		fileType: plan.fileType ?? askedFileType(category, input) ?? USUAL_FILE_TYPES[category],
		fileTtlSeconds: plan.fileTtlSeconds ?? FILE_TTL_SECONDS,
	};
}

function askedFileType(category: Category, input: Record<string, unknown>): FileType | undefined {
	if (category !== 'image') return undefined;
	return (['png', 'jpeg', 'webp'] as const).find((type) => type === input.output_format);
}

/** All tasks, each going its planned way on the simulated clock. */
export class TaskBook {
	private readonly tasks = new Map<string, Task>();
	private readonly running = new Set<Task>();
	private readonly timers = new Map<string, () => void>();

	/** `onFinal` is called once for each task, when it becomes final. */
	constructor(
		private readonly clock: Clock,
		private readonly onFinal: (task: Task) => void,
	) {}

	create(submission: Submission): Task {
		const plan = fullPlan(submission);
		const createTimeMs = this.clock.nowMs();
		const task: Task = {
			taskId: randomBytes(16).toString('hex'),
			key: submission.key,
			model: submission.model,
			input: recordable(submission.input),
			prompt: String(submission.input.prompt ?? ''),
			requestBody: recordable(submission.requestBody),
			callbackUrl: submission.callbackUrl,
			plan,
			submittedAtMs: Date.now(),
			createTimeMs,
			dueAtMs: plan.outcome === 'never' ? Infinity : createTimeMs + plan.seconds * 1000,
			statusCalls: 0,
			callbackAttempts: [],
		};
		this.tasks.set(task.taskId, task);
		this.running.add(task);
		if (plan.outcome !== 'never') this.wakeWhenDue(task);
		return task;
	}

	/** The task, made final where that is due. */
	find(taskId: string): Task | undefined {
		const task = this.tasks.get(taskId);
		if (task) this.settle(task);
		return task;
	}

	list(): Task[] {
		return [...this.tasks.keys()].map((taskId) => this.find(taskId) as Task);
	}

	/** Tasks that are not final. */
	unfinished(): Task[] {
		return [...this.running];
	}

	/** The state to show now: each of the planned ones for an equal share of the time. */
	state(task: Task): string {
		if (task.final) return task.final.state;
		const { states, seconds } = task.plan;
		const share = (this.clock.nowMs() - task.createTimeMs) / (seconds * 1000);
		const index = Math.floor(share * states.length);
		return states[Math.min(Math.max(index, 0), states.length - 1)] ?? states[0];
	}

	/** Makes a task final now; one that is final stays as it is. */
	finish(task: Task, state: 'success' | 'failed'): void {
		this.end(task, state, this.clock.nowMs());
	}

	clear(): void {
		for (const cancel of this.timers.values()) cancel();
		this.timers.clear();
		this.running.clear();
		this.tasks.clear();
	}

	private wakeWhenDue(task: Task): void {
		const leftSeconds = Math.max(0, task.dueAtMs - this.clock.nowMs()) / 1000;
		const wake = () => {
			this.settle(task);
			// A timer may fire a moment early, and one of weeks comes in parts.
			if (!task.final) this.wakeWhenDue(task);
		};
		this.timers.set(task.taskId, this.clock.afterRealMs(this.clock.toRealMs(leftSeconds), wake));
	}

	private settle(task: Task): void {
		if (task.final || task.plan.outcome === 'never' || task.dueAtMs > this.clock.nowMs()) return;
		this.end(task, task.plan.outcome, task.dueAtMs);
	}

	private end(task: Task, state: 'success' | 'failed', completeTimeMs: number): void {
		if (task.final) return;
		task.final = { state, completeTimeMs, atMs: Date.now() };
		this.running.delete(task);
		this.timers.get(task.taskId)?.();
		this.timers.delete(task.taskId);
		this.onFinal(task);
	}
}
