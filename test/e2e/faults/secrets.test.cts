import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { startSimulator } from '../../simulator/simulator.cts';
import { Stage } from '../action/support.cts';
import { type N8n, startN8n } from '../harness/n8n.cts';
import { pausing } from '../pause/support.cts';
import { createListener, runsOf } from '../trigger/fixture.cts';

/** Random enough that nothing else in n8n's files can hold them. */
const API_KEY = 'sk-2b7f9c41d3e84a60b5-of-this-test';
const CALLBACK_SECRET = 'secret-91f0ac77e2d94b38a1-of-this-test';

const WITHIN_MS = 170_000;

let n8n: N8n;
afterAll(async () => await n8n?.dispose());

function filesBelow(folder: string): string[] {
	return readdirSync(folder, { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile() && !entry.parentPath.includes('node_modules'))
		.map((entry) => join(entry.parentPath, entry.name));
}

/** Log, database with its write-ahead log, event log and binary data hold none of the secrets. */
function filesWith(folder: string, secrets: string[]): string[] {
	return filesBelow(folder).flatMap((file) => {
		const content = readFileSync(file);
		return secrets
			.filter((secret) => content.includes(secret))
			.map((secret) => `${file} holds ${secret}`);
	});
}

it('API key, callback secret and signatures are in no file, log or output of n8n', async () => {
	n8n = await startN8n({ withPackage: true, env: { N8N_LOG_LEVEL: 'debug' } });
	const { api, userFolder } = n8n;
	await api.setupOwner();
	const simulator = await startSimulator({ defaults: { seconds: 0.5 } });
	try {
		simulator.addKey(API_KEY);
		const credential = await api.createCredential('With a secret', 'apixoApi', {
			apiKey: API_KEY,
			callbackSecret: CALLBACK_SECRET,
			baseUrl: simulator.baseUrl,
		});
		const stage = new Stage(api, simulator, credential);
		const listener = await createListener(n8n, { credential });
		const toTrigger = { completion: 'none', callbackUrl: listener.url, reference: 'order 7' };

		await stage.run();
		await stage.run({ parameters: toTrigger });
		await stage.run({ parameters: pausing() }, WITHIN_MS);
		simulator.plan({ promptIncludes: 'unlucky' }, { outcome: 'failed', failCode: 'NSFW' });
		await stage.run({ items: [{ prompt: 'unlucky' }] });
		simulator.plan({ promptIncludes: 'unclear' }, { submitFaults: [{ kind: 'dropAfterAccept' }] });
		await stage.run({ items: [{ prompt: 'unclear' }], onError: 'continueErrorOutput' });
		await stage.run({
			items: [{ prompt: 'not found' }],
			parameters: { ...toTrigger, callbackUrl: `${listener.url}\n` },
		});

		const echo = createServer(({ headers }, response) => {
			response.end(JSON.stringify(headers));
		}).listen(0, '127.0.0.1');
		await once(echo, 'listening');
		const { port } = echo.address() as AddressInfo;
		const baseUrl = `http://127.0.0.1:${port}`;
		const atEcho = await api.createCredential('Echo', 'apixoApi', { apiKey: API_KEY, baseUrl });
		const echoed = await stage.withCredential(atEcho).run();
		expect(JSON.stringify(echoed.execution)).toContain('Bearer [API key]');
		echo.close();

		await simulator.whenIdle();
		const signed = simulator
			.tasks()
			.flatMap(({ callbackUrl }) => (callbackUrl ? [new URL(callbackUrl)] : []));
		const signatures = signed.flatMap(({ searchParams }) => searchParams.get('apixo_sig') ?? []);
		expect(signatures.length).toBeGreaterThan(0);
		// Answers to wrong signatures, and to one that was used for another task, are logged, too.
		const [task] = simulator.tasks();
		for (const { href } of signed) await simulator.sendCallback(task.taskId, { url: href });
		const forged = new URL(signed[0]);
		forged.searchParams.set('apixo_sig', 'f'.repeat(64));
		await simulator.sendCallback(task.taskId, { url: forged.href });

		const shown = JSON.stringify(await runsOf(n8n, listener));
		expect(shown).toContain('order 7');
		const secrets = [API_KEY, CALLBACK_SECRET, ...signatures];
		expect(secrets.filter((secret) => shown.includes(secret))).toEqual([]);
		await n8n.stop();
		expect(filesWith(userFolder, secrets)).toEqual([]);
	} finally {
		await simulator.stop();
	}
});
