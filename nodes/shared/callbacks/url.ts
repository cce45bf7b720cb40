import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

import { kindOfHost } from '../net/host';
import type { Checked } from '../result';

/** What the signature of a callback URL covers. */
export interface CallbackClaims {
	model: string;
	/** The user's own text, returned by the trigger. */
	reference?: string;
	/** Makes every URL differ, so that a signature is of use for one task only. */
	nonce: string;
}

/** The claims of a callback's query with a signature that has yet to be checked. */
export interface SignedQuery {
	claims: CallbackClaims;
	/** 64 hexadecimal digits. */
	signature: string;
}

/** A URL that APIXO can call; `warning` is a sentence on what may still be wrong with it. */
export interface CallableUrl {
	url: URL;
	warning?: string;
}

const PARAMETER = {
	model: 'apixo_model',
	reference: 'apixo_ref',
	nonce: 'apixo_nonce',
	signature: 'apixo_sig',
} as const;
const OUR_PARAMETERS: readonly string[] = Object.values(PARAMETER);

/** nginx, a common proxy in front of n8n, accepts request lines of 8 kB. */
const MAX_URL_LENGTH = 8_000;

/** Of a text that is no URL: what an expression gives may be long. */
const SHOWN_CHARACTERS = 200;

const TEST_URL_PATH = /\/webhook(-waiting)?-test\//;

const TEST_URL_WARNING =
	"The callback URL is an n8n test URL, which only works while the editor is listening for a test event. Use the trigger's production URL and publish (activate) its workflow";

const HOW_TO_FIX =
	'Set N8N_WEBHOOK_URL (formerly WEBHOOK_URL) to the public HTTPS address of this n8n and restart it';

/**
 * Whether APIXO can call this URL: public and https. With `allowLoopback`, for a simulator, also
 * http or https on this machine. Error and warning are sentences for the user.
 */
export function checkCallbackUrl(
	text: string,
	{ allowLoopback }: { allowLoopback: boolean },
): Checked<CallableUrl> {
	const url = parseUrl(text);
	if (!url) {
		const shown = text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
		return { ok: false, error: `The callback URL '${shown}' is not a URL. ${HOW_TO_FIX}` };
	}
	const problem = problemOf(url, allowLoopback);
	if (problem !== undefined) return { ok: false, error: problem };
	return TEST_URL_PATH.test(url.pathname)
		? { ok: true, value: { url, warning: TEST_URL_WARNING } }
		: { ok: true, value: { url } };
}

/** Whether a URL points to this machine. False where the text is no URL. */
export function isLoopbackUrl(text: string): boolean {
	const url = parseUrl(text);
	return url !== undefined && kindOfHost(url.hostname) === 'loopback';
}

function problemOf(url: URL, allowLoopback: boolean): string | undefined {
	if (url.protocol !== 'https:' && url.protocol !== 'http:') {
		return `The callback URL begins with '${url.protocol}', but APIXO calls HTTPS addresses only. ${HOW_TO_FIX}`;
	}
	if (url.username !== '' || url.password !== '') {
		return 'The callback URL contains a user name or password that APIXO and logs would see. Remove it. The signature already protects the URL';
	}
	const host = kindOfHost(url.hostname);
	if (host === 'loopback' && allowLoopback) return undefined;
	if (host !== 'public') {
		return `The callback URL points to '${url.hostname}', ${WHY_UNREACHABLE[host]}. ${HOW_TO_FIX}`;
	}
	if (url.protocol === 'http:') {
		return `The callback URL begins with 'http:', but APIXO calls HTTPS addresses only. ${HOW_TO_FIX}`;
	}
	return undefined;
}

const WHY_UNREACHABLE = {
	loopback: 'which is this machine itself: APIXO cannot reach it',
	private: 'an address inside a private network: APIXO cannot reach it',
	unroutable: 'an address that no server on the internet can have: APIXO cannot reach it',
	localName: 'a name that only a local network knows: APIXO cannot reach it',
	reservedName: 'a name that the public internet never resolves: APIXO cannot reach it',
};

function parseUrl(text: string): URL | undefined {
	try {
		return new URL(text.trim());
	} catch {
		return undefined;
	}
}

