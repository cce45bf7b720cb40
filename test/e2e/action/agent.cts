import type { INode } from 'n8n-workflow';
import { type NodeOptions, manualTrigger, node, workflow } from '../harness/workflows.cts';
import { type ChatModel, startChatModel } from './chatModel.cts';
import { type Stage } from './support.cts';

const models: ChatModel[] = [];
afterAll(async () => {
	await Promise.all(models.map(async (model) => await model.stop()));
});

/** Runs an agent, one item for each prompt; its model calls the APIXO tool for each line of it. */
export async function runAgent(
	stage: Stage,
	typeVersion: number,
	prompts: string[],
	options: NodeOptions & { parameters?: INode['parameters'] } = {},
) {
	const model = await startChatModel();
	models.push(model);
	const openAiApi = await model.credential(stage.api);
	const trigger = manualTrigger({ items: prompts.map((prompt) => ({ prompt })) });
	const agent = node({
		type: '@n8n/n8n-nodes-langchain.agent',
		typeVersion,
		name: 'AI Agent',
		parameters: {
			promptType: 'define',
			text: '={{ $json.prompt }}',
			options: { batching: { batchSize: 3 } },
		},
	});
	const chatModel = node({
		type: '@n8n/n8n-nodes-langchain.lmChatOpenAi',
		typeVersion: 1.2,
		name: 'Chat Model',
		parameters: { model: { __rl: true, mode: 'id', value: 'stand-in' }, options: {} },
		credentials: { openAiApi },
	});
	const tool = stage.node({
		...options,
		parameters: {
			descriptionType: 'manual',
			toolDescription: 'Draws a picture and answers with its URL',
			prompt: "={{ $fromAI('Prompt', 'what to draw', 'string') }}",
			...options.parameters,
		},
	});
	const execution = await stage.api.runOnce(
		workflow({
			name: `Agent ${typeVersion}`,
			nodes: [trigger, agent, chatModel, { ...tool, type: 'n8n-nodes-apixo.apixoTool' }],
			connections: [
				{ from: trigger.name, to: agent.name },
				{ from: chatModel.name, to: agent.name, type: 'ai_languageModel' },
				{ from: tool.name, to: agent.name, type: 'ai_tool' },
			],
		}),
	);
	return { execution, model };
}
