import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { apiClient, startReceiver } from './apiClient.cts';
import { withSimulator } from './fixture.cts';
import { startSimulator } from './simulator.cts';

it('is controlled over HTTP as from a test', async () => {
	await withSimulator({ timeScale: 1000 }, async (simulator, client) => {
		const control = `${simulator.url}/_simulator`;
		const receiver = await startReceiver();
		await client.post(`${control}/plan`, {
			match: { promptIncludes: 'fox' },
			plan: { outcome: 'never' },
		});
		await client.post(`${control}/fault`, {
			endpoint: 'statusTask',
			faults: [{ kind: 'http', status: 503 }],
		});
		const taskId = await client.taskId({ callbackUrl: receiver.url });
		expect(await client.status(taskId)).toMatchObject({ status: 503 });
		const finished = await client.post(`${control}/finish`, { taskId, outcome: 'failed' });
		expect(JSON.parse(finished.text)).toMatchObject({ taskId, state: 'failed' });
		await simulator.whenIdle();
		await client.post(`${control}/callback`, { taskId, body: 'again' });
		expect(receiver.received.map(({ body }) => body)).toEqual([
			expect.stringContaining('failed'),
			'again',
		]);
		await receiver.close();
		await client.post(`${control}/outage`, { fault: 'garbage:502' });
		expect(await client.status(taskId)).toMatchObject({ status: 502 });
		await client.post(`${control}/endOutage`, {});
		expect(await client.status(taskId)).toMatchObject({ status: 200 });

		const read = async (path: string) =>
			JSON.parse((await client.get(`${control}/${path}`)).text) as unknown;
		expect(await read('counts')).toEqual(simulator.counts());
		expect(await read('tasks')).toMatchObject([{ taskId, state: 'failed' }]);
		expect(await read(`requests?endpoint=statusTask&taskId=${taskId}`)).toMatchObject([
			{ status: 503, fault: 'http' },
			{ status: 502, fault: 'garbage' },
			{ status: 200 },
		]);
		await client.post(`${control}/reset`, {});
		expect(await read('tasks')).toEqual([]);
	});
});

it('says over HTTP what it does not understand', async () => {
	await withSimulator({}, async (simulator, client) => {
		const control = `${simulator.url}/_simulator`;
		for (const [path, body, sentence] of [
			['plan', { plan: { secs: 3 } }, 'secs'],
			['fault', { endpoint: 'nowhere', faults: [] }, 'endpoint'],
			['outage', { fault: { kind: 'holiday' } }, 'fault'],
			['callback', { taskId: '0123' }, 'no task 0123'],
		] as const) {
			const { status, text } = await client.post(`${control}/${path}`, body);
			expect([status, text]).toEqual([400, expect.stringContaining(sentence)]);
		}
		expect(await client.get(`${control}/requests?endpoint=nowhere`)).toMatchObject({ status: 400 });
	});
});

it('takes its defaults from the options', async () => {
	const options = {
		timeScale: 1000,
		balanceUsd: 1,
		defaults: { seconds: 2, submitFaults: [{ kind: 'http' as const, status: 503 }] },
		lowBalanceAs: '400' as const,
		rateLimit: { requestsPerMinute: 1_000 },
	};
	await withSimulator(options, async (simulator, client) => {
		expect(await client.submit()).toMatchObject({ status: 503 });
		await client.submit();
		await simulator.whenIdle();
		expect(simulator.tasks()).toMatchObject([{ costTimeMs: 2_000 }]);
		expect((await client.balance()).envelope.data).toBe(0.97);
	});
});

it('begins anew on reset', async () => {
	await withSimulator({ timeScale: 1000 }, async (simulator, client) => {
		simulator.plan({}, { outcome: 'never' });
		simulator.faultNext('balance', [{ kind: 'drop' }]);
		simulator.lowBalanceAs('400');
		await client.submit();
		simulator.reset();
		expect([simulator.tasks(), simulator.requests()]).toEqual([[], []]);
		expect(simulator.counts().generateTask).toBe(0);
		expect((await client.balance()).envelope.data).toBe(100);
		await client.submit();
		await simulator.whenIdle();
		expect(simulator.tasks()).toMatchObject([{ state: 'success' }]);
	});
});

it('waits for a condition, and says when it did not come', async () => {
	await withSimulator({}, async (simulator, client) => {
		const asked = simulator.until((sim) => sim.counts().balance === 1);
		await client.balance();
		await asked;
		await expect(simulator.until((sim) => sim.tasks().length > 0, 20)).rejects.toThrow(
			/after 20 ms.*"balance":1/,
		);
	});
});

it('stops at once, whatever is under way', async () => {
	const simulator = await startSimulator();
	const client = apiClient(simulator);
	const receiver = await startReceiver();
	receiver.answers.push('silent');
	const input = { simulate: { seconds: 0 } };
	await client.taskId({ input, callbackUrl: receiver.url });
	await client.taskId();
	simulator.faultNext('balance', [
		{ kind: 'hang', seconds: 60 },
		{ kind: 'slow', seconds: 60 },
	]);
	const broken = [client.balance(), client.balance()].map((reply) => reply.catch(() => 'broken'));
	const idle = simulator.whenIdle().catch((error: Error) => error.message);
	await simulator.until((sim) => sim.counts().balance === 2 && receiver.received.length === 1);

	const startedAt = performance.now();
	await simulator.stop();
	expect(performance.now() - startedAt).toBeLessThan(2_000);
	expect(await Promise.all(broken)).toEqual(['broken', 'broken']);
	expect(simulator.requests().filter(({ clientLeftAtMs }) => clientLeftAtMs)).toEqual([]);
	expect(await idle).toBe('The simulator was stopped');
	await simulator.stop();
	await client.close();
	await receiver.close();
});

it('runs as a program', async () => {
	const program = spawn(
		process.execPath,
		[require.resolve('tsx/cli'), require.resolve('./cli.cts'), '--port', '0', '--time-scale', '50'],
		{ stdio: ['ignore', 'pipe', 'inherit'] },
	);
	try {
		let baseUrl: string | undefined;
		for await (const line of createInterface(program.stdout)) {
			baseUrl ??= /Base URL +(\S+)/.exec(line)?.[1];
			if (line.startsWith('Ctrl+C')) break;
		}
		const answer = await fetch(`${baseUrl}/apikeys/current-balance`, {
			headers: { authorization: 'Bearer sim-key' },
		});
		expect(await answer.json()).toMatchObject({ code: 200, data: 100 });
		const ended = once(program, 'exit');
		program.kill('SIGTERM');
		expect(await ended).toEqual([0, null]);
	} finally {
		program.kill('SIGKILL');
	}
});

it('as a program explains wrong options', async () => {
	const program = spawn(
		process.execPath,
		[require.resolve('tsx/cli'), require.resolve('./cli.cts'), '--port', 'abc'],
		{ stdio: ['ignore', 'ignore', 'pipe'] },
	);
	let said = '';
	program.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
	const [code] = (await once(program, 'close')) as [number];
	expect(code).toBe(1);
	expect(said).toContain('--port takes a number, not "abc"');
});
