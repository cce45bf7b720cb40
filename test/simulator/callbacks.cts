import { setMaxListeners } from 'node:events';
import { Agent, request } from 'undici';
import type { Clock } from './clock.cts';
import type { DeliveryResult, Task } from './tasks.cts';

/** APIXO's schedule: the first attempt, then again after 30 s, 2 min and 10 min. */
const PAUSES_SECONDS = [0, 30, 120, 600];

/** APIXO takes nothing but HTTP 200 within 30 s as received. */
const ACKNOWLEDGE_SECONDS = 30;

const LONGEST_RECORDED_ANSWER = 2_000;

/** What `sendCallback` may change. */
export interface CallbackByHand {
	/** How many copies, default 1. */
	times?: number;
	/** All copies at the same moment; default one after the other. */
	atOnce?: boolean;
	/** Where to; default the task's own callback URL. */
	url?: string;
	/** Instead of the documented payload; a string is sent as it is. */
	body?: unknown;
	headers?: Record<string, string>;
}

interface Message {
	url: string;
	body: string;
	headers?: Record<string, string>;
}

/** https, or a server on this machine: nothing else is called back. */
export function isCallbackUrl(url: unknown): url is string {
	if (typeof url !== 'string' || !URL.canParse(url)) return false;
	const { protocol, hostname } = new URL(url);
	return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
}

function isLoopback(hostname: string): boolean {
	return /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

/** Any number of deliveries may listen to it. */
function newAbort(): AbortController {
	const abort = new AbortController();
	setMaxListeners(0, abort.signal);
	return abort;
}

/** Delivers callbacks, and keeps at it as APIXO does. */
export class Courier {
	// A connection for each callback: the receiver may have been restarted since the last.
	private readonly agent = new Agent({ pipelining: 0 });
	private deliveries = new Set<Task>();
	private abort = newAbort();

	/**
	 * `payloadOf` is asked at the time of sending. A receiver always gets at least
	 * `minAcknowledgeMs` real ms, however fast the clock runs.
	 */
	constructor(
		private readonly clock: Clock,
		private readonly payloadOf: (task: Task) => object,
		private readonly minAcknowledgeMs: number,
	) {}

	/** Deliveries that are neither acknowledged nor abandoned. */
	get busy(): number {
		return this.deliveries.size;
	}

	/** Calls back as the task's plan says, with retries, unless it asked for no callback. */
	async deliver(task: Task): Promise<void> {
		const { times = 1, atOnce = false, never, delaySeconds = 0, body } = task.plan.callback ?? {};
		const url = task.callbackUrl;
		if (url === undefined || never) return;
		const { deliveries } = this;
		const { signal } = this.abort;
		deliveries.add(task);
		await this.sleep(delaySeconds, signal);
		for (const pauseSeconds of PAUSES_SECONDS) {
			await this.sleep(pauseSeconds, signal);
			if (signal.aborted) return;
			const results = await this.round(task, times, atOnce, {
				url,
				body: this.textOf(task, body),
			});
			if (results.some(({ status }) => status === 200)) break;
		}
		deliveries.delete(task);
	}

	/** Sends now and once, whatever state the task has. Throws when there is no URL to send to. */
	async deliverByHand(task: Task, by: CallbackByHand): Promise<DeliveryResult[]> {
		const url = by.url ?? task.callbackUrl;
		if (url === undefined) throw new Error(`Task ${task.taskId} has no callback URL`);
		const message = { url, body: this.textOf(task, by.body), headers: by.headers };
		return await this.round(task, by.times ?? 1, by.atOnce ?? false, message, true);
	}

	/** Forgets every delivery; those under way are broken off. */
	reset(): void {
		this.abort.abort();
		this.abort = newAbort();
		this.deliveries = new Set();
	}

	async stop(): Promise<void> {
		this.reset();
		await this.agent.destroy();
	}

	private async sleep(simulatedSeconds: number, signal: AbortSignal): Promise<void> {
		if (simulatedSeconds === 0) return;
		await this.clock.sleepRealMs(this.clock.toRealMs(simulatedSeconds), signal);
	}

	private textOf(task: Task, body: unknown): string {
		return typeof body === 'string' ? body : JSON.stringify(body ?? this.payloadOf(task));
	}

	private async round(
		task: Task,
		times: number,
		atOnce: boolean,
		message: Message,
		byHand?: true,
	): Promise<DeliveryResult[]> {
		const send = async () => await this.send(task, message, byHand);
		if (atOnce) return await Promise.all(Array.from({ length: times }, send));
		const results: DeliveryResult[] = [];
		while (results.length < times) results.push(await send());
		return results;
	}

	private async send(task: Task, message: Message, byHand?: true): Promise<DeliveryResult> {
		const result: DeliveryResult = {
			atMs: Date.now(),
			atSimSeconds: this.clock.elapsedSeconds(),
			tookMs: 0,
			url: message.url,
			...(byHand && { byHand }),
		};
		const limitMs = Math.max(this.minAcknowledgeMs, this.clock.toRealMs(ACKNOWLEDGE_SECONDS));
		const limit = AbortSignal.timeout(Math.ceil(limitMs));
		try {
			// Redirects are not followed: undici does so only when told to.
			const response = await request(message.url, {
				method: 'POST',
				headers: { 'content-type': 'application/json', ...message.headers },
				body: message.body,
				dispatcher: this.agent,
				signal: AbortSignal.any([limit, this.abort.signal]),
			});
			result.status = response.statusCode;
			result.answer = (await response.body.text()).slice(0, LONGEST_RECORDED_ANSWER);
		} catch (error) {
			result.error = limit.aborted
				? `no answer within ${Math.round(limitMs)} ms`
				: (error as Error).message;
		}
		result.tookMs = Date.now() - result.atMs;
		task.callbackAttempts.push(result);
		return result;
	}
}
