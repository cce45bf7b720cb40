/** Callbacks that start workflows, and strangers that do not: our trigger against n8n's Webhook node. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { fetch } from 'undici';
import { newNonce, signCallbackUrl, signingKey } from '../nodes/shared/callbacks/url.ts';
import {
	apixoTriggerNode,
	node,
	noOp,
	webhookTrigger,
	workflow,
	type TestNode,
} from '../test/e2e/harness/workflows.cts';
import { inTurns, measured, type Rounds } from './rounds.cts';
import { idleBytes, untilIdle, type Stage } from './stage.cts';

export interface Deliveries {
	/** That were answered. */
	perSecond: number;
	/** From sending to the answer, the median. */
	latencyMs: number;
}

export const OURS = { signed: 'APIXO Trigger', unsigned: 'APIXO Trigger, Authentication: None' };
export const THEIRS = 'Webhook';
/** What n8n itself costs a trigger that is not its own. */
export const BARE = 'A bare trigger';
export const STRANGER = {
	ours: 'APIXO Trigger refuses a stranger',
	forger: 'APIXO Trigger refuses a forged signature',
	theirs: 'Webhook with Header Auth refuses a stranger',
};

const AT_ONCE = 10;
const WARM_UP = 200;

export async function deliveries(
	stage: Stage,
	rounds: number,
	count: number,
): Promise<Rounds<Deliveries>> {
	const { api } = stage;
	const { sign, forge, signedUrl, unsignedUrl, webhookUrl, bareUrl, guardedUrl } =
		await publishTriggers(stage);
	const burst = async (urlOf: () => string, status: number) => {
		await untilIdle(api);
		return await deliver(urlOf, status, count);
	};
	const contenders = {
		[OURS.signed]: async () => await burst(sign, 200),
		[THEIRS]: async () => await burst(() => webhookUrl, 200),
		[OURS.unsigned]: async () => await burst(() => unsignedUrl, 200),
		[BARE]: async () => await burst(() => bareUrl, 200),
		[STRANGER.ours]: async () => await burst(() => signedUrl, 401),
		[STRANGER.forger]: async () => await burst(forge, 401),
		[STRANGER.theirs]: async () => await burst(() => guardedUrl, 403),
	};
	// Loads what is used for the first time.
	await inTurns(1, contenders);
	return await inTurns(rounds, contenders);
}

interface Endurance {
	/** Of what n8n uses, idle again and without garbage, for each run. */
	kilobytesARun: number;
	runs: number;
	/** Callbacks that were answered 200, but whose run did not succeed. */
	lost: number;
	/** Callbacks that got another answer or none; APIXO would send them again. */
	refused: number;
}

/** Callbacks at a steady rate, for minutes. */
export async function steadyDeliveries(
	stage: Stage,
	seconds: number,
	perSecond: number,
): Promise<Rounds<Endurance>> {
	const { api } = stage;
	const { sign, webhookUrl, workflowIds } = await publishTriggers(stage);
	const succeeded = async (workflowId: string) =>
		await api.countExecutions(['success'], workflowId);
	const last = async (name: string, urlOf: () => string) => {
		// Loads what a run needs, and fills what n8n keeps of the last ones.
		await deliver(urlOf, 200, WARM_UP);
		const before = {
			bytes: await idleBytes(stage),
			runs: await succeeded(workflowIds[name]),
		};
		const count = seconds * perSecond;
		const sending: Array<Promise<boolean>> = [];
		const startedAtMs = performance.now();
		for (let sent = 0; sent < count; sent++) {
			const dueAtMs = startedAtMs + (sent * 1000) / perSecond;
			await delay(Math.max(0, dueAtMs - performance.now()));
			sending.push(
				deliver(urlOf, 200, 1).then(
					() => true,
					() => false,
				),
			);
		}
		const answered = (await Promise.all(sending)).filter(Boolean).length;
		const bytes = await idleBytes(stage);
		const runs = (await succeeded(workflowIds[name])) - before.runs;
		return {
			kilobytesARun: (bytes - before.bytes) / 1e3 / runs,
			runs,
			lost: answered - runs,
			refused: count - answered,
		};
	};
	return await inTurns(1, {
		[OURS.signed]: async () => await last(OURS.signed, sign),
		[THEIRS]: async () => await last(THEIRS, () => webhookUrl),
	});
}

