import type { IBinaryData, IDataObject, IExecuteFunctions } from 'n8n-workflow';

import { findModel } from '../../../../nodes/shared/models/catalogue';
import type { CatalogueModel } from '../../../../nodes/shared/models/catalogueTypes';
import { InputError } from '../../../../nodes/shared/inputError';
import { readItem } from '../../../../nodes/Apixo/actions/generate/request';
import {
	fileLifetimeSeconds,
	readBinaryInputs,
	withFiles,
} from '../../../../nodes/Apixo/options/binaryInputs';
import { FakeTiming } from '../../support/fakeTiming';
import { readWaiting } from '../../../../nodes/Apixo/options/waiting';

const photo: IBinaryData = {
	data: 'filesystem-v2',
	mimeType: 'image/png',
	fileName: 'photo.png',
	bytes: 3,
	id: 'filesystem-v2:photo',
};

interface Fake {
	origin?: string;
	file?: IBinaryData;
	isOld?: boolean;
	parameters?: IDataObject;
}

/** An n8n whose signed URLs differ each time, as their dates do. */
function fakeN8n({
	origin = 'https://n8n.example.com',
	file = photo,
	isOld,
	parameters = {},
}: Fake) {
	const lifetimes: string[] = [];
	const context = {
		getNode: () => ({ name: 'APIXO', parameters }),
		getInputData: () => [{ json: {}, binary: { data: file } }],
		getNodeParameter: (name: string, _: number, fallback: unknown) => parameters[name] ?? fallback,
		helpers: {
			assertBinaryData: () => file,
			...(!isOld && {
				createBinarySignedUrl: (_: IBinaryData, expiresIn: string) => {
					lifetimes.push(expiresIn);
					return `${origin}/rest/binary-data/signed?token=${lifetimes.length}`;
				},
			}),
		},
	} as unknown as IExecuteFunctions;
	return { context, lifetimes };
}

async function read(fake: Fake, options: IDataObject = {}, entry?: CatalogueModel) {
	const { context, lifetimes } = fakeN8n(fake);
	const files = await readBinaryInputs(context, 0, {
		options: {
			binaryInputs: { values: [{ binaryProperty: 'data', input: 'image_urls' }] },
			...options,
		},
		entry,
		baseUrl: 'https://api.apixo.ai/api/v1',
		lifetimeSeconds: 90_000,
	});
	return { files, lifetimes };
}

