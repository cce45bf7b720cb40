import {
	checkCallbackUrl,
	isLoopbackUrl,
	newNonce,
	isSignedWith,
	readSignedQuery,
	readUnsignedClaims,
	signCallbackUrl,
	signingKey,
} from '../../../nodes/shared/callbacks/url';

const PUBLIC = { allowLoopback: false };
const SIMULATED = { allowLoopback: true };

describe('checkCallbackUrl', () => {
	it.each([
		'https://n8n.example.com/webhook/6f2c/apixo',
		'https://n8n.example.com:8443/webhook/6f2c/apixo?team=art',
		'  https://n8n.example.com/hook  ',
		'https://8.8.8.8/hook',
		'https://172.15.0.1/hook',
		'https://172.32.0.1/hook',
		'https://100.63.255.255/hook',
		'https://[2606:4700::1111]/hook',
		'https://127.example.com/hook',
		'https://localhost.example.com/hook',
		'https://internal.example.com/hook',
		'https://test.com/hook',
		'https://home.example.com/hook',
		'https://192.0.1.1/hook',
		'https://198.17.255.255/hook',
		'https://198.20.0.0/hook',
		'https://203.0.114.1/hook',
		'https://[2001:db9::1]/hook',
		'https://[2002:808:808::1]/hook',
		'https://[3fff:1000::1]/hook',
	])('takes %s', (text) => {
		expect(checkCallbackUrl(text, PUBLIC)).toEqual({
			ok: true,
			value: { url: new URL(text.trim()) },
		});
	});

	it.each([
		['', /is not a URL.*N8N_WEBHOOK_URL \(formerly WEBHOOK_URL\)/],
		['n8n.example.com/hook', /is not a URL/],
		['/webhook/6f2c/apixo', /is not a URL/],
		['x'.repeat(1_000_000), /^The callback URL 'x{200}…' is not a URL/],
		['http://n8n.example.com/hook', /begins with 'http:'.*N8N_WEBHOOK_URL/],
		['ftp://n8n.example.com/hook', /begins with 'ftp:'/],
		['javascript:alert(1)', /begins with 'javascript:'/],
		['https://user:word@n8n.example.com/', /user name or password.*Remove it/],
		['https://user@n8n.example.com/', /user name or password/],
		['http://localhost:5678/webhook/6f2c/apixo', /'localhost', which is this machine/],
		['https://LOCALHOST/', /this machine/],
		['https://localhost./', /this machine/],
		['https://app.localhost/', /this machine/],
		['https://127.0.0.1/', /this machine/],
		['https://127.8.9.10/', /this machine/],
		['https://2130706433/', /this machine/],
		['https://0x7f.1/', /this machine/],
		['https://0177.0.0.1/', /this machine/],
		['https://127.1/', /this machine/],
		['https://[::1]/', /this machine/],
		['https://[0:0:0:0:0:0:0:1]/', /this machine/],
		['https://[::ffff:127.0.0.1]/', /this machine/],
		['https://10.0.0.1/', /'10.0.0.1', an address inside a private network/],
		['https://172.16.0.1/', /private network/],
		['https://172.31.255.255/', /private network/],
		['https://192.168.1.20/', /private network/],
		['https://169.254.169.254/', /private network/],
		['https://100.64.0.1/', /private network/],
		['https://100.127.255.255/', /private network/],
		['https://3232235786/', /private network/],
		['https://0xA9FEA9FE/', /private network/],
		['https://[::ffff:10.0.0.1]/', /private network/],
		['https://[::ffff:a00:1]/', /private network/],
		['https://[::10.0.0.1]/', /private network/],
		['https://[64:ff9b::10.0.0.1]/', /private network/],
		['https://[fc00::1]/', /private network/],
		['https://[fdab:cdef::1]/', /private network/],
		['https://[fe80::1]/', /private network/],
		['https://[febf::1]/', /private network/],
		['https://198.18.0.1/', /private network/],
		['https://198.19.255.255/', /private network/],
		['https://[2002:a00:1::1]/', /private network/],
		['https://[2002:c0a8:114::]/', /private network/],
		['https://[64:ff9b:1::1]/', /private network/],
		['https://[fec0::1]/', /private network/],
		['https://[2002:7f00:1::]/', /this machine/],
		['https://192.0.0.8/', /no server on the internet/],
		['https://192.0.2.1/', /no server on the internet/],
		['https://198.51.100.7/', /no server on the internet/],
		['https://203.0.113.255/', /no server on the internet/],
		['https://[2001:db8::1]/', /no server on the internet/],
		['https://[2001:db8:ffff::]/', /no server on the internet/],
		['https://[3fff:fff::1]/', /no server on the internet/],
		['https://[100::1]/', /no server on the internet/],
		['https://0.0.0.0/', /no server on the internet/],
		['https://0/', /no server on the internet/],
		['https://[::]/', /no server on the internet/],
		['https://224.0.0.1/', /no server on the internet/],
		['https://255.255.255.255/', /no server on the internet/],
		['https://[ff02::1]/', /no server on the internet/],
		['https://n8n/', /a name that only a local network knows/],
		['https://n8n.local/', /only a local network/],
		['https://n8n.local./', /only a local network/],
		['https://n8n.corp.internal/', /only a local network/],
		['https://n8n.home/', /only a local network/],
		['https://n8n.corp/', /only a local network/],
		['https://n8n.intranet/', /only a local network/],
		['https://n8n.test/', /a name that the public internet never resolves/],
		['https://n8n.example./', /never resolves/],
		['https://n8n.invalid/', /never resolves/],
		['https://n8n.onion/', /never resolves/],
	])('refuses %s and says why', (text, reason) => {
		const check = checkCallbackUrl(text, PUBLIC);
		expect(check).toMatchObject({ ok: false, error: expect.stringMatching(reason) });
	});

	it.each([
		'http://localhost:5678/webhook/6f2c/apixo',
		'http://127.0.0.1:5678/webhook/6f2c/apixo',
		'https://[::1]:5678/webhook/6f2c/apixo',
		'https://n8n.example.com/hook',
	])('takes %s where the API is on loopback too', (text) => {
		expect(checkCallbackUrl(text, SIMULATED)).toEqual({ ok: true, value: { url: new URL(text) } });
	});

	it.each([
		'http://n8n.example.com/hook',
		'https://10.0.0.1/hook',
		'http://0.0.0.0:5678/hook',
		'http://n8n:5678/hook',
		'http://user:word@localhost/hook',
		'ftp://localhost/hook',
	])('refuses %s even then', (text) => {
		expect(checkCallbackUrl(text, SIMULATED).ok).toBe(false);
	});

	it.each([
		'https://n8n.example.com/webhook-test/6f2c/apixo',
		'https://example.com/n8n/webhook-test/6f2c/apixo',
	])('warns of the test URL %s', (text) => {
		expect(checkCallbackUrl(text, PUBLIC)).toMatchObject({
			ok: true,
			value: { warning: expect.stringMatching(/test URL.*production URL/) },
		});
	});
});

