import type { IExecuteFunctions } from 'n8n-workflow';

import { timerDeadlineMs } from '../../shared/n8n/deadlines';
import { explainResumedTwice, explainUnansweredSubmit } from '../../shared/tasks/explain';
import { learnLength } from '../../shared/tasks/learnedLengths';
import { afterPoll, timeoutAtMs, type WaitLimits } from '../../shared/tasks/wait';
import { waitLimits, type AttemptLimits } from '../decisions/limits';
import type { PauseEnd } from '../decisions/onCallback';
import { nextStep, type Step } from '../decisions/nextStep';
import {
	pendingItems,
	unsubmittedItems,
	withItem,
	withoutItem,
	type ItemState,
	type RunState,
	type TaskItem,
} from '../decisions/state';
import { isCancelled, toExplanation } from '../items/errors';
import { goesOnAfterErrors } from '../items/itemResults';
import { logTasks } from '../items/logTasks';
import type { StateStore } from '../memory/stateStore';
import { maySubmit, pauseUntil } from '../pause/pause';
import type { Session } from './session';
import { submit } from './submit';
import type { TaskRequest } from '../decisions/taskRequest';
import type { WorkItem } from '../decisions/workItem';

export interface EngineParts {
	context: IExecuteFunctions;
	session: Session;
	store: StateStore;
	/** What is still to be submitted, by item index, as far as it is read. */
	requests: Map<number, TaskRequest>;
	/** Reads what these items ask for; one result for each. */
	read: (itemIndexes: number[]) => Promise<WorkItem[]>;
	/** How the pause ended that this run continues from. */
	pauseEnd?: PauseEnd;
	/** What n8n's deadline leaves the run. */
	limits?: AttemptLimits;
}

/**
 * The engine of waiting. It carries out what `nextStep` decides: submits, polls, sleeps and pauses,
 * each request on its own, so that a slow one holds back no other.
 */
export class Engine {
	private readonly busy = new Set<number>();
	private readonly limits: WaitLimits;
	private readonly goesOn: boolean;
	private readonly reported: Set<string>;
	private isOver = false;
	private wake = () => {};

	constructor(
		private readonly parts: EngineParts,
		public state: RunState,
	) {
		const { context, pauseEnd, limits } = parts;
		const timerMs = timerDeadlineMs(context);
		this.limits = waitLimits(limits, { timerMs, canPause: state.canPause });
		this.goesOn = goesOnAfterErrors(context);
		this.reported = pauseEnd?.reported ?? new Set();
	}

	/** Until every item is done, or the execution is paused. */
	async run(): Promise<'done' | 'paused'> {
		this.save(this.state);
		return await this.loop().catch(async (error: unknown) => {
			// What is under way is read to its end: each answer may name a task that is paid for.
			while (this.busy.size > 0) await new Promise<void>((resolve) => (this.wake = resolve));
			logTasks(this.parts.context, this.state);
			throw error;
		});
	}

	private async loop(): Promise<'done' | 'paused'> {
		for (;;) {
			const step = this.decide();
			const unread = step.submit.filter((itemIndex) => !this.parts.requests.has(itemIndex));
			if (unread.length > 0) {
				await this.read(unread);
				// It may have taken long.
				continue;
			}
			for (const itemIndex of step.submit) {
				const request = this.parts.requests.get(itemIndex);
				if (request) this.start(itemIndex, async () => await this.submit(request));
			}
			for (const item of step.poll) {
				this.start(item.itemIndex, async () => await this.poll(item));
			}
			const isDone = this.busy.size === 0 && step.untilMs === undefined;
			this.isOver = isDone || step.isOver;
			if (this.isOver) return 'done';
			if (step.pause && step.untilMs !== undefined) {
				await this.pause(step.untilMs);
				return 'paused';
			}
			await this.sleepUntil(step.untilMs);
		}
	}

	private decide(): Step {
		const { busy, limits, goesOn, state, reported } = this;
		const nowMs = this.parts.session.timing.now();
		return nextStep(state, { nowMs, busy, limits, goesOn, reported });
	}

