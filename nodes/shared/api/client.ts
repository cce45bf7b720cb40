import type { z } from 'zod/v4';

import { readAnswer } from './answers';
import {
	isTransient,
	isSafeToSubmitAgain,
	networkFailure,
	type Answer,
	type ApiFailure,
} from './failure';
import { createPacer } from './pacer';
import { MAX_ATTEMPTS, retryDelayMs } from './retry';
import { balanceSchema, submittedSchema, taskAnswerSchema, type TaskAnswer } from './schemas';
import type { HttpRequest, Timing, Transport } from './transport';

/** Long, because a submission that is cut off leaves nobody knowing whether it was accepted. */
const SUBMIT_TIMEOUT_MS = 120_000;
const READ_TIMEOUT_MS = 30_000;
/** Tries of a submission and of the balance end here, whatever `Retry-After` says. */
const SUBMIT_PATIENCE_MS = 120_000;
const BALANCE_PATIENCE_MS = 60_000;
/** A look near the limit still gets this long, or the last look could never be answered. */
const SHORTEST_READ_TIMEOUT_MS = 5_000;

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
	extra?: Record<string, unknown>;
}

/**
 * The APIXO API. Every call says in its `Answer` what came of it. It rejects only when the run is
 * cancelled between two attempts, never with a request under way.
 */
export interface ApixoClient {
	/** Submits once; again only where nothing can have been accepted. */
	submit(model: string, body: GenerateBody): Promise<Answer<SubmittedTask>>;
	/** Looks at a task; passing faults are tried again until `deadlineMs` (Unix time). */
	getStatus(model: string, taskId: string, deadlineMs: number): Promise<Answer<TaskAnswer>>;
	/** The key's balance in USD. */
	getBalance(): Promise<Answer<number>>;
}

/** @param baseUrl as in the credential, e.g. `https://api.apixo.ai/api/v1` */
export function createClient(transport: Transport, baseUrl: string, timing: Timing): ApixoClient {
	const root = baseUrl.trim().replace(/\/+$/, '');
	const pace = createPacer(timing);

	async function call<T>(
		request: Omit<HttpRequest, 'timeoutMs'>,
		schema: z.ZodType<T>,
		isRetryable: (failure: ApiFailure) => boolean,
		deadlineMs: number,
	): Promise<Answer<T>> {
		for (let attempts = 1; ; attempts++) {
			await pace();
			const answer = await once({ ...request, timeoutMs: timeoutMs(request, deadlineMs) }, schema);
			if (answer.ok || attempts >= MAX_ATTEMPTS || !isRetryable(answer.error)) return answer;
			const timeLeftMs = deadlineMs - timing.now();
			if (timeLeftMs <= 0) return answer;
			await timing.sleep(
				retryDelayMs(attempts, timing.random(), answer.error.retryAfterMs, timeLeftMs),
			);
		}
	}

	function timeoutMs({ method }: Pick<HttpRequest, 'method'>, deadlineMs: number): number {
		if (method === 'POST') return SUBMIT_TIMEOUT_MS;
		const timeLeftMs = deadlineMs - timing.now();
		return Math.max(SHORTEST_READ_TIMEOUT_MS, Math.min(READ_TIMEOUT_MS, timeLeftMs));
	}

	async function once<T>(request: HttpRequest, schema: z.ZodType<T>): Promise<Answer<T>> {
		try {
			return readAnswer(await transport.send(request), schema, timing.now());
		} catch (error) {
			return { ok: false, error: networkFailure(error) };
		}
	}

	return {
		async submit(model, body) {
			const answer = await call(
				{
					method: 'POST',
					url: `${root}/generateTask/${encoded(model)}`,
					body: JSON.stringify(body),
				},
				submittedSchema,
				isSafeToSubmitAgain,
				timing.now() + SUBMIT_PATIENCE_MS,
			);
			if (!answer.ok) return answer;
			const { taskId, state, ...extra } = answer.value;
			return {
				ok: true,
				value: { taskId, state, extra: Object.keys(extra).length > 0 ? extra : undefined },
			};
		},

		getStatus: async (model, taskId, deadlineMs) =>
			await call(
				{
					method: 'GET',
					url: `${root}/statusTask/${encoded(model)}?taskId=${encoded(taskId)}`,
				},
				// Answers were seen without the id; it is the one that was asked for.
				taskAnswerSchema.partial({ taskId: true }).transform((data) => ({ ...data, taskId })),
				isTransient,
				deadlineMs,
			),

		getBalance: async () =>
			await call(
				{ method: 'GET', url: `${root}/apikeys/current-balance` },
				balanceSchema,
				isTransient,
				timing.now() + BALANCE_PATIENCE_MS,
			),
	};
}

/** Half a character, which `encodeURIComponent` throws at, becomes U+FFFD. */
function encoded(text: string): string {
	return encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\uFFFD'));
}
