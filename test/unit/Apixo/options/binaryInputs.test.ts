import type { IBinaryData, IDataObject, IExecuteFunctions } from 'n8n-workflow';

import { readRequest } from '../../../../nodes/Apixo/actions/generate/request';
import {
	fileLifetimeSeconds,
	readBinaryInputs,
	withFiles,
} from '../../../../nodes/Apixo/options/binaryInputs';
import { readWaiting } from '../../../../nodes/Apixo/options/waiting';

const photo: IBinaryData = {
	data: 'filesystem-v2',
	mimeType: 'image/png',
	fileName: 'photo.png',
	bytes: 3,
	id: 'filesystem-v2:photo',
};

interface Fake {
	file?: IBinaryData;
	isOld?: boolean;
	parameters?: IDataObject;
}

/** An n8n whose signed addresses differ each time, as their dates do. */
function fakeN8n({ file = photo, isOld, parameters = {} }: Fake) {
	const lifetimes: string[] = [];
	const context = {
		getNode: () => ({ name: 'APIXO' }),
		getInputData: () => [{ json: {} }],
		getNodeParameter: (name: string, _: number, fallback: unknown) => parameters[name] ?? fallback,
		helpers: {
			assertBinaryData: () => file,
			...(!isOld && {
				createBinarySignedUrl: (_: IBinaryData, expiresIn: string) => {
					lifetimes.push(expiresIn);
					return `https://n8n.example.com/rest/binary-data/signed?token=${lifetimes.length}`;
				},
			}),
		},
	} as unknown as IExecuteFunctions;
	return { context, lifetimes };
}

function read(fake: Fake, options: IDataObject = {}) {
	const { context, lifetimes } = fakeN8n(fake);
	const refuse = (problem: string): never => {
		throw new Error(problem);
	};
	const files = readBinaryInputs(
		context,
		0,
		{
			options: {
				binaryInputs: { values: [{ binaryProperty: 'data', input: 'image_urls' }] },
				...options,
			},
			entry: undefined,
			baseUrl: 'https://api.apixo.ai/api/v1',
			lifetimeSeconds: 90_000,
		},
		refuse,
	);
	return { files, lifetimes };
}

describe('readBinaryInputs', () => {
	it('signs for the time it was told, with a unit', () => {
		const { files, lifetimes } = read({});
		expect(files.urls.get('image_urls')).toEqual([
			'https://n8n.example.com/rest/binary-data/signed?token=1',
		]);
		expect(lifetimes).toEqual(['90000s']);
	});

	it('names the setting where files are kept in memory', () => {
		expect(() => read({ file: { ...photo, id: undefined } })).toThrow(
			"This n8n keeps the file 'photo.png' in memory and cannot hand it out to APIXO. Set N8N_DEFAULT_BINARY_DATA_MODE to filesystem and restart n8n",
		);
	});

	it('says that n8n is too old', () => {
		expect(() => read({ isOld: true })).toThrow(
			"This version of n8n cannot hand out the file 'photo.png' to APIXO. Update n8n",
		);
	});

	it.each([[{}], [undefined], [''], [{ values: [] }]])('takes %j as no files', (binaryInputs) => {
		expect(read({}, { binaryInputs } as IDataObject).files).toEqual({ urls: new Map(), ids: [] });
	});

	it('refuses an input without a name', () => {
		const binaryInputs = { values: [{ binaryProperty: 'data', input: 5 }] };
		expect(() => read({}, { binaryInputs })).toThrow(/^'Input' of 'Binary Inputs' must be/);
	});
});

describe('withFiles', () => {
	const urls = new Map([['image_urls', ['https://n8n.example.com/a']]]);
	it.each([
		[undefined, ['https://n8n.example.com/a']],
		['', ['https://n8n.example.com/a']],
		['https://example.com/1', ['https://example.com/1', 'https://n8n.example.com/a']],
		[['https://example.com/1'], ['https://example.com/1', 'https://n8n.example.com/a']],
	])('puts files behind %j', (given, expected) => {
		expect(withFiles({ prompt: 'x', image_urls: given }, { urls, ids: [] })).toEqual({
			prompt: 'x',
			image_urls: expected,
		});
	});
});

describe('fileLifetimeSeconds', () => {
	const waiting = (options: IDataObject) => {
		const read = readWaiting(options, {
			initialWaitSeconds: 5,
			intervalSeconds: 3,
			maxIntervalSeconds: 30,
			timeoutSeconds: 120,
			usualSeconds: 10,
		});
		if (!read.ok) throw new Error(read.problem);
		return read.value;
	};

	it.each([
		[1, {}, 86_400 + 240],
		[250, { maxConcurrency: 100 }, 86_400 + 3 * 240],
		[1, { timeout: 604_800 }, 86_400 + 604_920],
	])('for %d items with %j is %d', (itemCount, options, seconds) => {
		expect(fileLifetimeSeconds(itemCount, waiting(options))).toBe(seconds);
	});
});

it('a request for the same file is known again, though its address is another', () => {
	const credential = { apiKey: 'key', baseUrl: 'https://api.apixo.ai/api/v1', callbackSecret: '' };
	const parameters = {
		resource: 'image',
		model: 'nano-banana',
		mode: 'image-to-image',
		prompt: 'make it blue',
		completion: 'poll',
		options: { binaryInputs: { values: [{ binaryProperty: 'data', input: 'image_urls' }] } },
	};
	const { context } = fakeN8n({ parameters });
	const first = readRequest(context, 0, credential).request;
	const second = readRequest(context, 0, credential).request;
	expect(first.input.image_urls).not.toEqual(second.input.image_urls);
	expect(first.fingerprint).toBe(second.fingerprint);
	const other = fakeN8n({ parameters, file: { ...photo, id: 'filesystem-v2:other' } });
	expect(readRequest(other.context, 0, credential).request.fingerprint).not.toBe(first.fingerprint);
});
