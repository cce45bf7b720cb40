import { NodeApiError, type INode, type JsonObject } from 'n8n-workflow';

import {
	isOutcomeUnknown,
	isTransient,
	isSafeToSubmitAgain,
	networkFailure,
	type ApiFailure,
	type FailureKind,
} from '../../../nodes/shared/api/failure';
import { networkError } from '../support/fakeTransport';

const NODE: INode = {
	id: '1',
	name: 'APIXO',
	type: 'n8n-nodes-apixo.apixo',
	typeVersion: 1,
	position: [0, 0],
	parameters: {},
};

/** As n8n throws it: its own error around an axios error around Node's. */
function asN8nThrows(cause: Error): Error {
	const { code } = cause as Error & { code?: string };
	const axiosError = Object.assign(new Error(cause.message, { cause }), {
		name: 'AxiosError',
		code,
		isAxiosError: true,
	});
	return new NodeApiError(NODE, axiosError as unknown as JsonObject);
}

/** As `fetch` of undici throws. */
const asFetchThrows = (cause: Error) => new TypeError('fetch failed', { cause });

/** As Node reports a host that has an IPv6 and an IPv4 address. */
function bothAddresses(code: string): Error {
	const errors = [networkError(code, 'connect'), networkError(code, 'connect')];
	return Object.assign(new AggregateError(errors), { code });
}

/** As n8n throws where its egress rules forbid a host. */
function blockedByN8n(kind: 'Hostname' | 'Ip'): Error {
	const error = new Error('The request was blocked because the destination is restricted');
	error.name = `SsrfBlocked${kind}Error`;
	return error;
}

/** As Node reports a server that hangs up during the TLS handshake. */
const closedInHandshake = () =>
	Object.assign(
		new Error('Client network socket disconnected before secure TLS connection was established'),
		{ code: 'ECONNRESET' },
	);

describe('what may be done after a failure', () => {
	const TRANSIENT = 'transient';
	const AGAIN = 'safe to submit again';
	const UNKNOWN = 'outcome unknown';
	it.each<[FailureKind, Partial<ApiFailure>, string[]]>([
		['unauthorized', { status: 401 }, []],
		['lowBalance', { status: 402 }, []],
		['lowBalance', { status: 400 }, []],
		['forbidden', { status: 403 }, []],
		['notFound', { status: 404 }, []],
		['invalidRequest', { status: 400 }, []],
		['invalidRequest', { status: 422 }, []],
		['invalidRequest', { status: 408 }, [TRANSIENT, UNKNOWN]],
		['invalidRequest', { status: 409 }, [UNKNOWN]],
		['invalidRequest', { status: 425 }, [TRANSIENT]],
		['rateLimited', { status: 429 }, [TRANSIENT, AGAIN]],
		['unavailable', { status: 503 }, [TRANSIENT, AGAIN]],
		['serverError', { status: 500 }, [TRANSIENT, UNKNOWN]],
		['serverError', { status: 501 }, [TRANSIENT, UNKNOWN]],
		['serverError', { status: 502 }, [TRANSIENT, UNKNOWN]],
		['serverError', { status: 504 }, [TRANSIENT, UNKNOWN]],
		['serverError', { status: 520 }, [TRANSIENT, UNKNOWN]],
		['serverError', { status: 530 }, [TRANSIENT, UNKNOWN]],
		['redirected', { status: 302 }, [TRANSIENT]],
		['unreadable', { status: 200 }, [TRANSIENT, UNKNOWN]],
		['network', { neverSent: true }, [TRANSIENT, AGAIN]],
		['network', { neverSent: true, isPermanent: true }, [TRANSIENT]],
		['network', { neverSent: false }, [TRANSIENT, UNKNOWN]],
		['network', {}, [TRANSIENT, UNKNOWN]],
	])('%s %j: %j', (kind, more, expected) => {
		const failure: ApiFailure = { kind, message: '', ...more };
		const holds = [
			...(isTransient(failure) ? [TRANSIENT] : []),
			...(isSafeToSubmitAgain(failure) ? [AGAIN] : []),
			...(isOutcomeUnknown(failure) ? [UNKNOWN] : []),
		];
		expect(holds).toEqual(expected);
	});
});

