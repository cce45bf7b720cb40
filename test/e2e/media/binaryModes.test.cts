import { fetch } from 'undici';
import { type Simulator, startSimulator } from '../../simulator/simulator.cts';
import { QUICK, Stage } from '../action/support.cts';
import { nodeError } from '../harness/executions.cts';
import { type N8n, startN8n } from '../harness/n8n.cts';
import { filesOf, fingerprint, originals } from './files.cts';

const MEGABYTE = 1024 * 1024;

/** The shared n8n keeps binary data in files; queue mode keeps it in the database. */
describe.each(['default', 'database'])('with binary data mode %s', (mode) => {
	let simulator: Simulator;
	let n8n: N8n;
	let stage: Stage;

	beforeAll(async () => {
		simulator = await startSimulator({ defaults: { seconds: 0.5 } });
		n8n = await startN8n({ withPackage: true, env: { N8N_DEFAULT_BINARY_DATA_MODE: mode } });
		await n8n.api.setupOwner();
		const credential = await n8n.api.createCredential('Simulator', 'apixoApi', {
			apiKey: simulator.apiKey,
			baseUrl: simulator.baseUrl,
		});
		stage = new Stage(n8n.api, simulator, credential);
	});

	afterAll(async () => {
		await n8n?.dispose();
		await simulator?.stop();
	});

	beforeEach(() => simulator.reset());

	it('stores files, also one whose download was interrupted', async () => {
		simulator.faultNext('file', [{ kind: 'dropAfterAccept' }]);
		const { output } = await stage.run({
			items: [{ prompt: `fox [[files=2 fileBytes=${2 * MEGABYTE}]]` }],
			parameters: { options: { ...QUICK, downloadResults: true } },
		});
		const contents = await originals(output[0].json.resultUrls);
		expect(await filesOf(stage, output[0])).toEqual([
			{ property: 'data', fileName: '1.png', mimeType: 'image/png', content: contents[0] },
			{ property: 'data_1', fileName: '2.png', mimeType: 'image/png', content: contents[1] },
		]);
	});

	it('gives APIXO access to files, or names the setting that would', async () => {
		const { execution } = await stage.run({
			parameters: { options: { ...QUICK, downloadResults: true } },
			then: [
				stage.node({
					name: 'Edit',
					parameters: {
						mode: 'image-to-image',
						prompt: 'make it blue',
						options: { ...QUICK, binaryInputs: { values: [{ binaryProperty: 'data' }] } },
					},
				}),
			],
		});
		const error = nodeError(execution);
		const [{ resultUrls }] = simulator.tasks();
		if (mode === 'default') {
			expect(error?.message).toMatch(
				/^n8n keeps the file '1\.png' in memory, .* Set N8N_DEFAULT_BINARY_DATA_MODE to filesystem/,
			);
			expect(stage.submits).toBe(1);
		} else {
			expect(error).toBeUndefined();
			const { input } = stage.taskOf('make it blue');
			const answer = await fetch((input as { image_urls: string[] }).image_urls[0]);
			expect([fingerprint(Buffer.from(await answer.arrayBuffer()))]).toEqual(
				await originals(resultUrls),
			);
		}
	});
});
