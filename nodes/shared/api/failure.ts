import type { Result } from '../result';

/** Why a call to APIXO failed. */
export type FailureKind =
	| 'unauthorized'
	| 'lowBalance'
	| 'forbidden'
	| 'notFound'
	| 'invalidRequest'
	| 'rateLimited'
	| 'unavailable'
	| 'serverError'
	| 'redirected'
	| 'unreadable'
	| 'network';

export interface ApiFailure {
	kind: FailureKind;
	/** APIXO's own words, what the network reported, or the URL that a redirect leads to. */
	message: string;
	/** The HTTP status, or the envelope's `code` where HTTP said 200. */
	status?: number;
	failCode?: string;
	/** From `Retry-After`. */
	retryAfterMs?: number;
	/** The request cannot have reached APIXO, since there was no connection that could carry it. */
	neverSent?: boolean;
	/** It fails until somebody changes a certificate or a setting. */
	isPermanent?: boolean;
}

/** What a call to APIXO came to. */
export type Answer<T> = Result<T, ApiFailure>;

/** Whether the HTTP status tells of an error that may be gone at the next attempt. */
export function isTransientStatus(status: number): boolean {
	return status === 408 || status === 425 || status === 429 || status >= 500;
}

/**
 * Whether a failed read (status, balance) says nothing about what was asked for.
 * What is no answer of the API counts too: a proxy's page or redirect gives way to the API again.
 */
export function isTransient({ kind, status }: ApiFailure): boolean {
	if (kind === 'network' || kind === 'unreadable' || kind === 'redirected') return true;
	return status !== undefined && isTransientStatus(status);
}

/** Whether a submission may be sent again: nothing can have been accepted, and it may get through. */
export function isSafeToSubmitAgain({ kind, neverSent, isPermanent }: ApiFailure): boolean {
	if (kind === 'network') return neverSent === true && isPermanent !== true;
	return kind === 'rateLimited' || kind === 'unavailable';
}

/** Whether a task may have been made, and paid for, although this submission failed. */
export function isOutcomeUnknown({ kind, status, neverSent }: ApiFailure): boolean {
	if (kind === 'network') return neverSent !== true;
	// 408: the server stopped waiting for a request that it may have begun; 409: it may know it already.
	if (kind === 'invalidRequest') return status === 408 || status === 409;
	return kind === 'serverError' || kind === 'unreadable';
}

/** System calls that precede a connection. */
const CONNECTING = new Set(['connect', 'getaddrinfo']);
/** The same, where the error does not name its system call; EPROTO: the TLS handshake failed. */
const NOT_CONNECTED_CODES = new Set([
	'ECONNREFUSED',
	'ENOTFOUND',
	'EAI_AGAIN',
	'EPROTO',
	'UND_ERR_CONNECT_TIMEOUT',
]);
/** Node's message for a connection that was closed during the handshake; its code is ECONNRESET. */
const CLOSED_IN_HANDSHAKE = /before secure TLS connection was established/;

/** The certificate is wrong (OpenSSL's names), or the request is one that Node refuses to send. */
const REFUSED_CODE =
	/^(CERT_\w+|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_(GET|VERIFY)_\w+|HOSTNAME_MISMATCH|INVALID_CA|ERR_TLS_CERT_ALTNAME_INVALID|ERR_INVALID_(URL|CHAR))$/;
/** n8n's egress rules (`N8N_SSRF_PROTECTION_ENABLED`) forbid the host. */
const REFUSED_NAME = /^SsrfBlocked/;

interface ErrorLike {
	name?: unknown;
	code?: unknown;
	syscall?: unknown;
	message?: unknown;
	cause?: unknown;
	/** Where a host has several addresses, Node collects the errors of all. */
	errors?: unknown[];
}

const MAX_CAUSES = 8;

/** Reads what kept the answer away from an error and its causes: n8n and undici both wrap. */
export function networkFailure(error: unknown): ApiFailure {
	const chain: ErrorLike[] = [];
	for (
		let level = error;
		typeof level === 'object' && level !== null && chain.length < MAX_CAUSES;
		level = (level as ErrorLike).cause ?? (level as ErrorLike).errors?.[0]
	) {
		chain.push(level);
	}
	const isPermanent = chain.some(isRefused);
	const innermost = chain.filter(({ message }) => typeof message === 'string' && message).at(-1);
	return {
		kind: 'network',
		message: innermost ? String(innermost.message) : String(error),
		neverSent: isPermanent || chain.some(isNotConnected),
		...(isPermanent && { isPermanent }),
	};
}

function isRefused({ name, code }: ErrorLike): boolean {
	return REFUSED_CODE.test(String(code)) || REFUSED_NAME.test(String(name));
}

function isNotConnected({ code, syscall, message }: ErrorLike): boolean {
	return (
		CONNECTING.has(String(syscall)) ||
		NOT_CONNECTED_CODES.has(String(code)) ||
		CLOSED_IN_HANDSHAKE.test(String(message))
	);
}
