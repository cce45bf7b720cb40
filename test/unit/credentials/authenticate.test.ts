import { ApixoApi } from '../../../credentials/ApixoApi.credentials';

const REQUEST = { url: 'https://api.apixo.ai/api/v1/apikeys/current-balance' };

it.each([
	['a key', { apiKey: 'key' }, 'Bearer key'],
	['a key with spaces round it', { apiKey: ' key\n' }, 'Bearer key'],
	['an empty key', { apiKey: '' }, 'Bearer '],
	['no key', {}, 'Bearer '],
])('%s becomes the header', async (_what, credential, header) => {
	const { authenticate } = new ApixoApi();
	expect(await authenticate(credential, REQUEST)).toEqual({
		...REQUEST,
		headers: { Authorization: header },
	});
});

it('keeps other headers, and leaves the request of the caller as it is', async () => {
	const { authenticate } = new ApixoApi();
	const request = { ...REQUEST, headers: { accept: 'application/json' } };
	expect(await authenticate({ apiKey: 'key' }, request)).toMatchObject({
		headers: { accept: 'application/json', Authorization: 'Bearer key' },
	});
	expect(request.headers).toEqual({ accept: 'application/json' });
});
