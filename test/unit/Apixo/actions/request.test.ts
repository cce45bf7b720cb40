import type { IBinaryData, IDataObject, IExecuteFunctions } from 'n8n-workflow';

import {
	formerFingerprint,
	readItem,
	requestFingerprint,
	toTaskRequest,
} from '../../../../nodes/Apixo/actions/generate/request';
import { learnLength } from '../../../../nodes/shared/tasks/learnedLengths';
import { FakeTiming } from '../../support/fakeTiming';
import { answer } from '../states';

const CREDENTIAL = {
	apiKey: 'key',
	baseUrl: 'https://api.apixo.ai/api/v1',
	callbackSecret: '',
};

/** What an item with this file asks for, of an n8n whose expressions give these parameters. */
async function requestOf(given: object, file: Partial<IBinaryData> = {}) {
	const parameters: IDataObject = {
		resource: 'image',
		model: 'nano-banana',
		mode: 'text-to-image',
		prompt: 'a fox',
		specifyInput: 'json',
		completion: 'poll',
		...given,
	};
	const context = {
		getNode: () => ({ name: 'APIXO', parameters: {} }),
		getInputData: () => [{ json: {} }],
		getNodeParameter: (name: string, _: number, fallback: unknown) => parameters[name] ?? fallback,
		helpers: {
			assertBinaryData: () => ({ id: 'filesystem-v2:1', ...file }),
			createBinarySignedUrl: () => 'https://n8n.example.com/signed',
		},
	} as unknown as IExecuteFunctions;
	return await readItem(context, 0, { credential: CREDENTIAL, timing: new FakeTiming() });
}

const PHOTO_OPTION = {
	binaryInputs: { values: [{ binaryProperty: 'data', input: 'image_urls' }] },
};
const MEGABYTE = 1024 * 1024;

it.each<[string, object, Partial<IBinaryData>]>([
	['an odd ID of a model', { model: 'vendor model' }, {}],
	[
		'more than 1 MB for an unknown model',
		{ model: 'unknown', prompt: 'x'.repeat(2 * MEGABYTE) },
		{},
	],
	['more than 1 MB of JSON', { inputJson: { more: 'x'.repeat(2 * MEGABYTE) } }, {}],
	['a prompt longer than the model takes', { prompt: 'x'.repeat(5_001) }, {}],
	['a value that the page rules out', { inputJson: { aspect_ratio: '7:1' } }, {}],
	['no required input', { mode: 'image-to-image' }, {}],
	[
		'a file that APIXO cannot reach',
		{ mode: 'image-to-image', inputJson: { image_urls: ['http://localhost:5678/a.png'] } },
		{},
	],
	[
		'a file of another type',
		{ mode: 'image-to-image', options: PHOTO_OPTION },
		{ mimeType: 'image/gif', fileName: 'a.gif' },
	],
	[
		'a file that is too large',
		{ mode: 'image-to-image', options: PHOTO_OPTION },
		{ mimeType: 'image/png', fileName: 'a.png', bytes: 11 * MEGABYTE },
	],
])("%s is refused, unless 'Validate Input' is off", async (_what, given, file) => {
	const { options } = given as { options?: object };
	const checked = await requestOf(given, file);
	expect(checked).toMatchObject({
		ok: false,
		error: { description: 'Nothing was submitted for this item, and nothing was charged' },
	});
	const unchecked = await requestOf(
		{ ...given, options: { ...options, validateInput: false } },
		file,
	);
	expect(unchecked).toMatchObject({ ok: true, value: { warnings: [] } });
});

const circular: Record<string, unknown> = {};
circular.self = circular;

it.each<[string, unknown]>([
	['a circular object', circular],
	['an object of 100,000 levels', JSON.parse('{"a":'.repeat(100_000) + '1' + '}'.repeat(100_000))],
	[
		'an object that cannot be converted',
		{
			toJSON: () => {
				throw new Error('no');
			},
		},
	],
])("%s cannot be sent, whether 'Validate Input' is on or off", async (_what, value) => {
	for (const validateInput of [true, false]) {
		expect(
			await requestOf({ inputJson: { style: value }, options: { validateInput } }),
		).toMatchObject({
			ok: false,
			error: { message: "'style' can't be sent, because it isn't valid JSON" },
		});
	}
});

it('a JPEG that storage gave no type goes in without a warning', async () => {
	const request = await requestOf(
		{ mode: 'image-to-image', options: PHOTO_OPTION },
		{ mimeType: 'application/octet-stream', fileName: 'from-s3.jpg', bytes: 3 },
	);
	expect(request).toMatchObject({
		ok: true,
		value: { warnings: [], input: { image_urls: ['https://n8n.example.com/signed'] } },
	});
});

describe('what an expression gives instead of text is refused, and not paid for as "[object Object]"', () => {
	const inField: Record<string, (value: unknown) => Record<string, unknown>> = {
		Prompt: (value: unknown) => ({ prompt: value }),
		Mode: (value: unknown) => ({ mode: value }),
		Model: (value: unknown) => ({ model: value }),
		Provider: (value: unknown) => ({ options: { provider: value } }),
		Reference: (value: unknown) => ({ reference: value }),
		'Callback URL': (value: unknown) => ({ completion: 'none', callbackUrl: value }),
	};

	it.each(Object.entries(inField))('%s', async (label, parametersWith) => {
		const values: Array<[unknown, string]> = [
			[{ text: 'a fox' }, 'an object'],
			[['a fox'], 'a list'],
			[() => 'a fox', 'a function'],
			[Symbol('a fox'), 'a symbol'],
		];
		for (const [value, kind] of values) {
			for (const validateInput of [true, false]) {
				const parameters = parametersWith(value);
				const options = { ...(parameters.options as object | undefined), validateInput };
				expect(await requestOf({ ...parameters, options })).toMatchObject({
					ok: false,
					error: {
						message: `'${label}' must be text, but the expression gave ${kind}; name the field, for example {{ $json.body.text }}`,
					},
				});
			}
		}
	});

	it.each(['', ' ', '\n\t', '\u00a0'])('a prompt of blanks: %j', async (prompt) => {
		for (const given of [{ prompt }, { prompt: '', inputJson: { prompt } }]) {
			expect(await requestOf(given)).toMatchObject({
				ok: false,
				error: { message: expect.stringMatching(/^'prompt' is required for 'text-to-image'/) },
			});
		}
	});
});

