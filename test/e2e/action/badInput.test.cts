import type { INode } from 'n8n-workflow';
import { QUICK, byId, jsons, openStage } from './support.cts';

interface Case {
	name: string;
	parameters: INode['parameters'];
	message: RegExp;
}

const options = (more: object) => ({ options: { ...QUICK, ...more } });
const json = (inputJson: string) => ({ specifyInput: 'json', inputJson });
const modelCase = (id: string): Case => ({
	name: `the model ID ${JSON.stringify(id)}`,
	parameters: { model: byId(id) },
	message: /^'Model' must be the ID of a model|Parameter "Model" is required/,
});

const cases: Case[] = [
	{
		name: 'no prompt',
		parameters: { prompt: '' },
		message: /^'Prompt' is required for 'Text to Image'$/,
	},
	{
		name: 'a prompt of 5 MB',
		parameters: { prompt: "={{ 'x'.repeat(5000000) }}" },
		message:
			/^'Prompt' brings the request to 4\.8 MB.* 'Prompt' must have between 1 and 5000 characters/,
	},
	{
		name: 'a prompt of 5 MB for a model of which nothing is known',
		parameters: { model: byId('brand-new'), prompt: "={{ 'x'.repeat(5000000) }}" },
		message: /^'Prompt' brings the request to 4\.8 MB; the maximum is 1\.0 MB/,
	},
	{
		name: 'invalid JSON',
		parameters: json('{ "aspect_ratio": '),
		message: /^'Input \(JSON\)' is not valid JSON: /,
	},
	{
		name: 'JSON that is a list',
		parameters: json('[1, 2]'),
		message: /^'Input \(JSON\)' must be a JSON object/,
	},
	{
		name: 'JSON that is a text',
		parameters: json('"16:9"'),
		message: /^'Input \(JSON\)' must be a JSON object/,
	},
	{
		name: 'a resource that is none',
		parameters: { resource: 'picture' },
		message:
			/^The APIXO node has no resource 'picture'\. Available resources: account, audio, image/,
	},
	{
		name: 'an operation that is none',
		parameters: { operation: 'paint' },
		message:
			/^The APIXO node has no operation 'paint' for resource 'image'\. Available operations: generate/,
	},
	{
		name: 'negative seconds',
		parameters: options({ initialWait: -5 }),
		message: /^'Polling Initial Wait' must be at least 1 second; -5 was given$/,
	},
	{
		name: 'no seconds at all',
		parameters: options({ timeout: 0 }),
		message: /^'Timeout' must be at least 1 second; 0 was given$/,
	},
	{
		name: 'seconds in words',
		parameters: options({ pollInterval: '={{ "soon" }}' }),
		message: /'Polling Interval' must be a number of seconds; .*soon.* was given/,
	},
	{
		name: 'a concurrency of half a task',
		parameters: options({ maxConcurrency: 0.5 }),
		message: /^'Max Concurrency' must be/,
	},
	{
		name: 'a concurrency that APIXO does not allow',
		parameters: options({ maxConcurrency: 5000 }),
		message: /^'Max Concurrency' must be at most 1000/,
	},
	modelCase('..'),
	modelCase('nano banana'),
	modelCase(''),
	{
		name: 'a value that is none of the list',
		parameters: json('{ "output_format": "gif" }'),
		message: /^'output_format' must be one of jpeg, png, but it is "gif"$/,
	},
	{
		name: 'a number out of its limits',
		parameters: {
			resource: 'video',
			model: byId('vidu-q3'),
			mode: 'text-to-video',
			...json('{ "duration": 99 }'),
		},
		message: /^'duration' must be between 1 and 16, but it is 99$/,
	},
	{
		name: 'text in place of a number',
		parameters: {
			resource: 'video',
			model: byId('vidu-q3'),
			mode: 'text-to-video',
			...json('{ "duration": "many" }'),
		},
		message: /^'duration' must be a whole number, but it is "many"$/,
	},
	{
		name: 'no picture for a mode that needs one',
		parameters: { mode: 'image-to-image' },
		message:
			/^'Image URLs' is required for 'Image to Image'\. Add a URL, or use a file of the item/,
	},
	{
		name: 'a picture that only the own network knows',
		parameters: {
			mode: 'image-to-image',
			...json('{ "image_urls": ["http://192.168.1.5/fox.png"] }'),
		},
		message: /^'image_urls' names a file at '192\.168\.1\.5', which is not on the internet/,
	},
	{
		name: 'a callback URL that is none',
		parameters: { completion: 'none', callbackUrl: 'my trigger' },
		message: /^The callback URL 'my trigger' is not a URL/,
	},
	{
		name: 'a callback URL without https',
		parameters: { completion: 'none', callbackUrl: 'http://n8n.example.com/webhook/1/apixo' },
		message: /^The callback URL begins with 'http:', but APIXO calls HTTPS addresses only/,
	},
	{
		name: 'no task ID',
		parameters: { resource: 'task', operation: 'get', taskId: '' },
		message: /"Task ID" is required/,
	},
	{
		name: 'a task of a model whose ID is none',
		parameters: { resource: 'task', operation: 'wait', taskId: '1', model: byId('a b') },
		message: /^'Model' must be the ID of a model/,
	},
];

