import { pollDueMs, type WaitLimits } from '../../shared/tasks/wait';
import { isFailed, pendingItems, unsubmittedItems, type RunState, type TaskItem } from './state';

/** What a run does now, and until when it then has nothing to do. */
export interface Step {
	/** Indexes of items to submit. */
	submit: number[];
	/** Items whose task is to be polled. */
	poll: TaskItem[];
	/** Unix ms of the next poll; undefined where no task is left to wait for. */
	untilMs?: number;
	/** Spend the time until then paused. */
	pause: boolean;
	/** The run ends now, although requests are under way: n8n is about to end the execution. */
	isOver: boolean;
}

/**
 * n8n checks once a minute which executions are due within 70 s and sets a timer for each, so that
 * a pause of a minute ends on time. Five seconds less, since submitting takes time too.
 */
const SHORTEST_PAUSE_MS = 55_000;

/**
 * A submission that is still under way when the run is over stays one of unknown outcome; polls end
 * before that.
 * @param busy indexes of the items that a request is under way for
 * @param goesOn after an item has failed, the workflow goes on, and so do submissions
 * @param reported ids of the tasks that callbacks have announced as done: due now
 */
export function nextStep(
	state: RunState,
	{
		nowMs,
		limits,
		busy,
		goesOn,
		reported,
	}: {
		nowMs: number;
		limits: WaitLimits;
		busy: ReadonlySet<number>;
		goesOn: boolean;
		reported: ReadonlySet<string>;
	},
): Step {
	const pending = pendingItems(state);
	const sending = state.items.filter(
		({ status, itemIndex }) => status === 'sending' && busy.has(itemIndex),
	);
	const room = Math.max(0, state.maxConcurrency - pending.length - sending.length);
	const isStopped = nowMs >= (limits.stopAtMs ?? Infinity);
	const maySubmit = !isStopped && (goesOn || !state.items.some(isFailed));
	const submit = maySubmit ? unsubmittedItems(state).slice(0, room) : [];

	const idle = pending.filter(({ itemIndex }) => !busy.has(itemIndex));
	const isDue = ({ wait }: TaskItem) =>
		pollDueMs(wait, limits) <= nowMs || reported.has(wait.task.taskId);
	const waiting = idle.filter((item) => !isDue(item));
	const { endAtMs = Infinity } = limits;
	const isOver = nowMs >= endAtMs && pending.length === 0;
	const areSending = sending.length + submit.length > 0;
	const untilMs = earliest([
		...waiting.map(({ wait }) => pollDueMs(wait, limits)),
		...(areSending && nowMs < endAtMs ? [endAtMs] : []),
	]);
	const isIdle = busy.size === 0 && submit.length === 0 && waiting.length === pending.length;
	return {
		submit,
		poll: idle.filter(isDue),
		untilMs,
		pause:
			isIdle &&
			untilMs !== undefined &&
			untilMs < (limits.pauseBeforeMs ?? Infinity) &&
			state.canPause &&
			shouldPause(state, untilMs - nowMs),
		isOver,
	};
}

function earliest(times: number[]): number | undefined {
	const first = Math.min(...times);
	return first === Infinity ? undefined : first;
}

/** 'Pause Until Callback' spends every gap paused, 'Automatic' those that n8n's timer is exact for. */
function shouldPause(state: RunState, gapMs: number): boolean {
	return pendingItems(state).every(
		({ settings: { completion } }) =>
			completion === 'callback' || (completion === 'auto' && gapMs >= SHORTEST_PAUSE_MS),
	);
}
