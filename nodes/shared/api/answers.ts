import type { z } from 'zod/v4';

import type { Answer, ApiFailure, FailureKind } from './failure';
import { envelopeSchema, errorDetailSchema } from './schemas';
import type { HttpResponse } from './transport';

const MAX_QUOTED_LENGTH = 500;

const KIND_BY_STATUS: Record<number, FailureKind> = {
	401: 'unauthorized',
	402: 'lowBalance',
	403: 'forbidden',
	404: 'notFound',
	429: 'rateLimited',
	503: 'unavailable',
};

const LOW_BALANCE =
	/insufficient[ _-]*(credit|balance|fund)|(balance|credits?)\s+(is\s+|are\s+)?(too\s+low|not\s+enough|insufficient)|not enough (credit|balance|fund)|余额不足/i;

/** Any sign of low balance: APIXO's pages name a status 402, a 400 with words, and a fail code. */
export function saysLowBalance(words: string | undefined): boolean {
	return words !== undefined && LOW_BALANCE.test(words);
}

/**
 * Reads an answer of the API: the `data` that fits `schema`, or why there is none.
 * Looks at HTTP status and at the envelope's `code`, since errors may come as HTTP 200.
 * @param nowMs Unix time, against which a date in `Retry-After` is held
 */
export function readAnswer<T>(
	response: HttpResponse,
	schema: z.ZodType<T>,
	nowMs: number,
): Answer<T> {
	const envelope = envelopeSchema.safeParse(parseJson(response.body));
	const code = envelope.success ? envelope.data.code : undefined;
	const status = isOk(response.status) ? (code ?? response.status) : response.status;
	if (isOk(status)) {
		const data = envelope.success ? schema.safeParse(envelope.data.data) : undefined;
		if (data?.success) return { ok: true, value: data.data };
		const seen = response.body.trim() === '' ? 'nothing' : quote(response.body);
		return {
			ok: false,
			error: { kind: 'unreadable', status: response.status, message: `The answer was ${seen}` },
		};
	}
	return { ok: false, error: errorAnswer(response, status, envelope.data, nowMs) };
}

function errorAnswer(
	response: HttpResponse,
	status: number,
	envelope: z.infer<typeof envelopeSchema> | undefined,
	nowMs: number,
): ApiFailure {
	const detail = errorDetailSchema.safeParse(envelope?.data).data;
	const words = [envelope?.message, detail?.error, detail?.failMsg, detail?.failCode];
	const said = words.filter((word): word is string => word !== undefined && word.trim() !== '');
	const message =
		said.length > 0 ? [...new Set(said)].map(quote).join(': ') : `HTTP status ${status}`;
	const isLowBalance = envelope?.code === 402 || said.some(saysLowBalance);
	return {
		kind: isLowBalance ? 'lowBalance' : kindOfStatus(status),
		status,
		message,
		failCode: detail?.failCode,
		retryAfterMs: retryAfterMs(response.headers['retry-after'], nowMs),
	};
}

function kindOfStatus(status: number): FailureKind {
	if (KIND_BY_STATUS[status]) return KIND_BY_STATUS[status];
	if (status >= 500) return 'serverError';
	if (status >= 400) return 'invalidRequest';
	// A redirect, or a code that no page names: nobody knows what it means.
	return 'unreadable';
}

/** `Retry-After` as ms from `nowMs` on: whole seconds or an HTTP date; undefined where it is neither. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
	const value = header?.trim();
	if (!value) return undefined;
	if (/^\d+$/.test(value)) return Number(value) * 1000;
	const dateMs = /[a-z]/i.test(value) ? Date.parse(value) : NaN;
	return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs);
}

function isOk(status: number): boolean {
	return status >= 200 && status < 300;
}

function parseJson(body: string): unknown {
	try {
		return JSON.parse(body);
	} catch {
		return undefined;
	}
}

function quote(words: string): string {
	const line = words.replace(/\s+/g, ' ').trim();
	return line.length > MAX_QUOTED_LENGTH ? `${line.slice(0, MAX_QUOTED_LENGTH)}…` : line;
}
