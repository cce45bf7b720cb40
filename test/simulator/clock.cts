/** The longest delay that a Node timer takes, ms. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * The simulator's clock: it starts at the real time and runs `timeScale` simulated seconds a real
 * second. Every timer of the simulator is made here, so that `stop` leaves none behind.
 */
export class Clock {
	private readonly startedAtMs = Date.now();
	private readonly startedAtTicks = performance.now();
	private readonly timers = new Set<NodeJS.Timeout>();
	private stopped = false;

	constructor(private readonly timeScale: number) {}

	/** Simulated time, Unix ms, whole. */
	nowMs(): number {
		return Math.floor(this.startedAtMs + this.elapsedSeconds() * 1000);
	}

	/** Simulated seconds since the clock was started. */
	elapsedSeconds(): number {
		return ((performance.now() - this.startedAtTicks) * this.timeScale) / 1000;
	}

	/** What a simulated time span takes in real ms. */
	toRealMs(simulatedSeconds: number): number {
		return (simulatedSeconds * 1000) / this.timeScale;
	}

	/** Runs `action` after that many real ms; the answer cancels it. */
	afterRealMs(delayMs: number, action: () => void): () => void {
		if (this.stopped) return () => {};
		const timer = setTimeout(
			() => {
				this.timers.delete(timer);
				action();
			},
			Math.min(delayMs, LONGEST_TIMER_MS),
		);
		this.timers.add(timer);
		return () => {
			clearTimeout(timer);
			this.timers.delete(timer);
		};
	}

	/** Resolves after that many real ms, or at once when `signal` aborts. */
	async sleepRealMs(delayMs: number, signal?: AbortSignal): Promise<void> {
		if (signal?.aborted) return;
		await new Promise<void>((resolve) => {
			const wake = () => {
				cancel();
				signal?.removeEventListener('abort', wake);
				resolve();
			};
			const cancel = this.afterRealMs(delayMs, wake);
			signal?.addEventListener('abort', wake);
		});
	}

	/** Cancels every timer; what slept on one never goes on. */
	stop(): void {
		this.stopped = true;
		for (const timer of this.timers) clearTimeout(timer);
		this.timers.clear();
	}
}
