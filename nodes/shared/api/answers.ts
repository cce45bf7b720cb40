import type { z } from 'zod/v4';

import type { Answer, ApiFailure, FailureKind } from './failure';
import { parseJson } from './json';
import { envelopeSchema, errorDetailSchema, namesTaskSchema } from './schemas';
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

/** What APIXO wraps around an answer or a callback. */
export interface Envelope {
	code?: number;
	message?: string;
	/** The body itself where it has no `data`. */
	data: unknown;
}

/** Finds code, message and data in a parsed body; undefined where it is no object. */
export function openEnvelope(body: unknown): Envelope | undefined {
	const parsed = envelopeSchema.safeParse(body);
	if (!parsed.success) return undefined;
	const { code, message, data, ...rest } = parsed.data;
	return { code, message, data: objectIn(data) ?? data ?? rest };
}

/** The object that a JSON text holds. */
function objectIn(data: unknown): object | undefined {
	const parsed = typeof data === 'string' ? parseJson(data) : undefined;
	return parsed?.ok && typeof parsed.value === 'object' ? (parsed.value ?? undefined) : undefined;
}

/**
 * Reads an answer of the API: the `data` that fits `schema`, or why there is none.
 * Both HTTP status and the envelope's `code` count, since errors may come as HTTP 200. Data that
 * names a task counts whatever the status: a submission that got a task id was accepted, and paid.
 * @param nowMs Unix time, against which a date in `Retry-After` is held
 */
export function readAnswer<T>(
	response: HttpResponse,
	schema: z.ZodType<T>,
	nowMs: number,
): Answer<T> {
	const body = parseJson(response.body);
	const envelope = body.ok ? openEnvelope(body.value) : undefined;
	const status = isOk(response.status) ? (envelope?.code ?? response.status) : response.status;
	if (isOk(status) || namesTaskSchema.safeParse(envelope?.data).success) {
		const data = schema.safeParse(envelope?.data);
		if (data.success) return { ok: true, value: data.data };
	}
	if (isOk(status)) {
		const seen = response.body.trim() === '' ? 'empty' : quote(response.body);
		return {
			ok: false,
			error: { kind: 'unreadable', status: response.status, message: `The response was ${seen}` },
		};
	}
	return { ok: false, error: errorAnswer(response, status, envelope, nowMs) };
}

function errorAnswer(
	response: HttpResponse,
	status: number,
	envelope: Envelope | undefined,
	nowMs: number,
): ApiFailure {
	const detail = errorDetailSchema.safeParse(envelope?.data).data;
	const said = [envelope?.message, detail?.error, detail?.failMsg, detail?.failCode]
		.filter((words) => words !== undefined && words.trim() !== '')
		.map((words) => quote(words ?? ''));
	const failCode = detail?.failCode ?? said.map(failCodeIn).find((code) => code !== undefined);
	const isLowBalance = envelope?.code === 402 || said.some(saysLowBalance);
	return {
		kind: isLowBalance ? 'lowBalance' : kindOfStatus(status),
		status,
		message: said.length > 0 ? [...new Set(said)].join(': ') : `HTTP status ${status}`,
		failCode,
		retryAfterMs: retryAfterMs(response.headers['retry-after'], nowMs),
	};
}

const LOW_BALANCE =
	/insufficient[ _-]*(credit|balance|fund)|(balance|credits?)\s+(is\s+|are\s+)?(too\s+low|not\s+enough|insufficient)|not enough (credit|balance|fund)|余额不足/i;

/** Longer messages quote what was sent. */
const MAX_OWN_WORDS_LENGTH = 100;
const QUOTATION = /"[^"]*"|(?<!\w)'[^']*'(?!\w)|`[^`]*`|“[^”]*”|«[^»]*»|「[^」]*」/g;
const SPEAKS_OF_INPUT = /\b(prompts?|texts?|contents?)\b/i;

/**
 * Any sign of low balance: APIXO's pages name a status 402, a 400 with words, and a fail code.
 * A message that repeats the user's prompt is none, whatever the prompt says.
 */
export function saysLowBalance(words: string | undefined): boolean {
	if (words === undefined || words.length > MAX_OWN_WORDS_LENGTH) return false;
	const ownWords = words.replace(QUOTATION, '');
	return LOW_BALANCE.test(ownWords) && !SPEAKS_OF_INPUT.test(ownWords);
}

/** A code as APIXO writes them, alone or set off by a bracket or a colon. */
const FAIL_CODE =
	/(?:^|[[(:]\s*)(NSFW|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|[A-Z][a-z0-9]+(?:[A-Z][a-z0-9]+)+)(?=$|[\]):])/;

function failCodeIn(words: string): string | undefined {
	return FAIL_CODE.exec(words)?.[1];
}

function kindOfStatus(status: number): FailureKind {
	if (KIND_BY_STATUS[status]) return KIND_BY_STATUS[status];
	if (status >= 500) return 'serverError';
	if (status >= 400) return 'invalidRequest';
	// A redirect, or a code that no page names: its meaning is unknown.
	return 'unreadable';
}

/** Rate limits count by the minute: more than an hour is a mistake, and would outlast any task. */
const MAX_RETRY_AFTER_MS = 3_600_000;

/**
 * `Retry-After` as ms from `nowMs` on: whole seconds or an HTTP date; undefined where it is neither,
 * or more than an hour.
 */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
	const ms = delayMs(header?.trim() ?? '', nowMs);
	return ms <= MAX_RETRY_AFTER_MS ? Math.max(0, ms) : undefined;
}

/** NaN where the value means no time. */
function delayMs(value: string, nowMs: number): number {
	if (/^\d+$/.test(value)) return Number(value) * 1000;
	return /[a-z]/i.test(value) ? Date.parse(value) - nowMs : NaN;
}

function isOk(status: number): boolean {
	return status >= 200 && status < 300;
}

function quote(words: string): string {
	const line = words.replace(/\s+/g, ' ').trim();
	return line.length > MAX_QUOTED_LENGTH ? `${line.slice(0, MAX_QUOTED_LENGTH)}…` : line;
}
