import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { LOGIN } from './harness/api.cts';
import { nodeError, nodeOutput } from './harness/executions.cts';
import { newUserFolder, startN8n } from './harness/n8n.cts';
import { startPostgres } from './harness/postgres.cts';
import { startRedis } from './harness/redis.cts';
import { sharedN8n } from './harness/shared.cts';
import {
	chain,
	editFields,
	manualTrigger,
	node,
	splitOut,
	waitNode,
	webhookTrigger,
	workflow,
} from './harness/workflows.cts';

const greet = editFields({ greeting: '=Hello {{ $json.name }}' });

function greetByWebhook(path: string) {
	return workflow({
		name: `Greet by ${path}`,
		nodes: [webhookTrigger({ path }), splitOut('body.people'), greet],
	});
}

describe('the shared n8n', () => {
	const { api, url } = sharedN8n();

	it('has an owner who is logged in', async () => {
		const user = await api.call<{ email: string }>('GET', '/rest/login');
		expect(user.email).toBe(LOGIN.email);
	});

	it('has loaded the nodes and the credential of the package', async () => {
		const nodes = (await api.nodeTypes()).map(({ name }) => name);
		const credentials = (await api.credentialTypes()).map(({ name }) => name);
		expect(nodes).toEqual(
			expect.arrayContaining(['n8n-nodes-apixo.apixo', 'n8n-nodes-apixo.apixoTrigger']),
		);
		expect(credentials).toContain('apixoApi');
	});

	it("has the package as n8n's own installation leaves it, and nothing besides", () => {
		const installed = join(sharedN8n().userFolder, '.n8n', 'nodes', 'node_modules');
		const folder = join(installed, 'n8n-nodes-apixo');
		expect(readdirSync(installed)).toEqual(['n8n-nodes-apixo']);
		const notShipped = ['node_modules', 'nodes', 'test'];
		expect(readdirSync(folder).filter((name) => notShipped.includes(name))).toEqual([]);
		const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as object;
		expect(Object.keys(manifest).filter((name) => /dependencies/i.test(name))).toEqual([]);
	});

	it('runs a workflow by its webhook, once it is active', async () => {
		const { id } = await api.createWorkflow(greetByWebhook('greet'));
		expect((await api.callWebhook('greet')).status).toBe(404);

		await api.activate(id);
		const body = { people: [{ name: 'Ada' }, { name: 'Grace' }] };
		expect((await api.callWebhook('greet', { body })).status).toBe(200);

		const execution = await api.waitForExecution({ workflowId: id });
		expect(execution).toMatchObject({ status: 'success', mode: 'webhook' });
		expect(nodeOutput(execution, 'Edit Fields')).toEqual([
			{ json: { greeting: 'Hello Ada' }, pairedItem: { item: 0 } },
			{ json: { greeting: 'Hello Grace' }, pairedItem: { item: 1 } },
		]);

		await api.deactivate(id);
		expect((await api.callWebhook('greet', { body })).status).toBe(404);
		await api.deleteWorkflow(id);
		await expect(api.getWorkflow(id)).rejects.toThrow('n8n answered 404');
	});

	it('runs a workflow manually, with given items', async () => {
		const definition = workflow({
			name: 'Greet manually',
			nodes: [manualTrigger({ items: [{ name: 'Ada' }, { name: 'Grace' }] }), greet],
		});
		const execution = await api.runOnce(definition);
		expect(execution).toMatchObject({ status: 'success', mode: 'manual' });
		expect(nodeOutput(execution, 'Edit Fields').map(({ json }) => json.greeting)).toEqual([
			'Hello Ada',
			'Hello Grace',
		]);
	});

	it('tells which node failed, why, and which nodes did not run', async () => {
		const stop = node({
			type: 'n8n-nodes-base.stopAndError',
			name: 'Stop',
			parameters: { errorMessage: 'Enough' },
		});
		const execution = await api.runOnce(
			workflow({ name: 'Fail', nodes: [manualTrigger(), stop, greet] }),
		);
		expect(execution.status).toBe('error');
		expect(nodeError(execution)?.message).toBe('Enough');
		expect(nodeError(execution, 'Stop')?.message).toBe('Enough');
		expect(() => nodeOutput(execution, 'Edit Fields')).toThrow(/has no run.*Enough.*Stop/);
	});

	it('cancels a running execution, and says what it waited for when that does not come', async () => {
		const trigger = manualTrigger();
		const wait = waitNode({ amount: 50, unit: 'seconds' });
		const { id } = await api.createWorkflow(
			workflow({ name: 'Long', nodes: [trigger, wait], connections: chain(trigger, wait) }),
		);
		const executionId = await api.runManually(id);
		await api.waitForExecution(executionId, { status: 'running' });
		await expect(api.waitForExecution(executionId, { timeoutMs: 300 })).rejects.toThrow(
			'it is running',
		);
		await api.stopExecution(executionId);
		expect((await api.waitForExecution(executionId)).status).toBe('canceled');
	});

	it('shows its log and its memory', () => {
		expect(sharedN8n().logs()).toContain(url);
		expect(sharedN8n().residentMemoryBytes()).toBeGreaterThan(100e6);
	});
});

it('says why an n8n of its own did not start', async () => {
	const userFolder = newUserFolder();
	mkdirSync(join(userFolder, '.n8n'));
	const config = { encryptionKey: 'the key of this folder' };
	writeFileSync(join(userFolder, '.n8n', 'config'), JSON.stringify(config));
	const start = startN8n({ userFolder, env: { N8N_ENCRYPTION_KEY: 'another key' } });
	await expect(start).rejects.toThrow(
		/^n8n ended with code 1 before it was ready\. Its last lines:\n.*encryption key/s,
	);
	rmSync(userFolder, { recursive: true });
});

const canConnect = async (port: string | undefined) => {
	const socket = connect(Number(port), '127.0.0.1');
	const outcome = await once(socket, 'connect').then(
		() => true,
		() => false,
	);
	socket.destroy();
	return outcome;
};

describe.each([
	['PostgreSQL', startPostgres, 'DB_POSTGRESDB_PORT'],
	['Redis', startRedis, 'QUEUE_BULL_REDIS_PORT'],
])('%s', (_, start, portVariable) => {
	it('answers on a port of its own, and no more once it is ended', async () => {
		const [one, other] = await Promise.all([start(), start()]);
		const ports = [one, other].map(({ env }) => env[portVariable]);
		expect(ports[0]).not.toBe(ports[1]);
		expect(await Promise.all(ports.map(canConnect))).toEqual([true, true]);
		await Promise.all([one.end(), other.end()]);
		expect(await Promise.all(ports.map(canConnect))).toEqual([false, false]);
	});
});
