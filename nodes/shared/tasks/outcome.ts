import type { ApiFailure } from '../api/failure';
import { isTerminal, type TaskAnswer } from '../api/schemas';

/** How the caller learned of it. */
export type DeliveredBy = 'submit' | 'poll' | 'callback';

/** A task that APIXO has accepted. Small: it is kept in n8n's execution data. */
export interface Task {
	taskId: string;
	model: string;
	/** Unix ms at which the submission was answered. */
	submittedAtMs: number;
	/** Further fields of the submission's answer, `voice_id` for example. */
	extra?: Record<string, unknown>;
}

/** What became of a task, whichever way the news came. */
export type Outcome =
	| { kind: 'success' | 'running'; answer: TaskAnswer }
	| { kind: 'failed'; answer: TaskAnswer }
	| { kind: 'timedOut'; answer?: TaskAnswer; timeoutSeconds: number }
	| { kind: 'unknown'; failure: ApiFailure };

export function outcomeOf(answer: TaskAnswer): Outcome {
	return { kind: isTerminal(answer.state) ? answer.state : 'running', answer };
}
