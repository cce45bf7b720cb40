import type { ApiFailure } from '../api/failure';
import { isTerminal, type TaskAnswer } from '../api/schemas';

/** How the caller learned of the state that it got. */
export type DeliveredBy = 'submit' | 'poll' | 'callback';

/** A task that APIXO has accepted. Small: it is kept in n8n's execution data. */
export interface Task {
	taskId: string;
	model: string;
	/** Unix ms at which the submission was answered. */
	submittedAtMs: number;
	/** Further fields of the submission's answer, `voice_id` for example. */
	submitData?: Record<string, unknown>;
}

/** What names a task to APIXO. */
export type TaskName = Pick<Task, 'taskId' | 'model'>;

/** Polls that have failed one after the other up to now. */
export interface FailedPolls {
	/** Unix ms of the first of them. */
	sinceMs: number;
	/** Why the last one failed. */
	failure: ApiFailure;
	/** Those that APIXO refused, which repeating them may not change. */
	refusals?: { sinceMs: number; count: number };
}

/** What became of a task, whichever way the news came. Members are apart so that types can exclude them. */
export type Outcome =
	| { kind: 'success'; answer: TaskAnswer }
	/** Not waited for, or not done yet. */
	| { kind: 'running'; answer: TaskAnswer }
	| { kind: 'failed'; answer: TaskAnswer }
	/** `answer` is the last one; absent where no poll was answered. */
	| { kind: 'timedOut'; answer?: TaskAnswer; cause: TimeoutCause; failedPolls?: FailedPolls }
	/** APIXO refuses to tell, and repeating the poll did not help. */
	| { kind: 'unreadable'; failure: ApiFailure };

/** Which limit ended the wait: the task's own, or that of n8n for the whole execution. */
export interface TimeoutCause {
	limit: 'task' | 'execution';
	/** How long the task was waited for. */
	seconds: number;
}

/** The outcome that an answer stands for. */
export function outcomeOf(answer: TaskAnswer): Extract<Outcome, { answer: TaskAnswer }> {
	return { kind: isTerminal(answer.state) ? answer.state : 'running', answer };
}