/** Workflows of a trigger and one node, and how each is called. */
async function publishTriggers({ n8n, api, simulator, credential }: Stage) {
	const workflowIds: Record<string, string> = {};
	const publish = async (name: string, trigger: TestNode) => {
		const { id } = await api.createWorkflow(workflow({ name, nodes: [trigger, noOp()] }));
		await api.activate(id);
		workflowIds[name] = id;
	};
	const bare = async () => {
		const webhookId = randomUUID();
		await publish(BARE, node({ type: 'CUSTOM.bareTrigger', name: BARE, webhookId }));
		return `${n8n.url}/webhook/${webhookId}/bare`;
	};
	const ours = async (name: string, parameters: TestNode['parameters']) => {
		const trigger = apixoTriggerNode({ credential, parameters });
		await publish(name, trigger);
		return `${n8n.url}/webhook/${trigger.webhookId}/apixo`;
	};
	const theirs = async (name: string, changes: Partial<TestNode>, parameters = {}) => {
		const path = randomUUID();
		const webhook = webhookTrigger({ path });
		const changed = { ...webhook, ...changes };
		await publish(name, { ...changed, parameters: { ...webhook.parameters, ...parameters } });
		return `${n8n.url}/webhook/${path}`;
	};
	const secret = await api.createCredential('Secret', 'httpHeaderAuth', {
		name: 'x-secret',
		value: randomUUID(),
	});
	const signedUrl = await ours(OURS.signed, {});
	/** A URL of its own for each task. */
	const signWith = (apiKey: string) => () =>
		signCallbackUrl(signedUrl, { model: 'nano-banana', nonce: newNonce() }, signingKey({ apiKey }));
	return {
		workflowIds,
		signedUrl,
		sign: signWith(simulator.apiKey),
		forge: signWith('another key'),
		unsignedUrl: await ours(OURS.unsigned, { authentication: 'none' }),
		webhookUrl: await theirs(THEIRS, {}),
		bareUrl: await bare(),
		guardedUrl: await theirs(
			STRANGER.theirs,
			{ credentials: { httpHeaderAuth: { id: secret.id, name: secret.name } } },
			{ authentication: 'headerAuth' },
		),
	};
}

async function deliver(urlOf: () => string, status: number, count: number): Promise<Deliveries> {
	const latenciesMs: number[] = [];
	let left = count;
	const send = async () => {
		while (left-- > 0) {
			const url = urlOf();
			const sentAtMs = performance.now();
			const answer = await fetch(url, {
				method: 'POST',
				headers: { 'content-type': 'application/json' },
				body: JSON.stringify({ code: 200, message: 'success', data: newTask() }),
			});
			const text = await answer.text();
			latenciesMs.push(performance.now() - sentAtMs);
			if (answer.status !== status) throw new Error(`${url}: ${answer.status} ${text}`);
		}
	};
	const startedAtMs = performance.now();
	await Promise.all(Array.from({ length: Math.min(AT_ONCE, count) }, send));
	const seconds = (performance.now() - startedAtMs) / 1000;
	return { perSecond: count / seconds, latencyMs: measured(latenciesMs).median };
}

function newTask() {
	const nowMs = Date.now();
	return {
		taskId: randomUUID(),
		state: 'success',
		resultJson: '{"resultUrls":["https://cdn.example.com/1.png"]}',
		createTime: nowMs - 10_000,
		completeTime: nowMs,
	};
}
