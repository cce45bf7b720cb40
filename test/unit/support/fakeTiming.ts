import type { Timing } from '../../../nodes/shared/api/transport';

/** After so many rounds of promise callbacks everything that could run has run, and all wait. */
const QUIET_ROUNDS = 60;

interface Sleeper {
	wakeAtMs: number;
	wake: () => void;
	fail: (reason: Error) => void;
}

/**
 * A clock that stands still while code runs and jumps to the next awakening when all of it sleeps:
 * waits of hours take no time, and what happens at once happens at once.
 */
export class FakeTiming implements Timing {
	/** Every sleep asked for, in ms, in the order of the calls. */
	readonly slept: number[] = [];
	/** What `random` answers. */
	chance = 0.5;
	/** The next to wake first; those of the same moment in the order of their calls. */
	private readonly sleepers: Sleeper[] = [];
	private isRunning = false;
	private cancelReason?: Error;

	constructor(private nowMs = 0) {}

	now(): number {
		return this.nowMs;
	}

	random(): number {
		return this.chance;
	}

	async sleep(ms: number): Promise<void> {
		this.slept.push(ms);
		const woken = new Promise<void>((wake, fail) => {
			this.queue({ wakeAtMs: this.nowMs + ms, wake, fail });
		});
		void this.run();
		await woken;
	}

	/** As n8n does when a user stops the execution: whatever sleeps, now or later, rejects. */
	cancel(reason: Error): void {
		this.cancelReason = reason;
	}

	private queue(sleeper: Sleeper): void {
		let place = this.sleepers.length;
		while (place > 0 && this.sleepers[place - 1].wakeAtMs > sleeper.wakeAtMs) place--;
		this.sleepers.splice(place, 0, sleeper);
	}

	private async run(): Promise<void> {
		if (this.isRunning) return;
		this.isRunning = true;
		while (this.sleepers.length > 0) {
			for (let round = 0; round < QUIET_ROUNDS; round++) await undefined;
			const next = this.sleepers.shift() as Sleeper;
			if (this.cancelReason) {
				next.fail(this.cancelReason);
			} else {
				this.nowMs = Math.max(this.nowMs, next.wakeAtMs);
				next.wake();
			}
		}
		this.isRunning = false;
	}
}
