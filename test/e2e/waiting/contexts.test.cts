import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { INode, IRun } from 'n8n-workflow';
import { FormData, WebSocket, fetch } from 'undici';
import { type Stage, openStage } from '../action/support.cts';
import { ensureN8n } from '../harness/install.cts';
import { newUserFolder } from '../harness/n8n.cts';
import { copyDatabase } from '../harness/newDatabase.cts';
import { addPackage } from '../harness/package.cts';
import { freePort } from '../harness/ports.cts';
import { sharedN8n } from '../harness/shared.cts';
import {
	type TestNode,
	manualTrigger,
	node,
	webhookTrigger,
	workflow,
} from '../harness/workflows.cts';
import { UNTIL_TOLD, finishAll, pausing, untilPaused } from '../pause/support.cts';
import { quickVideo, video } from './support.cts';

/** Somebody starts an execution and waits for what comes of it. */
interface Context {
	trigger: TestNode;
	/** Nodes behind the APIXO node. */
	then?: TestNode[];
	/** Starts the published workflow; resolves with what its caller is given at the end. */
	call(workflowId: string): Promise<string>;
}

const url = (path: string) => `${sharedN8n().url}/${path}`;

async function post(
	path: string,
	body: FormData | object,
): Promise<{ status: number; body: string }> {
	const answer = await fetch(url(path), {
		method: 'POST',
		...(body instanceof FormData
			? { body }
			: { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
	});
	return { status: answer.status, body: await answer.text() };
}

const textOf = ({ status, body }: { status: number; body: string }) => `${status} ${body}`;

const respondNode = node({
	type: 'n8n-nodes-base.respondToWebhook',
	typeVersion: 1.4,
	name: 'Respond',
	parameters: {
		respondWith: 'text',
		responseBody: '={{ $json.state }} {{ $json.taskId }}',
		options: {},
	},
});

type ResponseMode = 'onReceived' | 'lastNode' | 'responseNode';

function webhook(responseMode: ResponseMode): Context {
	const path = randomUUID();
	return {
		trigger: webhookTrigger({ path, responseMode }),
		then: responseMode === 'responseNode' ? [respondNode] : [],
		call: async () => textOf(await post(`webhook/${path}`, {})),
	};
}

function form(responseMode: ResponseMode): Context {
	const path = randomUUID();
	return {
		trigger: node({
			type: 'n8n-nodes-base.formTrigger',
			typeVersion: 2.1,
			name: 'Form',
			webhookId: path,
			parameters: {
				path,
				formTitle: 'Form',
				formFields: { values: [{ fieldLabel: 'Wish' }] },
				responseMode,
				options: {},
			},
		}),
		then: responseMode === 'responseNode' ? [respondNode] : [],
		call: async () => {
			const data = new FormData();
			data.set('field-0', 'a fox');
			return textOf(await post(`form/${path}`, data));
		},
	};
}

function chat(): Context {
	const webhookId = randomUUID();
	return {
		trigger: chatTrigger(webhookId, { mode: 'webhook' }),
		call: async () => {
			return textOf(await post(`webhook/${webhookId}/chat`, firstMessage(webhookId)));
		},
	};
}

/** A chat over a WebSocket, as n8n's own chat page has it. */
function hostedChat(): Context {
	const webhookId = randomUUID();
	return {
		trigger: chatTrigger(webhookId, {
			mode: 'hostedChat',
			options: { responseMode: 'responseNodes' },
		}),
		then: [
			node({
				type: '@n8n/n8n-nodes-langchain.chat',
				typeVersion: 1,
				name: 'Say',
				parameters: {
					message: '={{ $json.state }} {{ $json.taskId }}',
					waitUserReply: false,
					options: {},
				},
			}),
		],
		call: async () => {
			const { body } = await post(`webhook/${webhookId}/chat`, firstMessage(webhookId));
			const { executionId, resumeToken } = JSON.parse(body) as Record<string, string>;
			const query = new URLSearchParams({
				sessionId: webhookId,
				executionId,
				token: resumeToken,
				isPublic: 'true',
			});
			return await firstOfChat(`${sharedN8n().url.replace('http', 'ws')}/chat?${query}`);
		},
	};
}

function chatTrigger(webhookId: string, parameters: INode['parameters']): TestNode {
	return node({
		type: '@n8n/n8n-nodes-langchain.chatTrigger',
		typeVersion: 1.3,
		name: 'Chat',
		webhookId,
		parameters: { public: true, ...parameters },
	});
}

const firstMessage = (sessionId: string) => ({
	action: 'sendMessage',
	chatInput: 'a fox',
	sessionId,
});

/** The first message for a person; n8n's own ones, such as its heartbeat, begin with `n8n|`. */
async function firstOfChat(address: string): Promise<string> {
	const socket = new WebSocket(address);
	try {
		return await new Promise<string>((resolve, reject) => {
			socket.addEventListener('message', ({ data }) => {
				const text = String(data);
				if (text === 'n8n|heartbeat') socket.send('n8n|heartbeat-ack');
				else if (!text.startsWith('n8n|')) resolve(text);
			});
			socket.addEventListener('close', () => reject(new Error('n8n closed the chat')));
		});
	} finally {
		socket.close();
	}
}

/** As `n8n execute` prints it. */
const commandLine = (): Context => ({
	trigger: manualTrigger(),
	call: async (workflowId) => {
		const { data } = await executeByCommandLine(workflowId);
		const items = data.resultData.runData.APIXO?.at(-1)?.data?.main[0];
		return JSON.stringify(items?.map(({ json }) => json));
	},
});

/** On a copy of the shared n8n's data: SQLite may refuse a second process that writes, "locked". */
async function executeByCommandLine(workflowId: string): Promise<IRun> {
	const { nodeBinary, n8nScript } = await ensureN8n({ log: () => {} });
	const userFolder = newUserFolder();
	process.on('exit', () => rmSync(userFolder, { recursive: true, force: true }));
	await addPackage(userFolder);
	await copyDatabase(sharedN8n(), join(userFolder, '.n8n'));
	const child = spawn(nodeBinary, [n8nScript, 'execute', `--id=${workflowId}`, '--rawOutput'], {
		env: {
			PATH: process.env.PATH,
			HOME: userFolder,
			N8N_USER_FOLDER: userFolder,
			N8N_RUNNERS_BROKER_PORT: String(await freePort()),
			N8N_DIAGNOSTICS_ENABLED: 'false',
			N8N_DISABLED_MODULES: 'mcp-registry,instance-ai,chat-hub',
			N8N_WEBHOOK_URL: sharedN8n().url,
		},
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	let printed = '';
	child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
	await once(child, 'close');
	const [json] = /^\{\n.*^\}$/ms.exec(printed) ?? [];
	if (json === undefined) throw new Error(`n8n execute printed no result: ${printed}`);
	return JSON.parse(json) as IRun;
}

/**
 * Publishes a workflow of the context's trigger, the APIXO node and what follows it, and starts it.
 * @returns what the caller is given
 */
async function call(
	stage: Stage,
	context: Context,
	parameters: INode['parameters'],
): Promise<string> {
	const apixo = stage.node({ parameters: { ...parameters, prompt: 'a fox' } });
	const { id } = await stage.api.createWorkflow(
		workflow({ name: 'Context', nodes: [context.trigger, apixo, ...(context.then ?? [])] }),
	);
	if (!context.trigger.type.endsWith('manualTrigger')) await stage.api.activate(id);
	return await context.call(id);
}

/** Behind these n8n answers, or prints, as soon as the execution pauses. */
const ANSWERED_AT_A_PAUSE: Array<[string, () => Context]> = [
	["a Webhook node that responds 'When Last Node Finishes'", () => webhook('lastNode')],
	["a Form Trigger that responds 'When Workflow Finishes'", () => form('lastNode')],
	['a Chat Trigger', chat],
	['the command line', commandLine],
];

/** Behind these n8n keeps the caller waiting over a pause, but not in queue mode. */
const ANSWERED_BY_A_NODE: Array<[string, () => Context]> = [
	["a Webhook node that responds 'Using Respond to Webhook Node'", () => webhook('responseNode')],
	["a Form Trigger that responds 'Using Respond to Webhook Node'", () => form('responseNode')],
];

/** Nobody is given anything unfinished behind these. */
const PAUSES: Array<[string, () => Context]> = [
	["a Webhook node that responds 'Immediately'", () => webhook('onReceived')],
	["a Chat Trigger that responds 'Using Response Nodes'", hostedChat],
];

/** A form says no more than that it was submitted. */
const saysNothing = (name: string) => name.includes('Workflow Finishes');

describe('where somebody waits for the end', () => {
	it.concurrent.each([...ANSWERED_AT_A_PAUSE, ...ANSWERED_BY_A_NODE])(
		'Automatic polls, so that %s gives the result',
		async (name, context) => {
			const stage = await openStage({ defaults: { seconds: 1 } });
			const answer = await call(stage, context(), quickVideo());
			const { taskId, callbackUrl, finalAtMs } = stage.taskOf('a fox');
			expect(callbackUrl).toBeUndefined();
			expect(finalAtMs).toBeLessThan(Date.now());
			if (saysNothing(name)) return;
			expect(answer).toContain(taskId);
			expect(answer).toContain('success');
		},
	);

	it.concurrent.each(ANSWERED_AT_A_PAUSE)(
		"'Pause Until Callback' pauses, and %s tells what was submitted",
		async (name, context) => {
			const stage = await openStage(UNTIL_TOLD);
			const answer = await call(stage, context(), { ...video(), ...pausing() });
			const { taskId, finalAtMs } = stage.taskOf('a fox');
			expect(finalAtMs).toBeUndefined();
			if (saysNothing(name)) return;
			if (name.includes('Webhook')) expect(answer).toMatch(/^200 /);
			expect(answer).toContain(`"taskId":"${taskId}"`);
			expect(answer).toContain('"state":"pending"');
		},
	);

	it.concurrent.each(ANSWERED_BY_A_NODE)(
		"'Pause Until Callback' pauses, and %s gives the result after that",
		async (_, context) => {
			const stage = await openStage(UNTIL_TOLD);
			const parameters = { ...video(), ...pausing() };
			expect(await answerAfterPause(stage, context(), parameters)).toContain('success');
		},
	);
});

describe('where nobody is given anything unfinished', () => {
	it.concurrent.each(PAUSES)('Automatic pauses behind %s', async (name, context) => {
		const stage = await openStage(UNTIL_TOLD);
		const answer = await answerAfterPause(stage, context(), video());
		if (name.includes('Chat')) expect(answer).toContain('success');
	});
});

/** What a caller is given in the end, of a run that pauses, and continues by its callback. */
async function answerAfterPause(
	stage: Stage,
	context: Context,
	parameters: INode['parameters'],
): Promise<string> {
	const answer = call(stage, context, parameters);
	await stage.simulator.until(({ tasks }) => tasks().length === 1);
	const { callbackUrl } = stage.taskOf('a fox');
	const executionId = /webhook-waiting\/(\d+)/.exec(String(callbackUrl))?.[1] ?? 'without a URL';
	await untilPaused(stage, executionId);
	finishAll(stage);
	expect((await stage.api.waitForExecution(executionId)).status).toBe('success');
	expect(stage.submits).toBe(1);
	return await answer;
}
