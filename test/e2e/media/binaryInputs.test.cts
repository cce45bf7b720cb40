import type { INode } from 'n8n-workflow';
import { fetch } from 'undici';
import { QUICK, type RunOptions, type Stage, byId, openStage } from '../action/support.cts';
import { nodeError } from '../harness/executions.cts';
import { type NodeOptions, editFields } from '../harness/workflows.cts';
import { filesOf, fingerprint, originals } from './files.cts';

const MEGABYTE = 1024 * 1024;
const NOTHING_SUBMITTED = 'Nothing was submitted for this item, and nothing was charged';

/** One entry of the option for each input. */
const binaryInputs = (...values: Array<{ binaryProperty: unknown; input?: string }>) =>
	({ values }) as INode['parameters'];

interface Edit extends NodeOptions {
	/** Of the second node's options. */
	options: INode['parameters'];
	/** Over the second node's parameters. */
	parameters?: INode['parameters'];
	/** Of the first node: makes the files. */
	items?: RunOptions['items'];
	/** Another account, at which nothing must arrive. */
	stage?: Stage;
}

/** One APIXO node makes files and downloads them, a second one takes them as its input. */
async function makeAndEdit(maker: Stage, edit: Edit) {
	const { options, parameters, items, stage = maker, ...rest } = edit;
	const { execution } = await maker.run({
		items,
		parameters: { options: { ...QUICK, downloadResults: true } },
		then: [
			stage.node({
				name: 'Edit',
				...rest,
				parameters: {
					mode: 'image-to-image',
					prompt: 'make it blue',
					options: { ...QUICK, ...options },
					...parameters,
				},
			}),
		],
	});
	const made = execution.runData.APIXO[0].data?.main[0] ?? [];
	const submitted = stage.simulator
		.tasks()
		.map(({ input }) => input as Record<string, unknown>)
		.filter(({ prompt }) => prompt === 'make it blue');
	return { made, submitted, error: nodeError(execution), execution };
}

async function fetchSigned(url: string) {
	const answer = await fetch(url);
	return {
		status: answer.status,
		type: answer.headers.get('content-type'),
		content: fingerprint(Buffer.from(await answer.arrayBuffer())),
	};
}

describe("an item's binary files", () => {
	it.concurrent('go into the input behind the URLs that it was given, in order', async () => {
		const stage = await openStage({ defaults: { seconds: 0.5, files: 4 } });
		const given = 'https://cdn.example.com/reference.png';
		const { made, submitted, error } = await makeAndEdit(stage, {
			options: {
				binaryInputs: binaryInputs(
					{ binaryProperty: 'data_3' },
					{ binaryProperty: 'data, data_1,data_2', input: 'image_urls' },
				),
			},
			parameters: { input: { mappingMode: 'defineBelow', value: { image_urls: given } } },
		});
		expect(error).toBeUndefined();
		expect(submitted).toHaveLength(1);
		const [first, ...signed] = submitted[0].image_urls as string[];
		expect(first).toBe(given);
		const contents = await originals(made[0].json.resultUrls);
		expect(await Promise.all(signed.map(fetchSigned))).toEqual(
			[3, 0, 1, 2].map((index) => ({
				status: 200,
				type: 'image/png',
				content: contents[index],
			})),
		);
	});

	it.concurrent('go into the input of their own item', async () => {
		const stage = await openStage({ defaults: { seconds: 0.5 } });
		const { made, submitted } = await makeAndEdit(stage, {
			items: [{ prompt: 'a fox' }, { prompt: 'a hare' }, { prompt: 'an owl' }],
			options: { binaryInputs: binaryInputs({ binaryProperty: '={{ Object.keys($binary) }}' }) },
		});
		const contents = await originals(made.flatMap(({ json }) => json.resultUrls));
		const fetched = submitted.map(async ({ image_urls: urls }) => {
			expect(urls).toHaveLength(1);
			return (await fetchSigned((urls as string[])[0])).content;
		});
		expect((await Promise.all(fetched)).sort()).toEqual(contents.sort());
	});

	it.concurrent('of an earlier node go in by an expression', async () => {
		const stage = await openStage({ defaults: { seconds: 0.5 } });
		const { execution } = await stage.run({
			parameters: { options: { ...QUICK, downloadResults: true } },
			then: [
				editFields({ prompt: 'make it blue' }),
				stage.node({
					name: 'Edit',
					parameters: {
						mode: 'image-to-image',
						options: {
							...QUICK,
							binaryInputs: binaryInputs({ binaryProperty: "={{ $('APIXO').item.binary.data }}" }),
						},
					},
				}),
			],
		});
		expect(nodeError(execution)).toBeUndefined();
		const { input } = stage.taskOf('make it blue');
		const [made] = execution.runData.APIXO[0].data?.main[0] ?? [];
		const { content } = await fetchSigned((input as { image_urls: string[] }).image_urls[0]);
		expect((await filesOf(stage, made))[0].content).toBe(content);
	});

	it.concurrent('of another kind go where they belong', async () => {
		const stage = await openStage({ defaults: { seconds: 0.5, fileType: 'mp3' } });
		const { submitted, error } = await makeAndEdit(stage, {
			options: { binaryInputs: binaryInputs({ binaryProperty: 'data', input: 'audio_urls' }) },
			parameters: {
				resource: 'video',
				model: byId('seedance-2-0'),
				mode: 'omni_reference',
				specifyInput: 'json',
				inputJson: '{ "image_urls": ["https://cdn.example.com/a.png"] }',
			},
		});
		expect(error).toBeUndefined();
		const [url] = submitted[0].audio_urls as string[];
		expect(await fetchSigned(url)).toMatchObject({ status: 200, type: 'audio/mpeg' });
	});

	it.concurrent('keep their task at Retry On Fail', async () => {
		const stage = await openStage({ defaults: { seconds: 0.5 } });
		stage.simulator.plan({ promptIncludes: 'make it blue' }, { files: 1 });
		stage.simulator.faultNext('file', [{ kind: 'ok' }, { kind: 'http', status: 400 }]);
		const { submitted, error } = await makeAndEdit(stage, {
			options: { downloadResults: true, binaryInputs: binaryInputs({ binaryProperty: 'data' }) },
			retryOnFail: true,
			maxTries: 2,
			waitBetweenTries: 1100,
		});
		expect(error).toBeUndefined();
		expect(submitted).toHaveLength(1);
	});
});