describe('isLoopbackUrl', () => {
	it.each([
		['http://127.0.0.1:4010/api/v1', true],
		['http://localhost:4010/api/v1', true],
		['http://[::1]:4010', true],
		['https://api.apixo.ai/api/v1', false],
		['http://10.0.0.1/api/v1', false],
		['nonsense', false],
	])('%s: %s', (text, expected) => {
		expect(isLoopbackUrl(text)).toBe(expected);
	});
});

describe('signingKey', () => {
	it('is the callback secret where there is one', () => {
		expect(signingKey({ apiKey: 'a', callbackSecret: 's3cret' })).toBe('s3cret');
	});

	it('does not depend on spaces round the credential', () => {
		expect(signingKey({ apiKey: ' a\n' })).toBe(signingKey({ apiKey: 'a' }));
		expect(signingKey({ apiKey: 'a', callbackSecret: ' s ' })).toBe('s');
	});

	it('else comes from the API key without giving it away', () => {
		const derived = signingKey({ apiKey: 'a', callbackSecret: '' });
		expect(derived).toMatch(/^[0-9a-f]{64}$/);
		expect(signingKey({ apiKey: 'a' })).toBe(derived);
		expect(signingKey({ apiKey: 'a', callbackSecret: '   ' })).toBe(derived);
		expect(signingKey({ apiKey: 'b' })).not.toBe(derived);
	});
});

