import { z } from 'zod/v4';

import { isTerminal, type TaskAnswer } from '../../shared/api/schemas';

export const pauseRecordSchema = z.lazy(() =>
	z.object({
		/** Names the run of the node in this execution. */
		runKey: z.string(),
		/** Every pause of a run has a number of its own. */
		number: z.int(),
		/** Unix ms at which n8n's timer ends the pause. */
		untilMs: z.number(),
		/** The tasks that are waited for. */
		tasks: z.array(z.object({ taskId: z.string(), model: z.string() })),
		/** Further items wait for a place: the first task that is done makes room. */
		resumeOnFirst: z.boolean(),
	}),
);

/** A pause as it is kept in n8n's database: what a callback must know to end it. */
export type PauseRecord = z.infer<typeof pauseRecordSchema>;

/** How a pause ended. */
export interface PauseEnd {
	/** Ids of the tasks that callbacks have announced as done. */
	reported: Set<string>;
	/** A callback ended it, and not n8n's timer. */
	isCalledBack: boolean;
}

/** What this process knows of a pause. */
export interface PauseKnowledge {
	/** The pause was made here, so that all its callbacks come here, too. */
	isMadeHere: boolean;
	/** n8n has just started, and may still put the execution back to this pause. */
	mayBePutBack: boolean;
	/** A run of this process has continued from the pause. */
	isContinued: boolean;
	/** A callback that came here is resuming the execution. */
	isResuming: boolean;
	/** Ids of the tasks that callbacks have announced here as done. */
	reported: ReadonlySet<string>;
}

/** What a callback is answered. A status other than 200 makes APIXO send it again. */
export interface Reply {
	status: 200 | 400 | 404 | 503;
	message: string;
}

/** A reply; with `resume` the execution continues; with `poll` these tasks decide about that. */
export type CallbackDecision = Reply & { resume?: true; poll?: PauseRecord['tasks'] };

/** So close to the end of a pause n8n's timer may have loaded the execution already. */
const TIMER_IS_DUE_MS = 1_000;
/**
 * How long n8n's data stays that of the execution's last pause, although callbacks to other processes
 * may resume it: shorter than such a run takes to submit more and pause again.
 */
export const DATA_IS_FRESH_MS = 500;

export const SEND_AGAIN = {
	status: 503,
	message: 'The execution continues right now: send again',
} as const;
const STARTING = { status: 503, message: 'n8n is still starting: send again' } as const;
const CONTINUES = { status: 200, message: 'The execution continues' } as const;
export const NOTED = { status: 200, message: 'Noted: other tasks are still under way' } as const;
export const NOT_POLLED = {
	status: 503,
	message: 'Other tasks could not be polled: send again',
} as const;

/** Up to this many are polled at once. */
const FEW_TASKS = 10;

/**
 * Which of the tasks that decide about a resume are polled first; the others only if these are done.
 * A single unfinished task keeps the execution paused, so of many tasks one is tried first: otherwise
 * 40 callbacks would take 780 polls. It is chosen at random, since tasks that end in a certain order
 * could always make it one that is already done.
 * @param random at least 0, less than 1
 */
export function firstToPoll(tasks: PauseRecord['tasks'], random: number): PauseRecord['tasks'] {
	return tasks.length > FEW_TASKS ? [tasks[Math.floor(random * tasks.length)]] : tasks;
}

/**
 * What a callback to a paused execution leads to. Its body is trusted with no more than the name of
 * the task that is done: the resumed run polls it.
 */
export function onCallback(
	pause: PauseRecord | undefined,
	{ taskId, state }: Pick<TaskAnswer, 'taskId' | 'state'>,
	{ isMadeHere, mayBePutBack, isContinued, isResuming, reported }: PauseKnowledge,
	nowMs: number,
): CallbackDecision {
	if (!pause?.tasks.some((task) => task.taskId === taskId)) {
		return { status: 404, message: 'This execution is not waiting for this task' };
	}
	if (!isTerminal(state)) return { status: 200, message: 'Ignored: the task is not done yet' };
	// n8n's data is that of a pause that is over: the newer one is not known here.
	if (isContinued) return SEND_AGAIN;
	if (isResuming) return CONTINUES;
	if (mayBePutBack) return STARTING;
	if (pause.untilMs - nowMs < TIMER_IS_DUE_MS) return isMadeHere ? CONTINUES : SEND_AGAIN;
	const others = pause.tasks.filter((task) => task.taskId !== taskId && !reported.has(task.taskId));
	if (others.length === 0 || pause.resumeOnFirst) return { ...CONTINUES, resume: true };
	// Callbacks for the others may have gone to another process of n8n.
	return isMadeHere ? NOTED : { ...CONTINUES, poll: others };
}
