import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { N8nApi } from '../harness/api.cts';
import type { CredentialReference } from '../harness/workflows.cts';

interface Message {
	role: string;
	content: string;
}

interface OfferedTool {
	function: { name: string; description: string; parameters: { properties: object } };
}

/** What an agent asked the model, as far as tests look at it. */
export interface ModelRequest {
	messages: Message[];
	tools?: OfferedTool[];
}

/** A stand-in for a chat model with the interface of OpenAI. */
export interface ChatModel {
	requests: ModelRequest[];
	/** Of OpenAI's type, for the chat model's node. */
	credential(api: N8nApi): Promise<CredentialReference>;
	stop(): Promise<void>;
}

/**
 * Starts a model on loopback. It calls the first tool that it is offered, once for each line of the
 * user's message with that line as `Prompt`, and then answers with what the tool said.
 */
export async function startChatModel(): Promise<ChatModel> {
	const requests: ModelRequest[] = [];
	const server: Server = createServer((incoming, outgoing) => {
		const chunks: Buffer[] = [];
		incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
		incoming.on('end', () => {
			const request = JSON.parse(Buffer.concat(chunks).toString()) as ModelRequest;
			requests.push(request);
			outgoing.writeHead(200, { 'content-type': 'application/json' });
			outgoing.end(JSON.stringify(completion(request)));
		});
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	return {
		requests,
		credential: async (api) =>
			await api.createCredential('Stand-in model', 'openAiApi', {
				apiKey: 'none',
				url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
			}),
		stop: async () => {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}

function completion({ messages, tools }: ModelRequest): object {
	const prompts = messages.find(({ role }) => role === 'user')?.content.split('\n') ?? [];
	const heard = messages.filter(({ role }) => role === 'tool').map(({ content }) => content);
	const name = tools?.[0]?.function.name;
	const message =
		heard.length > 0
			? { role: 'assistant', content: heard.join('\n') }
			: {
					role: 'assistant',
					content: null,
					tool_calls: prompts.map((Prompt, index) => ({
						id: `call_${index}`,
						type: 'function',
						function: { name, arguments: JSON.stringify({ Prompt }) },
					})),
				};
	return {
		id: 'chatcmpl-1',
		object: 'chat.completion',
		created: 0,
		model: 'stand-in',
		choices: [{ index: 0, message, finish_reason: heard.length > 0 ? 'stop' : 'tool_calls' }],
		usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
	};
}