describe('a bad input', () => {
	it.concurrent.each(cases)(
		'$name is refused with a sentence before any request',
		async ({ parameters, message }) => {
			const stage = await openStage();
			const { execution, error } = await stage.run({ parameters });
			expect(execution.status).toBe('error');
			expect(error.message).toMatch(message);
			expect(error.message.length).toBeLessThan(500);
			expect(stage.simulator.requests()).toEqual([]);
		},
	);

	const FIVE = ['a', 'b', '', 'd', 'e'].map((prompt) => ({ prompt }));

	it.concurrent('of one of five items stops the workflow before any request', async () => {
		const stage = await openStage();
		const { error } = await stage.run({ items: FIVE });
		expect(error.message).toMatch(/^'Prompt' is required/);
		expect(error.context.itemIndex).toBe(2);
		expect(stage.simulator.requests()).toEqual([]);
	});

	it.concurrent(
		'of one of five items costs the others nothing, where the workflow goes on',
		async () => {
			const stage = await openStage();
			const { output } = await stage.run({ items: FIVE, onError: 'continueRegularOutput' });
			expect(output.map(({ json: { state, error } }) => state ?? error)).toEqual([
				'success',
				'success',
				expect.stringMatching(/^'Prompt' is required/),
				'success',
				'success',
			]);
			expect(stage.submits).toBe(4);
		},
	);

	it.concurrent.each([
		[{ apiKey: ' ' }, "APIXO credential: 'API Key' is empty"],
		[{ baseUrl: 'api.apixo.ai' }, "APIXO credential: 'Base URL' is not an HTTP or HTTPS URL"],
	])('of a credential, %j, is refused before any request', async (fields, message) => {
		const stage = await openStage();
		const { apiKey, baseUrl } = stage.simulator;
		const data = { apiKey, baseUrl, ...fields };
		const credential = await stage.api.createCredential('Bad', 'apixoApi', data);
		const { error } = await stage.withCredential(credential).run();
		expect(error.message).toBe(message);
		expect(error.description).toMatch(/Open the credential/);
		expect(stage.simulator.requests()).toEqual([]);
	});

	it.concurrent("that only APIXO can know is refused in APIXO's words", async () => {
		const stage = await openStage();
		const parameters = { model: byId('brand-new'), mode: '', ...options({ validateInput: false }) };
		const { error } = await stage.run({ parameters });
		expect(error.message).toBe(
			'APIXO rejected the request [Invalid request: Missing required field: input.mode]',
		);
		expect(stage.simulator.tasks()).toEqual([]);
	});

	it.concurrent('that makes an odd URL is sent as the ID of a model', async () => {
		const stage = await openStage();
		const { error } = await stage.run({ parameters: { model: byId('nano-banana?x=1') } });
		expect(error.message).toBe(
			"APIXO can't find the model 'nano-banana?x=1' [Model not found: nano-banana?x=1]",
		);
	});
});

describe('an expression that cannot be evaluated', () => {
	const broken = {
		items: [{ prompt: 'a' }, { prompt: '' }, { prompt: 'c' }],
		parameters: { prompt: "={{ $json.prompt || $('No such node').item.json.prompt }}" },
	};

	it.concurrent('stops the workflow before any request', async () => {
		const stage = await openStage();
		const { error } = await stage.run(broken);
		expect(error.message).toMatch(/No such node|referenced node/i);
		expect(stage.simulator.requests()).toEqual([]);
	});

	it.concurrent('costs the other items nothing, where the workflow goes on', async () => {
		const stage = await openStage();
		const { output } = await stage.run({ ...broken, onError: 'continueRegularOutput' });
		expect(jsons(output)).toEqual([
			expect.objectContaining({ state: 'success' }),
			expect.objectContaining({
				error: expect.stringMatching(/No such node|referenced node/i) as string,
			}),
			expect.objectContaining({ state: 'success' }),
		]);
		expect(stage.submits).toBe(2);
	});
});
