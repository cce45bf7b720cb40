import fc from 'fast-check';

import {
	checkCallbackUrl,
	isSignedWith,
	readSignedQuery,
	signCallbackUrl,
	signingKey,
} from '../../../nodes/shared/callbacks/url';
import { HOSTILE_TEXTS } from '../models/cpuMs.cts';
import { hostileValue } from './arbitraries';
import { MAX_CPU_MS, leastCpuMs } from './limits';

const anyText = fc.string({ unit: 'binary', maxLength: 100 });
const claims = fc.record(
	{
		model: fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }),
		reference: anyText,
		nonce: fc.stringMatching(/^[0-9a-f]{32}$/),
	},
	{ requiredKeys: ['model', 'nonce'] },
);
const credential = fc.record(
	{ apiKey: fc.string({ minLength: 1 }), callbackSecret: anyText },
	{ requiredKeys: ['apiKey'] },
);
const receiver = fc.webUrl({ withQueryParameters: true, withFragments: true });

/** As n8n gets it: the last of several parameters of one name. */
const queryOf = (url: string): Record<string, unknown> =>
	Object.fromEntries(new URL(url).searchParams);

const verifies = (query: Record<string, unknown>, key: string) => {
	const signed = readSignedQuery(query);
	return signed !== undefined && isSignedWith(signed, key);
};

describe('a signed callback URL', () => {
	it('verifies, and gives back what was signed', () => {
		fc.assert(
			fc.property(receiver, claims, credential, (url, signed, own) => {
				const key = signingKey(own);
				const query = queryOf(signCallbackUrl(url, signed, key));
				expect(verifies(query, key)).toBe(true);
				const wellFormed = (text: string) => Buffer.from(text).toString();
				expect(readSignedQuery(query)?.claims).toEqual({
					model: wellFormed(signed.model),
					reference: signed.reference ? wellFormed(signed.reference) : undefined,
					nonce: signed.nonce,
				});
			}),
		);
	});

	it('does not verify with any part changed, missing or added', () => {
		const parts = ['apixo_model', 'apixo_ref', 'apixo_nonce', 'apixo_sig'];
		fc.assert(
			fc.property(
				receiver,
				claims,
				credential,
				fc.constantFrom(...parts),
				fc.oneof(hostileValue, fc.stringMatching(/^[0-9a-f]{64}$/)),
				(url, signed, own, part, value) => {
					const key = signingKey(own);
					const query = queryOf(signCallbackUrl(url, signed, key));
					fc.pre(query[part] !== value);
					expect(verifies({ ...query, [part]: value }, key)).toBe(false);
					const rest = { ...query };
					delete rest[part];
					expect(verifies(rest, key)).toBe(!(part in query));
				},
			),
		);
	});

	it('does not verify with one character of the signature changed', () => {
		fc.assert(
			fc.property(claims, credential, fc.nat(63), fc.nat(15), (signed, own, at, digit) => {
				const key = signingKey(own);
				const query = queryOf(signCallbackUrl('https://n8n.example.com/hook', signed, key));
				const signature = String(query.apixo_sig);
				const changed = signature.slice(0, at) + digit.toString(16) + signature.slice(at + 1);
				expect(verifies({ ...query, apixo_sig: changed }, key)).toBe(changed === signature);
			}),
		);
	});

	it('does not verify with the key of another credential', () => {
		fc.assert(
			fc.property(claims, credential, credential, (signed, own, other) => {
				fc.pre(signingKey(own) !== signingKey(other));
				const url = signCallbackUrl('https://n8n.example.com/hook', signed, signingKey(own));
				expect(verifies(queryOf(url), signingKey(other))).toBe(false);
			}),
		);
	});
});

describe('hostile values', () => {
	it('in a query never verify, and nothing throws', () => {
		const parameter = fc.oneof(hostileValue, anyText, fc.array(anyText));
		const query = fc.record(
			{
				apixo_model: parameter,
				apixo_ref: parameter,
				apixo_nonce: parameter,
				apixo_sig: parameter,
			},
			{ requiredKeys: [] },
		);
		fc.assert(fc.property(query, (hostile) => expect(verifies(hostile, 'key')).toBe(false)));
	});

	it('as a callback URL are refused with a sentence, or are https', () => {
		const text = fc.oneof(
			fc.webUrl(),
			anyText,
			anyText.map((rest) => `https://${rest}`),
			fc.constantFrom('javascript:alert(1)', 'https://[::ffff:127.0.0.1]/', 'file:///etc/passwd'),
		);
		fc.assert(
			fc.property(text, (url) => {
				const checked = checkCallbackUrl(url, { allowLoopback: false });
				if (checked.ok) expect(checked.value.url.protocol).toBe('https:');
				else expect(checked.error).toMatch(/^The callback URL /);
			}),
		);
	});

	it.each(HOSTILE_TEXTS)('of a megabyte of %s take time in proportion', (_, text) => {
		const check = (url: string) => checkCallbackUrl(url, { allowLoopback: true });
		expect(leastCpuMs(() => check(text))).toBeLessThan(MAX_CPU_MS);
		expect(leastCpuMs(() => check(`https://example.com/?${text}`))).toBeLessThan(MAX_CPU_MS);
		const query = { apixo_model: text, apixo_ref: text, apixo_nonce: text, apixo_sig: text };
		expect(leastCpuMs(() => verifies(query, 'key'))).toBeLessThan(MAX_CPU_MS);
	});
});
