import type { z } from 'zod/v4';

import { readAnswer } from './answers';
import {
	isSafeToSubmitAgain,
	isTransient,
	networkFailure,
	type Answer,
	type ApiFailure,
} from './failure';
import { createPacer } from './pacer';
import { retry } from './retry';
import { balanceSchema, statusSchema, submittedSchema, type TaskAnswer } from './schemas';
import type { HttpResponse, Timing, Transport } from './transport';

/**
 * Long, since a submission that is cut off leaves unknown whether it was accepted; longer than
 * Linux takes to give up connecting (127 s), after which nothing can have been. n8n has no
 * timeout for connecting alone.
 */
const SUBMIT_TIMEOUT_MS = 130_000;
/** A submission in flight when the run is cancelled may still bring a task id that is paid for. */
const SUBMIT_CANCEL_GRACE_MS = 30_000;
/**
 * Submissions are sent again until all of this client's were refused for so long. One time for all,
 * so that a run of many items ends within minutes when APIXO takes none, and goes on while it does.
 */
const SUBMIT_RETRY_MS = 120_000;
const READ_TIMEOUT_MS = 30_000;
/** Lower bound of a poll's timeout, so that the poll at the deadline can still be answered. */
const MIN_READ_TIMEOUT_MS = 5_000;
const BALANCE_RETRY_MS = 60_000;
/** A poll is not repeated at once where the server asks for a longer pause. */
const MAX_QUICK_RETRY_MS = 1_000;

/** The body of generateTask. */
export interface GenerateBody {
	request_type: 'async' | 'callback';
	callback_url?: string;
	provider?: string;
	input: Record<string, unknown>;
}

export interface SubmittedTask {
	taskId: string;
	/** Sent by the newest audio models only. */
	state?: string;
	/** Whatever else came with it, `voice_id` for example; absent where nothing did. */
	submitData?: Record<string, unknown>;
}

/**
 * The APIXO API. Every call reports failures in its `Answer`. It rejects only when the run is
 * cancelled, and never with a request under way.
 */
export interface ApixoClient {
	/**
	 * Submits once; again only where nothing can have been accepted. A submission in flight is read
	 * to its end, also when the run is cancelled; after that none is sent.
	 * @param latestMs Unix ms; none is sent after this moment
	 */
	submit(model: string, body: GenerateBody, latestMs?: number): Promise<Answer<SubmittedTask>>;
	/**
	 * Polls once, with at most one quick retry after a transient failure. The next poll is the
	 * caller's decision; `retryAfterMs` of the failure says how long APIXO wants to be left alone.
	 * @param deadlineMs Unix time. The poll goes at this moment at the latest, and ends there or,
	 * where that is too short, after 5 s
	 * @param latestMs Unix time at which it ends in any case
	 */
	getStatus(
		model: string,
		taskId: string,
		deadlineMs: number,
		latestMs?: number,
	): Promise<Answer<TaskAnswer>>;
	/**
	 * The key's balance in USD. Transient failures are retried for a minute. Asked for once, and anew
	 * after a submission was accepted, which changes it.
	 * @param latestMs Unix ms at which it is no longer waited for
	 */
	getBalance(latestMs?: number): Promise<Answer<number>>;
}

const NO_ANSWER_IN_TIME: Answer<never> = {
	ok: false,
	error: { kind: 'network', message: 'no response in time' },
};

/** The answer to a submission that was never sent: the rate limit left it no turn in time. */
const TOO_LATE: Answer<never> = {
	ok: false,
	error: { kind: 'rateLimited', message: 'the rate limit left no time to send the request' },
};

/** A request below the base URL. */
interface ApiRequest {
	method: 'GET' | 'POST';
	path: string;
	body?: string;
	timeoutMs: number;
	cancelGraceMs: number;
}

/**
 * Requests of one client share one pace, which slows down when APIXO refuses one as one too many.
 * @param baseUrl without a slash at the end, e.g. `https://api.apixo.ai/api/v1`
 */