describe('readBinaryInputs', () => {
	it('signs for the time it was told, with a unit', async () => {
		const { files, lifetimes } = await read({});
		expect(files.urls.get('image_urls')).toEqual([
			'https://n8n.example.com/rest/binary-data/signed?token=1',
		]);
		expect(lifetimes).toEqual(['90000s']);
	});

	it('names the setting where files are kept in memory', async () => {
		await expect(read({ file: { ...photo, id: undefined } })).rejects.toThrow(
			new InputError(
				"n8n keeps the file 'photo.png' in memory, so APIXO can't download it. Set N8N_DEFAULT_BINARY_DATA_MODE to filesystem (in queue mode: to database) and restart n8n, or give the model a public URL of the file instead.",
			),
		);
	});

	it('says that n8n is too old', async () => {
		await expect(read({ isOld: true })).rejects.toThrow(
			"This version of n8n can't give APIXO access to the file 'photo.png'. Update n8n",
		);
	});

	it.each([[{}], [undefined], [''], [{ values: [] }]])(
		'takes %j as no files',
		async (binaryInputs) => {
			expect((await read({}, { binaryInputs } as IDataObject)).files).toEqual({
				urls: new Map(),
				warnings: [],
			});
		},
	);

	it('refuses an input without a name', async () => {
		const binaryInputs = { values: [{ binaryProperty: 'data', input: 5 }] };
		await expect(read({}, { binaryInputs })).rejects.toThrow(/^'Input' of 'Input Files' must be/);
	});

	it.each(['', ' , ', []])(
		'refuses %j as the name of a binary property',
		async (binaryProperty) => {
			const binaryInputs = { values: [{ binaryProperty, input: 'image_urls' }] };
			await expect(read({}, { binaryInputs })).rejects.toThrow(
				new InputError("'Input Binary Field' of 'Input Files' is empty"),
			);
		},
	);

	const gif = { ...photo, mimeType: 'image/gif', fileName: 'a.gif' };
	it('refuses a file that the page of the model rules out', async () => {
		await expect(read({ file: gif }, {}, findModel('nano-banana'))).rejects.toThrow(InputError);
	});

	it('warns of a file that a model may not take', async () => {
		const { files } = await read({ file: gif });
		expect(files.warnings).toEqual([expect.stringMatching(/^The file 'a\.gif' is of type/)]);
		expect(files.urls.get('image_urls')).toHaveLength(1);
	});

	it('refuses an empty file, before it is paid for', async () => {
		await expect(read({ file: { ...photo, bytes: 0 } })).rejects.toThrow(/is empty \(0 bytes\)/);
	});

	it("checks no file where 'Validate Input' is off", async () => {
		for (const file of [gif, { ...photo, bytes: 0 }]) {
			const { files } = await read({ file }, { validateInput: false }, findModel('nano-banana'));
			expect(files.warnings).toEqual([]);
			expect(files.urls.get('image_urls')).toHaveLength(1);
		}
	});

	it('refuses files of an n8n that APIXO cannot reach, whether inputs are validated or not', async () => {
		for (const validateInput of [true, false]) {
			await expect(read({ origin: 'http://n8n:5678' }, { validateInput })).rejects.toThrow(
				InputError,
			);
		}
	});

	it('signs a copy of an uploaded file, which n8n renames when the execution pauses', async () => {
		const id = (execution: string) =>
			`filesystem-v2:workflows/w/executions/${execution}/binary_data/a`;
		const { context } = fakeN8n({ file: { ...photo, id: id('temp') } });
		const signed: unknown[] = [];
		Object.assign(context.helpers, {
			getBinaryStream: async (from: string) => from,
			prepareBinaryData: async (stream: string) => ({ ...photo, id: `copy of ${stream}` }),
			createBinarySignedUrl: (file: IBinaryData) => {
				signed.push(file.id);
				return 'https://n8n.example.com/signed';
			},
		});
		await readBinaryInputs(context, 0, {
			options: { binaryInputs: { values: [{ binaryProperty: 'data', input: 'image_urls' }] } },
			entry: undefined,
			baseUrl: 'https://api.apixo.ai/api/v1',
			lifetimeSeconds: 90_000,
		});
		expect(signed).toEqual([`copy of ${id('temp')}`]);
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
		expect(withFiles({ prompt: 'x', image_urls: given }, { urls })).toEqual({
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
		if (!read.ok) throw new Error(read.error);
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

it('recognizes a request for the same file by its fingerprint, though the URL is another', async () => {
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
	const requestOf = async (n8n: IExecuteFunctions) => {
		const item = await readItem(n8n, 0, { credential, timing: new FakeTiming() });
		if (!item.ok) throw new Error(item.error.message);
		return item.value;
	};
	const first = await requestOf(context);
	const second = await requestOf(context);
	expect(first.input.image_urls).not.toEqual(second.input.image_urls);
	expect(first.fingerprint).toBe(second.fingerprint);
	const other = fakeN8n({ parameters, file: { ...photo, id: 'filesystem-v2:other' } });
	expect((await requestOf(other.context)).fingerprint).not.toBe(first.fingerprint);

	// As n8n renames an uploaded file: a retry of the execution must not pay again.
	const path = (execution: string) =>
		`filesystem-v2:workflows/w/executions/${execution}/binary_data/a`;
	const [uploaded, renamed] = await Promise.all(
		['temp', '7'].map(async (execution) => {
			const { context: n8n } = fakeN8n({ parameters, file: { ...photo, id: path(execution) } });
			Object.assign(n8n.helpers, {
				getBinaryStream: async () => '',
				prepareBinaryData: async () => photo,
			});
			return (await requestOf(n8n)).fingerprint;
		}),
	);
	expect(uploaded).toBe(renamed);
});