it('is polled by how long the last task of its model and mode took, and no other', async () => {
	const learned = { model: 'flux-kontext', mode: 'text-to-image' };
	const requestFor = async (given: object) => {
		const request = await requestOf(given);
		if (!request.ok) throw new Error(request.error.message);
		return request.value;
	};
	const firstPollSeconds = async (given: object) =>
		(await requestFor(given)).waiting.schedule.initialWaitSeconds;
	const others = [
		{ ...learned, mode: 'image-to-image', options: { validateInput: false } },
		{ ...learned, model: 'nano-banana' },
	];
	const othersBefore = await Promise.all(others.map(firstPollSeconds));
	const request = await requestFor(learned);
	const before = request.waiting.schedule.initialWaitSeconds;
	expect(request.scheduleNow().initialWaitSeconds).toBe(before);

	const submittedAtMs = Date.UTC(2026, 10, 24);
	const [createTime, completeTime] = [submittedAtMs + 1_000, submittedAtMs + 3_000];
	const done = answer('success', { createTime, completeTime });
	const task = { taskId: 'task-0', model: learned.model, submittedAtMs };
	const { baseUrl } = CREDENTIAL;
	const outcome = { kind: 'success', answer: done } as const;
	learnLength({ baseUrl, mode: learned.mode }, { task, isOwn: true, outcome }, completeTime);

	expect(request.scheduleNow().initialWaitSeconds).toBeLessThan(before);
	expect(await firstPollSeconds(learned)).toBeLessThan(before);
	expect(await Promise.all(others.map(firstPollSeconds))).toEqual(othersBefore);
});

describe('the fingerprint of a request', () => {
	const PARAMETERS = {
		resource: 'image',
		model: { __rl: true, mode: 'list', value: 'nano-banana' },
		prompt: 'a fox',
		specifyInput: 'fields',
		input: { mappingMode: 'defineBelow', value: { aspect_ratio: '16:9', seed: 0 } },
		options: { timeout: 60 },
	};
	type Fingerprint = typeof requestFingerprint;
	const of = (parameters: object, fingerprint: Fingerprint = requestFingerprint) => {
		const context = {
			getNode: () => ({ name: 'APIXO', parameters }),
			getInputData: () => [{ json: {} }],
		} as unknown as IExecuteFunctions;
		return fingerprint(context, 0);
	};
	const { model, input } = PARAMETERS;
	const withInput = (value: object | null) => ({ ...PARAMETERS, input: { ...input, value } });

	it.each<[string, object]>([
		['the timeout is another', { ...PARAMETERS, options: { timeout: 600 } }],
		[
			'the editor has stored what it shows of the model',
			{ ...PARAMETERS, model: { ...model, cachedResultName: 'Nano Banana', cachedResultUrl: '' } },
		],
		['the model is chosen by its ID', { ...PARAMETERS, model: { ...model, mode: 'id' } }],
		['the model is plain text', { ...PARAMETERS, model: 'nano-banana' }],
		[
			'the editor has stored the fields of the form',
			{ ...PARAMETERS, input: { ...input, schema: [{ id: 'seed' }], matchingColumns: [] } },
		],
		[
			'the editor has stored fields without a value',
			withInput({ aspect_ratio: '16:9', seed: 0, style: null, image_urls: '' }),
		],
	])('is the same where %s', (_, parameters) => {
		expect(of(parameters)).toBe(of(PARAMETERS));
	});

	it('is the same where the editor has opened a form that was never filled in', () => {
		const unopened = withInput(null);
		expect(of({ ...PARAMETERS, input: { ...input, value: {}, schema: [] } })).toBe(of(unopened));
		expect(of(PARAMETERS)).not.toBe(of(unopened));
	});

	it.each<[string, object]>([
		['the model', { ...PARAMETERS, model: { ...model, value: 'flux-2' } }],
		['the prompt', { ...PARAMETERS, prompt: 'a bear' }],
		['an input', withInput({ aspect_ratio: '9:16', seed: 0 })],
		['an input less', withInput({ aspect_ratio: '16:9' })],
	])('is another where %s is another', (_, parameters) => {
		expect(of(parameters)).not.toBe(of(PARAMETERS));
	});

	it('can also be told as 0.2.0 did', () => {
		expect(of(PARAMETERS, formerFingerprint)).toBe('4L45oP7-k4hBzWhrcN2_qy');
	});
});

it('a task whose callback goes to another execution is polled as one without a callback', async () => {
	const request = await requestOf({ model: 'veo-3-1', resource: 'video', completion: 'callback' });
	if (!request.ok) throw new Error(request.error.message);
	const callbackUrl = 'https://n8n.example.com/webhook-waiting/1';
	const { schedule } = toTaskRequest(request.value, { canPause: true, callbackUrl });
	expect(schedule()).toEqual(request.value.safetyNet);
	expect(schedule(true)).toEqual(request.value.scheduleNow());
	expect(schedule(true)).not.toEqual(schedule());
});