export function createClient(transport: Transport, baseUrl: string, timing: Timing): ApixoClient {
	const pacer = createPacer(timing);
	/** Since when no submission got through; undefined while they do. */
	let refusedSinceMs: number | undefined;
	let balance: Promise<Answer<number>> | undefined;

	/** Sends once the run is not cancelled; the caller has waited for its turn. */
	async function send<T>(request: ApiRequest, schema: z.ZodType<T>): Promise<Answer<T>> {
		if (timing.isCancelled()) throw new Error('The execution was cancelled');
		const { path, ...rest } = request;
		const sentAtMs = timing.now();
		try {
			const response = await transport.send({ ...rest, url: baseUrl + path });
			const answer = readAnswer(response, schema, timing.now());
			adjustPace(answer, sentAtMs);
			return answer.ok ? answer : { ok: false, error: redirectOr(answer.error, response, path) };
		} catch (error) {
			return { ok: false, error: networkFailure(error) };
		}
	}

	function adjustPace(answer: Answer<unknown>, sentAtMs: number): void {
		if (!answer.ok && asksForFewerRequests(answer.error)) {
			pacer.slowDown(sentAtMs, answer.error.retryAfterMs);
		} else {
			pacer.speedUp();
		}
	}

	/** A redirect is not followed, so that neither task nor key goes to a server that nobody named. */
	function redirectOr(failure: ApiFailure, response: HttpResponse, path: string): ApiFailure {
		const { status, headers } = response;
		if (status < 300 || status >= 400) return failure;
		const message = redirectTarget(headers.location, baseUrl, path) ?? `HTTP status ${status}`;
		return { kind: 'redirected', status, message };
	}

	async function askForBalance(): Promise<Answer<number>> {
		const request: ApiRequest = {
			method: 'GET',
			path: '/apikeys/current-balance',
			timeoutMs: READ_TIMEOUT_MS,
			cancelGraceMs: 0,
		};
		const deadlineMs = timing.now() + BALANCE_RETRY_MS;
		const attempt = async () => {
			await pacer.turn(deadlineMs);
			return await send(request, balanceSchema);
		};
		return await retry(attempt, {
			isRetryable: (failure) => isTransient(failure) && !needsCorrection(failure),
			deadlineMs: () => deadlineMs,
			timing,
		});
	}

	return {
		async submit(model, body, latestMs = Infinity) {
			const request: ApiRequest = {
				method: 'POST',
				path: `/generateTask/${encoded(model)}`,
				body: JSON.stringify(body),
				timeoutMs: SUBMIT_TIMEOUT_MS,
				cancelGraceMs: SUBMIT_CANCEL_GRACE_MS,
			};
			let answer: Answer<SubmittedTask & Record<string, unknown>> = TOO_LATE;
			const attempt = async () => {
				if (timing.now() >= latestMs || !(await pacer.turn(latestMs))) return answer;
				answer = await send(request, submittedSchema);
				const isRefused = !answer.ok && isSafeToSubmitAgain(answer.error);
				refusedSinceMs = isRefused ? (refusedSinceMs ?? timing.now()) : undefined;
				return answer;
			};
			const last = await retry(attempt, {
				isRetryable: isSafeToSubmitAgain,
				deadlineMs: () => Math.min((refusedSinceMs ?? timing.now()) + SUBMIT_RETRY_MS, latestMs),
				timing,
			});
			if (!last.ok) return last;
			balance = undefined;
			const { taskId, state, ...more } = last.value;
			const submitData = Object.keys(more).length > 0 ? more : undefined;
			return { ok: true, value: { taskId, state, submitData } };
		},

		async getStatus(model, taskId, deadlineMs, latestMs = Infinity) {
			const path = `/statusTask/${encoded(model)}?taskId=${encoded(taskId)}`;
			const endMs = Math.min(deadlineMs, latestMs);
			const attempt = async () => {
				await pacer.turn(endMs);
				const nowMs = timing.now();
				if (nowMs >= latestMs) return NO_ANSWER_IN_TIME;
				const wantedMs = Math.min(READ_TIMEOUT_MS, deadlineMs - nowMs);
				const leftMs = Math.min(Math.max(MIN_READ_TIMEOUT_MS, wantedMs), latestMs - nowMs);
				const timeoutMs = Math.max(1, Math.ceil(leftMs));
				return await send({ method: 'GET', path, timeoutMs, cancelGraceMs: 0 }, statusSchema);
			};
			const answer = await retry(attempt, {
				isRetryable: isQuicklyRetryable,
				deadlineMs: () => endMs,
				maxAttempts: 2,
				timing,
			});
			return answer.ok ? { ok: true, value: { ...answer.value, taskId } } : answer;
		},

		async getBalance(latestMs = Infinity) {
			const asked = (balance ??= askForBalance());
			if (latestMs === Infinity) return await asked;
			const timer = new AbortController();
			const tooLate = timing
				.sleep(Math.max(0, latestMs - timing.now()), timer.signal)
				.then(() => NO_ANSWER_IN_TIME);
			return await Promise.race([asked, tooLate]).finally(() => timer.abort());
		},
	};
}

function asksForFewerRequests({ kind, retryAfterMs }: ApiFailure): boolean {
	return kind === 'rateLimited' || (kind === 'unavailable' && retryAfterMs !== undefined);
}

function isQuicklyRetryable(failure: ApiFailure): boolean {
	if (!isTransient(failure) || needsCorrection(failure)) return false;
	return failure.kind !== 'rateLimited' && (failure.retryAfterMs ?? 0) <= MAX_QUICK_RETRY_MS;
}

/** The credential or n8n's settings must change before another attempt can succeed. */
function needsCorrection({ kind, isPermanent }: ApiFailure): boolean {
	return kind === 'redirected' || isPermanent === true;
}

/** The base URL that a redirect leads to, as far as it keeps the path that was requested below it. */
function redirectTarget(
	location: string | undefined,
	baseUrl: string,
	path: string,
): string | undefined {
	const requestUrl = baseUrl + path;
	if (!location || !URL.canParse(location, requestUrl)) return undefined;
	const target = new URL(location, requestUrl).href;
	return target.endsWith(path) ? target.slice(0, -path.length) : target;
}

/** Replaces lone surrogates with U+FFFD; `encodeURIComponent` throws on them. */
function encoded(text: string): string {
	return encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\uFFFD'));
}