	private save(state: RunState): void {
		this.state = state;
		this.parts.store.save(state);
	}

	/** Works on an item beside the others. On cancellation the loop's own sleep ends the run. */
	private start(itemIndex: number, work: () => Promise<ItemState>): void {
		this.busy.add(itemIndex);
		void work()
			.then((item) => {
				if (!this.isOver) return this.save(withItem(this.state, item));
				// Too late for the output; another attempt may have saved its state meanwhile.
				logTasks(this.parts.context, { ...this.state, items: [item] });
			})
			.catch((error: unknown) => this.giveUp(itemIndex, toExplanation(error).message))
			.finally(() => {
				this.busy.delete(itemIndex);
				this.wake();
			});
	}

	/** What a poll throws is the item's error; otherwise the poll would be repeated at once, forever. */
	private giveUp(itemIndex: number, message: string): void {
		const { context } = this.parts;
		const item = pendingItems(this.state).find((pending) => pending.itemIndex === itemIndex);
		if (!item || isCancelled(context)) return context.logger.debug(message);
		const outcome = { kind: 'unreadable', failure: { kind: 'unreadable', message } } as const;
		this.save(withItem(this.state, { ...item, wait: { ...item.wait, outcome } }));
	}

	/** After a pause, items are read only when there is room for them. */
	private async read(itemIndexes: number[]): Promise<void> {
		for (const { entry } of await this.parts.read(itemIndexes)) {
			if ('status' in entry) this.save(withItem(this.state, entry));
			else this.parts.requests.set(entry.itemIndex, entry);
		}
	}

	private async submit(request: TaskRequest): Promise<ItemState> {
		const { context, session } = this.parts;
		const { itemIndex, fingerprint } = request;
		if (!maySubmit(context)) {
			return { status: 'refused', itemIndex, explanation: explainResumedTwice() };
		}
		const sending: ItemState = { status: 'sending', itemIndex, fingerprint };
		this.save(withItem(this.state, sending));
		return await submit(context, session, request, this.limits.stopAtMs).catch((error: unknown) => {
			if (!isCancelled(context)) {
				const explanation = explainUnansweredSubmit(toExplanation(error).message);
				return { ...sending, explanation };
			}
			// Cancelled before the request was under way: it counts as not submitted.
			this.save(withoutItem(this.state, itemIndex));
			throw error;
		});
	}

	private async poll(item: TaskItem): Promise<ItemState> {
		const { context, session } = this.parts;
		const { client, timing, credential } = session;
		const { taskId, model } = item.wait.task;
		const deliveredBy = this.reported.delete(taskId) ? 'callback' : 'poll';
		const answer = await client
			.getStatus(model, taskId, timeoutAtMs(item.wait, this.limits), this.limits.endAtMs)
			.catch((error: unknown) => {
				if (isCancelled(context)) throw error;
				const { message } = toExplanation(error);
				return { ok: false, error: { kind: 'network', message } } as const;
			});
		const wait = afterPoll(item.wait, answer, deliveredBy, timing.now(), this.limits);
		// Right away, so that later items of this run benefit.
		learnLength({ baseUrl: credential.baseUrl, mode: item.settings.mode }, wait, timing.now());
		return { ...item, wait };
	}

	private async pause(untilMs: number): Promise<void> {
		const { context, session } = this.parts;
		const lastPause = await pauseUntil(context, session.runIndex, {
			untilMs,
			tasks: pendingItems(this.state).map(({ wait }) => wait.task),
			resumeOnFirst: unsubmittedItems(this.state).length > 0,
			lastNumber: this.state.lastPause,
		});
		this.save({ ...this.state, lastPause });
	}

	/** Sleeps until the next poll is due or a request has ended. */
	private async sleepUntil(untilMs = Infinity): Promise<void> {
		const { timing } = this.parts.session;
		const woken = new Promise<void>((resolve) => (this.wake = resolve));
		const timer = new AbortController();
		const ms = Math.max(0, untilMs - timing.now());
		await Promise.race([timing.sleep(ms, timer.signal), woken]).finally(() => timer.abort());
	}
}