describe('binary files that cannot go in are refused before anything is paid for', () => {
	const one = { binaryInputs: binaryInputs({ binaryProperty: 'data' }) };

	interface Case {
		name: string;
		/** The prompt of the node that makes the file. */
		make?: string;
		options?: INode['parameters'];
		parameters?: INode['parameters'];
		message: RegExp;
		description?: string;
	}

	it.concurrent.each<Case>([
		{
			name: 'too large',
			make: `fox [[fileBytes=${11 * MEGABYTE}]]`,
			message: /^The file '1\.png' is 11\.0 MB, but 'image_urls' accepts at most 10 MB per file/,
		},
		{
			name: 'of another type',
			make: 'fox [[fileType=mp3]]',
			message:
				/^The file '1\.mp3' is of type 'audio\/mpeg', but 'image_urls' accepts JPEG, PNG, WEBP/,
		},
		{
			name: 'too many together with the URLs',
			parameters: {
				input: {
					mappingMode: 'defineBelow',
					value: {
						image_urls: [1, 2, 3, 4, 5].map((n) => `https://cdn.example.com/${n}.png`).join(','),
					},
				},
			},
			message: /^'Image URLs' must have between 1 and 5 URLs, but it has 6$/,
		},
		{
			name: 'not there',
			options: { binaryInputs: binaryInputs({ binaryProperty: 'data, photo' }) },
			message: /no binary field 'photo'/,
			description: '',
		},
		{
			name: 'not named',
			options: { binaryInputs: binaryInputs({ binaryProperty: ' , ' }) },
			message: /^'Input Binary Field' of 'Input Files' is empty$/,
		},
	])('$name', async ({ make = 'fox', options = one, parameters, message, description }) => {
		const stage = await openStage({ defaults: { seconds: 0.5 } });
		const { submitted, error } = await makeAndEdit(stage, {
			items: [{ prompt: make }],
			options,
			parameters,
		});
		expect(error?.message).toMatch(message);
		expect(error?.description).toContain(description ?? NOTHING_SUBMITTED);
		expect(submitted).toEqual([]);
		expect(stage.submits).toBe(1);
	});

	it.concurrent('when APIXO cannot reach this n8n', async () => {
		const stage = await openStage({ defaults: { seconds: 0.5 } });
		const credential = await stage.api.createCredential('the real APIXO', 'apixoApi', {
			apiKey: 'not-a-key',
			baseUrl: 'https://api.invalid/api/v1',
		});
		const { error, submitted } = await makeAndEdit(stage, {
			stage: stage.withCredential(credential),
			options: one,
		});
		expect(error?.message).toMatch(
			/^APIXO can't download the file '1\.png', because it can't reach n8n at 'http:\/\/127\.0\.0\.1:\d+'\. Set N8N_WEBHOOK_URL \(formerly WEBHOOK_URL\)/,
		);
		expect(error?.description).toBe(NOTHING_SUBMITTED);
		expect(submitted).toEqual([]);
	});
});

describe('binary files beyond the usual limits', () => {
	it.concurrent('go into a model that takes larger ones', async () => {
		const stage = await openStage({ defaults: { seconds: 0.5 } });
		const { submitted, error } = await makeAndEdit(stage, {
			items: [{ prompt: `fox [[fileBytes=${11 * MEGABYTE}]]` }],
			options: { binaryInputs: binaryInputs({ binaryProperty: 'data' }) },
			parameters: { model: byId('wan-2-7-image'), mode: 'omni-image' },
		});
		expect(error).toBeUndefined();
		expect(submitted[0].image_urls).toHaveLength(1);
	});

	it.concurrent('go in, if Validate Input is off', async () => {
		const stage = await openStage({ defaults: { seconds: 0.5 } });
		const { submitted } = await makeAndEdit(stage, {
			items: [{ prompt: 'fox [[fileType=mp3]]' }],
			options: {
				validateInput: false,
				binaryInputs: binaryInputs({ binaryProperty: 'data' }),
			},
		});
		expect(submitted[0].image_urls).toHaveLength(1);
	});
});
