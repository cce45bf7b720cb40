import type { GenerateBody } from '../../shared/api/client';
import type { PollSchedule } from '../../shared/tasks/schedule';
import type { TaskSettings } from './state';

/** A task to submit: checked and resolved. */
export interface TaskRequest {
	itemIndex: number;
	model: string;
	body: GenerateBody;
	/**
	 * Computed at submission, from what is known about such tasks by then.
	 * @param isOfFormerExecution a callback would not come to this one
	 */
	schedule: (isOfFormerExecution?: boolean) => PollSchedule;
	settings: TaskSettings;
	/** Tells the request from a changed one. */
	fingerprint: string;
}
