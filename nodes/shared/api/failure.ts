import type { Result } from '../result';

/** Why a call to APIXO brought nothing. */
export type FailureKind =
	| 'unauthorized'
	| 'lowBalance'
	| 'forbidden'
	| 'notFound'
	| 'invalidRequest'
	| 'rateLimited'
	| 'unavailable'
	| 'serverError'
	| 'unreadable'
	| 'network';

export interface ApiFailure {
	kind: FailureKind;
	/** APIXO's own words, or what the network said. */
	message: string;
	/** The HTTP status, or the envelope's `code` where HTTP said 200. */
	status?: number;
	failCode?: string;
	/** From `Retry-After`. */
	retryAfterMs?: number;
	/** The request cannot have reached APIXO: refused, no DNS entry, no connection in time. */
	neverSent?: boolean;
}

/** What a call to APIXO brought. */
export type Answer<T> = Result<T, ApiFailure>;

const TRANSIENT_STATUSES = new Set([429, 500, 502, 503, 504]);

/**
 * May a read (status, balance, file) be tried again?
 * Garbage with HTTP 200 counts as passing: a proxy's page gives way to the API's answer.
 */
export function isTransient(failure: ApiFailure): boolean {
	if (failure.kind === 'network' || failure.kind === 'unreadable') return true;
	return failure.status !== undefined && TRANSIENT_STATUSES.has(failure.status);
}

/** May a submission be sent again? Only where nothing can have been accepted. */
export function isSafeToSubmitAgain(failure: ApiFailure): boolean {
	if (failure.kind === 'network') return failure.neverSent === true;
	return failure.kind === 'rateLimited' || failure.kind === 'unavailable';
}

/** After this failure of a submission nobody knows whether a task was made, and paid for. */
export function isOutcomeUnknown(failure: ApiFailure): boolean {
	if (failure.kind === 'network') return failure.neverSent !== true;
	return failure.kind === 'serverError' || failure.kind === 'unreadable';
}

/** These come up before there is a connection, and never later. */
const NEVER_SENT_CODES = new Set([
	'ECONNREFUSED',
	'ENOTFOUND',
	'EAI_AGAIN',
	'UND_ERR_CONNECT_TIMEOUT',
]);
/** A connection in use can end with these too, so that only the failed `connect` is proof. */
const NEVER_SENT_IN_CONNECT = new Set(['ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH']);

interface ErrorLike {
	code?: unknown;
	syscall?: unknown;
	message?: unknown;
	cause?: unknown;
	/** Where a host has several addresses, Node gathers the faults of all. */
	errors?: unknown[];
}

/** Walks `cause` links (n8n and undici both wrap) and tells what kept the answer away. */
export function networkFailure(error: unknown): ApiFailure {
	const chain: ErrorLike[] = [];
	for (
		let level = error;
		typeof level === 'object' && level !== null && chain.length < 8;
		level = (level as ErrorLike).cause ?? (level as ErrorLike).errors?.[0]
	) {
		chain.push(level);
	}
	const neverSent = chain.some(
		({ code, syscall }) =>
			NEVER_SENT_CODES.has(String(code)) ||
			(NEVER_SENT_IN_CONNECT.has(String(code)) && syscall === 'connect'),
	);
	const innermost = chain.filter(({ message }) => typeof message === 'string' && message).at(-1);
	return {
		kind: 'network',
		message: innermost ? String(innermost.message) : String(error),
		neverSent,
	};
}
