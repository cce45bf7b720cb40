import { NodeApiError, type INode, type JsonObject } from 'n8n-workflow';

import {
	isOutcomeUnknown,
	isTransient,
	isSafeToSubmitAgain,
	networkFailure,
	type ApiFailure,
	type FailureKind,
} from '../../../nodes/shared/api/failure';
import { fault } from '../support/fakeTransport';

const NODE: INode = {
	id: '1',
	name: 'APIXO',
	type: 'n8n-nodes-apixo.apixo',
	typeVersion: 1,
	position: [0, 0],
	parameters: {},
};

/** As n8n hands it on: its own error around an axios error around Node's. */
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
	const errors = [fault(code, 'connect'), fault(code, 'connect')];
	return Object.assign(new AggregateError(errors), { code });
}

describe('what may be done after a failure', () => {
	const PASSING = 'passing';
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
		['rateLimited', { status: 429 }, [PASSING, AGAIN]],
		['unavailable', { status: 503 }, [PASSING, AGAIN]],
		['serverError', { status: 500 }, [PASSING, UNKNOWN]],
		['serverError', { status: 502 }, [PASSING, UNKNOWN]],
		['serverError', { status: 504 }, [PASSING, UNKNOWN]],
		['serverError', { status: 501 }, [UNKNOWN]],
		['unreadable', { status: 200 }, [PASSING, UNKNOWN]],
		['unreadable', { status: 302 }, [PASSING, UNKNOWN]],
		['network', { neverSent: true }, [PASSING, AGAIN]],
		['network', { neverSent: false }, [PASSING, UNKNOWN]],
		['network', {}, [PASSING, UNKNOWN]],
	])('%s %j: %j', (kind, more, expected) => {
		const failure: ApiFailure = { kind, message: '', ...more };
		const holds = [
			...(isTransient(failure) ? [PASSING] : []),
			...(isSafeToSubmitAgain(failure) ? [AGAIN] : []),
			...(isOutcomeUnknown(failure) ? [UNKNOWN] : []),
		];
		expect(holds).toEqual(expected);
	});
});

describe('whether a request has left', () => {
	it.each([
		['refused', fault('ECONNREFUSED', 'connect'), true],
		['refused at every address', bothAddresses('ECONNREFUSED'), true],
		['no such host', fault('ENOTFOUND', 'getaddrinfo'), true],
		['no DNS server', fault('EAI_AGAIN', 'getaddrinfo'), true],
		['no connection in time', fault('ETIMEDOUT', 'connect'), true],
		['no connection in time at any address', bothAddresses('ETIMEDOUT'), true],
		['no way to the host', fault('EHOSTUNREACH', 'connect'), true],
		['no way to the network', fault('ENETUNREACH', 'connect'), true],
		['no connection in time, by undici', fault('UND_ERR_CONNECT_TIMEOUT'), true],
		['reset', fault('ECONNRESET', 'read'), false],
		['broken pipe', fault('EPIPE', 'write'), false],
		['hung up', fault('ECONNRESET'), false],
		['no answer in time', fault('ETIMEDOUT'), false],
		['a connection in use that timed out', fault('ETIMEDOUT', 'read'), false],
		['a connection in use that lost its way', fault('EHOSTUNREACH', 'read'), false],
		['no answer in time, by axios', fault('ECONNABORTED'), false],
		['no headers in time, by undici', fault('UND_ERR_HEADERS_TIMEOUT'), false],
		['socket closed, by undici', fault('UND_ERR_SOCKET'), false],
		['aborted', new DOMException('The operation was aborted', 'TimeoutError'), false],
	])('%s', (_, error, neverSent) => {
		for (const thrown of [error, asN8nThrows(error), asFetchThrows(error)]) {
			expect(networkFailure(thrown)).toMatchObject({ kind: 'network', neverSent });
		}
	});

	it.each([
		['its own words', fault('ECONNRESET', 'read'), 'read ECONNRESET'],
		['under n8n', asN8nThrows(fault('ECONNRESET', 'read')), 'read ECONNRESET'],
		['under fetch', asFetchThrows(fault('ECONNREFUSED', 'connect')), 'connect ECONNREFUSED'],
		['of several addresses', bothAddresses('ECONNREFUSED'), 'connect ECONNREFUSED'],
		['a cause without words', new Error('outer', { cause: new Error('') }), 'outer'],
		['text', 'broken', 'broken'],
	])('says what happened: %s', (_, error, message) => {
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
