import type { GenerateBody } from '../../shared/api/client';
import type { PollSchedule } from '../../shared/tasks/schedule';
import type { TaskSettings } from './state';

/** A task to submit: checked and resolved. */
export interface TaskRequest {
	itemIndex: number;
	model: string;
	body: GenerateBody;
	/** From what is known about such tasks by now; asked at the submission and after each poll. */
	schedule: () => PollSchedule;
	settings: TaskSettings;
	/** Tells the request from a changed one. */
	fingerprint: string;
}