const KEY = signingKey({ apiKey: 'key-1' });
const CLAIMS = { model: 'nano-banana', reference: 'order 7/ü&=#+', nonce: 'n1' };
const HOOK = 'https://n8n.example.com/webhook/6f2c/apixo';

function verifyCallbackQuery(query: Record<string, unknown>, key: string) {
	const signed = readSignedQuery(query);
	return signed && isSignedWith(signed, key) ? signed.claims : undefined;
}

function queryOf(url: string): Record<string, unknown> {
	return Object.fromEntries(new URL(url).searchParams);
}

describe('signCallbackUrl and verifyCallbackQuery', () => {
	it.each([
		CLAIMS,
		{ model: 'happyHorse', nonce: newNonce() },
		{ model: 'm', reference: '["m",null,"n"]', nonce: 'n' },
		{ model: 'm', reference: '订单 42 🎨', nonce: 'n' },
	])('takes back what it signed: %j', (claims) => {
		const query = queryOf(signCallbackUrl(HOOK, claims, KEY));
		expect(verifyCallbackQuery(query, KEY)).toEqual(claims);
	});

	it.each([
		['', ''],
		['?', ''],
		['?team=art', 'team=art&'],
		['?b=2&a=1&b=3&empty=&flag', 'b=2&a=1&b=3&empty=&flag&'],
		['?x=%7e%41+z%20&y=a%2Bb', 'x=%7e%41+z%20&y=a%2Bb&'],
		['?bad=%E0%A4%A&ok=1', 'bad=%E0%A4%A&ok=1&'],
		['?apixo_other=1&my_apixo_sig=2', 'apixo_other=1&my_apixo_sig=2&'],
	])('keeps the query %s as it is', (theirs, kept) => {
		const signed = signCallbackUrl(`${HOOK}${theirs}`, CLAIMS, KEY);
		expect(signed.startsWith(`${HOOK}?${kept}apixo_model=nano-banana&apixo_ref=`)).toBe(true);
		expect(verifyCallbackQuery(queryOf(signed), KEY)).toBeDefined();
	});

	it('replaces former claims, however they are written', () => {
		const stale = `${HOOK}?apixo%5Fsig=00&a=1&apixo_ref[]=x&apixo_model=old&apixo_nonce`;
		const first = signCallbackUrl(stale, CLAIMS, KEY);
		expect(first.startsWith(`${HOOK}?a=1&apixo_model=nano-banana&`)).toBe(true);
		const again = signCallbackUrl(first, { model: 'flux-2', nonce: 'n2' }, KEY);
		expect(queryOf(again)).toEqual({
			a: '1',
			apixo_model: 'flux-2',
			apixo_nonce: 'n2',
			apixo_sig: expect.stringMatching(/^[0-9a-f]{64}$/),
		});
	});

	it('drops a fragment, which no server gets to see', () => {
		const signed = signCallbackUrl(`${HOOK}?a=1#part`, CLAIMS, KEY);
		expect(signed).toBe(signCallbackUrl(`${HOOK}?a=1`, CLAIMS, KEY));
		expect(signed).not.toContain('#');
	});

	it('takes an empty reference for none, and a lone surrogate for U+FFFD', () => {
		const without = queryOf(signCallbackUrl(HOOK, { ...CLAIMS, reference: '' }, KEY));
		expect(without).not.toHaveProperty('apixo_ref');
		expect(verifyCallbackQuery(without, KEY)).toBeDefined();
		const lone = queryOf(signCallbackUrl(HOOK, { ...CLAIMS, reference: 'a\ud83c' }, KEY));
		expect(verifyCallbackQuery(lone, KEY)).toMatchObject({ reference: 'a\ufffd' });
	});

	it('refuses to make a URL that servers do not take', () => {
		const reference = '画'.repeat(1000);
		expect(() => signCallbackUrl(HOOK, { ...CLAIMS, reference }, KEY)).toThrow(
			/characters long.*Shorten 'Reference'/,
		);
	});

	const valid = queryOf(signCallbackUrl(HOOK, CLAIMS, KEY));
	const signature = String(valid.apixo_sig);
	const without = (name: string) => {
		const others = { ...valid };
		delete others[name];
		return others;
	};
	const flipped = signature.replace(/^./, (digit) => (digit === '0' ? '1' : '0'));

	it.each<[string, Record<string, unknown>]>([
		['nothing', {}],
		['no signature', without('apixo_sig')],
		['an empty signature', { ...valid, apixo_sig: '' }],
		['a wrong signature', { ...valid, apixo_sig: flipped }],
		['a truncated signature', { ...valid, apixo_sig: signature.slice(0, -1) }],
		['a longer signature', { ...valid, apixo_sig: `${signature}0` }],
		['a signature in capitals', { ...valid, apixo_sig: signature.toUpperCase() }],
		['a signature given twice', { ...valid, apixo_sig: [signature, signature] }],
		['a signature as an object', { ...valid, apixo_sig: { 0: signature } }],
		['no model', without('apixo_model')],
		['another model', { ...valid, apixo_model: 'flux-2' }],
		['a model given twice', { ...valid, apixo_model: ['nano-banana', 'nano-banana'] }],
		['another reference', { ...valid, apixo_ref: 'order 8' }],
		['no reference', without('apixo_ref')],
		['an empty reference', { ...valid, apixo_ref: '' }],
		['a reference given twice', { ...valid, apixo_ref: ['a', 'b'] }],
		['another nonce', { ...valid, apixo_nonce: 'n2' }],
		[
			'claims that changed places',
			{ ...valid, apixo_model: CLAIMS.reference, apixo_ref: CLAIMS.model },
		],
		['a huge model', { ...valid, apixo_model: 'm'.repeat(1_000_000) }],
		['a huge signature', { ...valid, apixo_sig: '0'.repeat(1_000_000) }],
	])('does not take %s for valid', (_what, query) => {
		expect(verifyCallbackQuery(query, KEY)).toBeUndefined();
	});

	it('does not take an added reference for valid', () => {
		const query = queryOf(signCallbackUrl(HOOK, { model: 'm', nonce: 'n' }, KEY));
		expect(verifyCallbackQuery({ ...query, apixo_ref: '' }, KEY)).toBeUndefined();
		expect(verifyCallbackQuery({ ...query, apixo_ref: 'x' }, KEY)).toBeUndefined();
	});

	it("does not take another credential's signature for valid", () => {
		expect(verifyCallbackQuery(valid, signingKey({ apiKey: 'key-2' }))).toBeUndefined();
		const secret = signingKey({ apiKey: 'key-1', callbackSecret: 'x' });
		expect(verifyCallbackQuery(valid, secret)).toBeUndefined();
	});

	it.each<[string, boolean, Record<string, unknown>]>([
		['a wrong signature', true, { ...valid, apixo_sig: flipped }],
		['a truncated signature', false, { ...valid, apixo_sig: signature.slice(0, -1) }],
		['no signature', false, without('apixo_sig')],
		['no nonce', false, without('apixo_nonce')],
		['an empty reference', false, { ...valid, apixo_ref: '' }],
	])('%s needs a key to be told: %j', (_what, needsKey, query) => {
		expect(readSignedQuery(query) !== undefined).toBe(needsKey);
	});

	it('gives unsigned claims to those who ask for them', () => {
		expect(readUnsignedClaims(valid)).toEqual({
			model: CLAIMS.model,
			reference: CLAIMS.reference,
		});
		expect(readUnsignedClaims({ apixo_model: ['a', 'b'], apixo_ref: '' })).toEqual({});
	});
});

describe('newNonce', () => {
	it('never comes twice', () => {
		const nonces = Array.from({ length: 1000 }, newNonce);
		expect(new Set(nonces).size).toBe(1000);
		expect(nonces[0]).toMatch(/^[0-9a-f]{32}$/);
	});
});
