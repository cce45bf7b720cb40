import { allIsQuiet } from './allIsQuiet.cts';
import type { Timing } from '../../../nodes/shared/api/transport';

interface Sleeper {
	wakeAtMs: number;
	wake: () => void;
	fail: (reason: unknown) => void;
}

/**
 * A clock that stands still while code runs, and jumps to the next awakening when all of it sleeps:
 * waits of hours take no time, and what happens at once happens at once.
 */
export class FakeTiming implements Timing {
	/** Every sleep asked for, in ms, in the order of the calls. */
	readonly slept: number[] = [];
	/** What `random` answers; a function is asked anew each time. */
	chance: number | (() => number) = 0.5;
	/** The next to wake first; those of the same moment in the order of their calls. */
	private readonly sleepers: Sleeper[] = [];
	private isRunning = false;
	private cancelReason?: Error;

	constructor(private nowMs = 0) {}

	now(): number {
		return this.nowMs;
	}

	random(): number {
		return typeof this.chance === 'number' ? this.chance : this.chance();
	}

	isCancelled(): boolean {
		return this.cancelReason !== undefined;
	}

	async sleep(ms: number, signal?: AbortSignal): Promise<void> {
		this.slept.push(ms);
		if (this.cancelReason) throw this.cancelReason;
		signal?.throwIfAborted();
		await new Promise<void>((wake, fail) => {
			const sleeper = { wakeAtMs: this.nowMs + ms, wake, fail };
			this.queue(sleeper);
			signal?.addEventListener('abort', () => {
				if (this.remove(sleeper)) fail(signal.reason);
			});
			void this.run();
		});
	}

	/** As n8n does when a user stops the execution: whatever sleeps, now or later, rejects. */
	cancel(reason: Error): void {
		this.cancelReason = reason;
		for (const { fail } of this.sleepers.splice(0)) fail(reason);
	}

	private queue(sleeper: Sleeper): void {
		let place = this.sleepers.length;
		while (place > 0 && this.sleepers[place - 1].wakeAtMs > sleeper.wakeAtMs) place--;
		this.sleepers.splice(place, 0, sleeper);
	}

	private remove(sleeper: Sleeper): boolean {
		const place = this.sleepers.indexOf(sleeper);
		if (place < 0) return false;
		this.sleepers.splice(place, 1);
		return true;
	}

	private async run(): Promise<void> {
		if (this.isRunning) return;
		this.isRunning = true;
		while (this.sleepers.length > 0) {
			await allIsQuiet();
			const next = this.sleepers.shift();
			if (!next) break;
			this.nowMs = Math.max(this.nowMs, next.wakeAtMs);
			next.wake();
		}
		this.isRunning = false;
	}
}