describe('a network error', () => {
	const NEVER = 'never sent';
	const REFUSED = 'never sent, permanent';
	const MAYBE = 'perhaps sent';
	it.each([
		['refused', networkError('ECONNREFUSED', 'connect'), NEVER],
		['refused at every address', bothAddresses('ECONNREFUSED'), NEVER],
		['no such host', networkError('ENOTFOUND', 'getaddrinfo'), NEVER],
		['no DNS server', networkError('EAI_AGAIN', 'getaddrinfo'), NEVER],
		['a DNS failure of another kind', networkError('EAI_FAIL', 'getaddrinfo'), NEVER],
		['no connection in time', networkError('ETIMEDOUT', 'connect'), NEVER],
		['no connection in time at any address', bothAddresses('ETIMEDOUT'), NEVER],
		['no way to the host', networkError('EHOSTUNREACH', 'connect'), NEVER],
		['no way to the network', networkError('ENETUNREACH', 'connect'), NEVER],
		['no way through the firewall', networkError('EACCES', 'connect'), NEVER],
		['no port left', networkError('EADDRNOTAVAIL', 'connect'), NEVER],
		['no connection in time, by undici', networkError('UND_ERR_CONNECT_TIMEOUT'), NEVER],
		['no TLS in common, or none at all', networkError('EPROTO', 'write'), NEVER],
		['hung up in the handshake', closedInHandshake(), NEVER],

		['certificate expired', networkError('CERT_HAS_EXPIRED'), REFUSED],
		['certificate not yet valid', networkError('CERT_NOT_YET_VALID'), REFUSED],
		['certificate self-signed', networkError('DEPTH_ZERO_SELF_SIGNED_CERT'), REFUSED],
		['certificate of an own authority', networkError('SELF_SIGNED_CERT_IN_CHAIN'), REFUSED],
		['chain incomplete', networkError('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), REFUSED],
		['issuer unknown', networkError('UNABLE_TO_GET_ISSUER_CERT_LOCALLY'), REFUSED],
		['certificate of another host', networkError('ERR_TLS_CERT_ALTNAME_INVALID'), REFUSED],
		['host forbidden by n8n', blockedByN8n('Hostname'), REFUSED],
		['address forbidden by n8n', blockedByN8n('Ip'), REFUSED],
		['no URL', networkError('ERR_INVALID_URL'), REFUSED],
		['a key that is no header', networkError('ERR_INVALID_CHAR'), REFUSED],

		['reset', networkError('ECONNRESET', 'read'), MAYBE],
		['broken pipe', networkError('EPIPE', 'write'), MAYBE],
		['hung up', networkError('ECONNRESET'), MAYBE],
		['no answer in time', networkError('ETIMEDOUT'), MAYBE],
		['an open connection that timed out', networkError('ETIMEDOUT', 'read'), MAYBE],
		['an open connection that lost its route', networkError('EHOSTUNREACH', 'read'), MAYBE],
		['no answer in time, by axios', networkError('ECONNABORTED'), MAYBE],
		['no headers in time, by undici', networkError('UND_ERR_HEADERS_TIMEOUT'), MAYBE],
		['socket closed, by undici', networkError('UND_ERR_SOCKET'), MAYBE],
		['TLS cut off', networkError('ERR_SSL_UNEXPECTED_EOF_WHILE_READING'), MAYBE],
		['TLS broken', networkError('ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC'), MAYBE],
		['aborted', new DOMException('The operation was aborted', 'TimeoutError'), MAYBE],
	])('%s', (_, error, expected) => {
		for (const thrown of [error, asN8nThrows(error), asFetchThrows(error)]) {
			const { kind, neverSent, isPermanent } = networkFailure(thrown);
			expect(kind).toBe('network');
			expect(isPermanent ? REFUSED : neverSent ? NEVER : MAYBE).toBe(expected);
			expect(neverSent).toBe(expected !== MAYBE);
		}
	});

	it.each([
		['its own words', networkError('ECONNRESET', 'read'), 'read ECONNRESET'],
		['under n8n', asN8nThrows(networkError('ECONNRESET', 'read')), 'read ECONNRESET'],
		['under fetch', asFetchThrows(networkError('ECONNREFUSED', 'connect')), 'connect ECONNREFUSED'],
		['of several addresses', bothAddresses('ECONNREFUSED'), 'connect ECONNREFUSED'],
		['a cause without words', new Error('outer', { cause: new Error('') }), 'outer'],
		['text', 'broken', 'broken'],
	])('has a message: %s', (_, error, message) => {
		expect(networkFailure(error).message).toBe(message);
	});

	it('ends at a cause that is its own', () => {
		const error: Error & { cause?: unknown } = new Error('round and round');
		error.cause = error;
		expect(networkFailure(error)).toEqual({
			kind: 'network',
			message: 'round and round',
			neverSent: false,
		});
	});
});