/** 128 random bits as hex. */
export function newNonce(): string {
	return randomBytes(16).toString('hex');
}

/** The credential's callback secret, or, where that is empty, a key derived from the API key. */
export function signingKey(credential: { apiKey: string; callbackSecret?: string }): string {
	const chosen = credential.callbackSecret?.trim();
	if (chosen) return chosen;
	return createHmac('sha256', credential.apiKey.trim())
		.update('n8n-nodes-apixo callback URL')
		.digest('hex');
}

/**
 * The URL with claims and signature added to its own query, which stays as it is, letter by letter.
 * Signing again replaces the former claims. A fragment is dropped: no server gets to see it.
 * @throws Error, a sentence for the user, when the URL gets longer than servers accept.
 */
export function signCallbackUrl(url: URL | string, claims: CallbackClaims, key: string): string {
	const model = wellFormed(claims.model);
	const reference = claims.reference ? wellFormed(claims.reference) : undefined;
	const { nonce } = claims;
	const ours: Array<[name: string, value: string]> = [
		[PARAMETER.model, model],
		...(reference === undefined
			? []
			: [[PARAMETER.reference, reference] satisfies [string, string]]),
		[PARAMETER.nonce, nonce],
		[PARAMETER.signature, signatureOf({ model, reference, nonce }, key)],
	];
	const signed = new URL(url);
	signed.hash = '';
	const theirs = signed.search.slice(1).split('&').filter(isNotOurs);
	signed.search = [
		...(theirs.join('') === '' ? [] : theirs),
		...ours.map(([name, value]) => `${name}=${encodeURIComponent(value)}`),
	].join('&');
	if (signed.href.length > MAX_URL_LENGTH) {
		throw new Error(
			`The callback URL would be ${signed.href.length} characters long with its reference; servers accept ${MAX_URL_LENGTH}. Shorten 'Reference' or the URL`,
		);
	}
	return signed.href;
}

/**
 * The claims of a callback's query; undefined where they cannot have been signed by this module:
 * anything missing, given twice, as a list or as an object. Needs no key.
 */
export function readSignedQuery(query: Record<string, unknown>): SignedQuery | undefined {
	const { model, reference } = readUnsignedClaims(query);
	const nonce = textOf(query[PARAMETER.nonce]);
	const signature = textOf(query[PARAMETER.signature]);
	if (model === undefined || nonce === undefined) return undefined;
	if (reference === undefined && PARAMETER.reference in query) return undefined;
	if (signature === undefined || !/^[0-9a-f]{64}$/.test(signature)) return undefined;
	return { claims: { model, reference, nonce }, signature };
}

/** Whether the signature was made with this key. Compares in constant time. */
export function isSignedWith({ claims, signature }: SignedQuery, key: string): boolean {
	const expected = Buffer.from(signatureOf(claims, key), 'hex');
	return timingSafeEqual(expected, Buffer.from(signature, 'hex'));
}

/** What a query claims, for a trigger that checks no signature. */
export function readUnsignedClaims(
	query: Record<string, unknown>,
): Pick<Partial<CallbackClaims>, 'model' | 'reference'> {
	return {
		model: textOf(query[PARAMETER.model]),
		reference: textOf(query[PARAMETER.reference]),
	};
}

function textOf(value: unknown): string | undefined {
	return typeof value === 'string' && value !== '' && value.length <= MAX_URL_LENGTH
		? value
		: undefined;
}

/** As JSON, so that no two lists of claims look alike. */
function signatureOf({ model, reference, nonce }: CallbackClaims, key: string): string {
	const signed = JSON.stringify([model, reference ?? null, nonce]);
	return createHmac('sha256', key).update(signed).digest('hex');
}

function isNotOurs(pair: string): boolean {
	const rawName = pair.split('=', 1)[0].replaceAll('+', ' ');
	try {
		return !OUR_PARAMETERS.includes(decodeURIComponent(rawName).split('[', 1)[0]);
	} catch {
		return true;
	}
}

/** Replaces lone surrogates with U+FFFD; `encodeURIComponent` throws on them. */
function wellFormed(text: string): string {
	return Buffer.from(text).toString();
}
