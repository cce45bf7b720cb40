import {
	NodeConnectionTypes,
	type IExecuteFunctions,
	type IHookFunctions,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
	type IWebhookFunctions,
	type IWebhookResponseData,
} from 'n8n-workflow';

import { connectTrigger, needsCredential } from './settings';
import { claimOnce } from '../shared/n8n/claimOnce';
import { receive } from './receive';

/** In the order of the outputs. */
const EVENTS = ['success', 'failed'];

export class ApixoTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'APIXO Trigger',
		name: 'apixoTrigger',
		icon: { light: 'file:apixoTrigger.svg', dark: 'file:apixoTrigger.dark.svg' },
		group: ['trigger'],
		version: 1,
		subtitle: '={{ $parameter["events"].map((event) => event.toTitleCase()).join(" + ") }}',
		// The nodes panel shows APIXO and APIXO Trigger as one entry, under this text.
		description:
			'Generate images, videos and audio, or start a workflow when an APIXO task finishes',
		defaults: { name: 'APIXO Trigger' },
		eventTriggerDescription: 'Waiting for APIXO to call the test URL',
		activationMessage:
			"APIXO can now call the production URL. Paste it into 'Callback URL' of an APIXO node with 'Wait for Result' set to 'Don't Wait'. You find it under 'Webhook URLs' in the APIXO Trigger.",
		triggerPanel: {
			header: 'Listen for a callback from APIXO',
			executionsHelp: {
				inactive:
					"<b>While you build this workflow</b>: click 'Execute step', then run the workflow that submits the task <b>in another browser tab</b>, with the <b>test URL</b> as its Callback URL. It accepts one callback. If you stop listening before it arrives, APIXO tries again 30 seconds later.<br /><br /><b>When it is ready</b>: publish (activate) the workflow and use the <b>production URL</b> as Callback URL. It listens all the time; its executions appear under Executions, not here.",
				active:
					"<b>While you build this workflow</b>: click 'Execute step', then run the workflow that submits the task <b>in another browser tab</b>, with the <b>test URL</b> as its Callback URL. It accepts one callback.<br /><br /><b>The workflow is published</b>: callbacks to the <b>production URL</b> start it all the time; those executions appear under Executions, not here.",
			},
			activationHint:
				"Once you have built your workflow, publish (activate) it and put the production URL into 'Callback URL' of the APIXO node.",
		},
		inputs: [],
		outputs: `={{ ($parameter["events"]?.length === 1 ? $parameter["events"] : ${JSON.stringify(EVENTS)}).map((event) => ({ type: "${NodeConnectionTypes.Main}", displayName: event === "success" ? "Success" : "Failed" })) }}`,
		// n8n cannot express 'required, unless neither of two parameters asks for it': see `create`.
		credentials: [{ name: 'apixoApi', required: false }],
		// Plain values: each expression here would be evaluated at every callback.
		webhooks: [
			{
				name: 'default',
				httpMethod: 'POST',
				path: 'apixo',
				responseMode: 'onReceived',
				// Unset, n8n answers with the text 'firstEntryJson'.
				responseData: '',
			},
		],
		properties: [
			{
				displayName:
					"<ul><li>Copy the production URL into 'Callback URL' of an APIXO node ('Wait for Result': 'Don't Wait').</li><li>Publish this workflow.</li></ul><a href='https://github.com/n8n-nodes-apixo/n8n-nodes-apixo/blob/main/docs/trigger.md' target='_blank'>Which URL?</a>",
				name: 'urlNotice',
				type: 'notice',
				default: '',
			},
			{
				displayName: 'Events',
				name: 'events',
				type: 'multiOptions',
				noDataExpression: true,
				required: true,
				options: [
					{
						name: 'Success',
						value: 'success',
						description: 'A task finished. Its files are available in resultUrls for 24 hours.',
						action: 'On task success',
					},
					{
						name: 'Failed',
						value: 'failed',
						description: 'A task failed. See failCode and failMsg for the reason.',
						action: 'On task failure',
					},
				],
				default: ['success', 'failed'],
				description:
					'Which task results start the workflow. If you select both, each gets its own output.',
			},
			{
				displayName: 'Authentication',
				name: 'authentication',
				type: 'options',
				noDataExpression: true,
				options: [
					{
						name: 'Signed URL',
						value: 'signed',
						description:
							'Only callbacks whose URL was signed by an APIXO node with the same credential start the workflow',
					},
					{
						name: 'None',
						value: 'none',
						description: 'Anyone who knows the URL can start the workflow',
					},
				],
				default: 'signed',
			},
			{
				displayName:
					"APIXO doesn't sign its callbacks, so anyone who knows this URL can start the workflow with fake results. Turn on 'Confirm with API', or choose 'Signed URL'.",
				name: 'authenticationNotice',
				type: 'notice',
				default: '',
				displayOptions: { show: { authentication: ['none'], confirmWithApi: [false] } },
			},
			{
				displayName: 'Confirm with API',
				name: 'confirmWithApi',
				type: 'boolean',
				noDataExpression: true,
				default: false,
				description:
					"Whether to fetch the task from APIXO and use that result instead of the callback's. Adds one free request per callback. If APIXO can't be reached, the callback is sent again later.",
			},
			{
				displayName: 'Options',
				name: 'options',
				type: 'collection',
				placeholder: 'Add option',
				default: {},
				options: [
					{
						displayName: 'Deduplication',
						name: 'deduplication',
						type: 'boolean',
						default: true,
						description:
							'Whether to ignore repeated callbacks for the same task and state. Test executions are never ignored.',
					},
				],
			},
		],
	};

	/** APIXO gets the URL with each task, so that there is nothing to make or remove there. */
	webhookMethods = {
		default: {
			checkExists: async () => false,
			async create(this: IHookFunctions): Promise<boolean> {
				if (needsCredential(this)) await connectTrigger(this);
				return true;
			},
			delete: async () => true,
		},
	};

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		const node = { node: this.getNode().name, workflowId: this.getWorkflow().id };
		const response = this.getResponseObject();
		try {
			const { status, message, taskId, fire } = await receive(this);
			if (status === 200) {
				return { webhookResponse: { message }, workflowData: fire && [[{ json: fire }]] };
			}
			this.logger.warn(`APIXO Trigger answered ${status}: ${message}`, { taskId, ...node });
			response.status(status).json({ message });
		} catch (error) {
			// Thrown on, it would become a run of the workflow that fails: at any stranger's wish.
			const reason = error instanceof Error ? error.message : String(error);
			this.logger.error(`APIXO Trigger answered 500: ${reason}`, node);
			response.status(500).json({ message: "The trigger's settings are at fault: see n8n's log" });
		}
		return { noWebhookResponse: true };
	}

	/** n8n hands over what `webhook` returned, in the process that runs the workflow. */
	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const [item] = this.getInputData();
		const events = this.getNodeParameter('events', 0) as string[];
		const outputs: INodeExecutionData[][] = events.length === 1 ? [[]] : EVENTS.map(() => []);
		const { taskId, state } = item.json;
		const dropsDuplicates =
			this.getMode() !== 'manual' && this.getNodeParameter('options.deduplication', 0, true);
		if (dropsDuplicates && !(await claimOnce(this, `${taskId} ${state}`))) {
			this.addExecutionHints({
				message: `Task ${taskId} was already delivered as '${state}', so this execution stops here`,
				location: 'outputPane',
			});
			return outputs;
		}
		outputs[events.length === 1 ? 0 : EVENTS.indexOf(String(state))].push(item);
		return outputs;
	}
}
