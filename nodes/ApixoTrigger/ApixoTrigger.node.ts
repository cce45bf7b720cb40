import type {
	IExecuteFunctions,
	IHookFunctions,
	INodeExecutionData,
	INodeType,
	INodeTypeDescription,
	IWebhookFunctions,
	IWebhookResponseData,
} from 'n8n-workflow';

import { createBoundedLog } from '../shared/callbacks/boundedLog';
import { whyToStop } from './duplicates';
import { EVENTS, outputsExpression, outputsFor, subtitleExpression } from './events';
import { receive } from './receive';
import { asksApi, checksSignature, connectTrigger, readSigningKey } from './settings';

const boundedLog = createBoundedLog(() => Date.now());

const WHICH_URL =
	'https://github.com/n8n-nodes-apixo/n8n-nodes-apixo/blob/main/docs/trigger.md#which-url';

export class ApixoTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'APIXO Trigger',
		name: 'apixoTrigger',
		icon: { light: 'file:apixoTrigger.svg', dark: 'file:apixoTrigger.dark.svg' },
		group: ['trigger'],
		version: 1,
		subtitle: subtitleExpression(),
		// The nodes panel shows APIXO and APIXO Trigger as one entry, under this text.
		description:
			'Generate images, videos and audio, or start a workflow when an APIXO task finishes',
		defaults: { name: 'APIXO Trigger' },
		eventTriggerDescription: 'Waiting for APIXO to call the test URL',
		activationMessage:
			"APIXO can now call the production URL. Find it under 'Webhook URLs' in the node, and paste it into 'Callback URL' of an APIXO node with Wait for Result set to 'Don't Wait'.",
		triggerPanel: {
			header: 'Listen for a callback from APIXO',
			executionsHelp: {
				inactive:
					"<b>While you build this workflow</b>: click 'Execute step'. Then run the workflow that submits the task <b>in another browser tab</b>, with the <b>test URL</b> as Callback URL. The test URL accepts one callback. If you stop listening before it arrives, APIXO tries again 30 seconds later.<br /><br /><b>When it is ready</b>: publish (activate) the workflow and use the <b>production URL</b> as Callback URL. It listens all the time; its executions appear under Executions, not here.",
				active:
					"<b>While you build this workflow</b>: click 'Execute step'. Then run the workflow that submits the task <b>in another browser tab</b>, with the <b>test URL</b> as Callback URL. The test URL accepts one callback.<br /><br /><b>The workflow is published</b>: callbacks to the <b>production URL</b> start it; its executions appear under Executions, not here.",
			},
			activationHint:
				"Once you have built your workflow, publish (activate) it and paste the production URL into 'Callback URL' of the APIXO node.",
		},
		inputs: [],
		outputs: outputsExpression(),
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
				// Of HTML, n8n's notices keep links and lists alone.
				displayName: `<ul><li>Copy the production URL from 'Webhook URLs' above into 'Callback URL' of an APIXO node with the same credential and Wait for Result set to 'Don't Wait'.</li><li>Publish (activate) this workflow.</li></ul><a href="${WHICH_URL}" target="_blank">Which URL?</a>`,
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
				options: EVENTS.map((event) => ({ ...event })),
				default: [...EVENTS.map(({ value }) => value)],
				description:
					'Which task results start the workflow. If you select several, each gets its own output.',
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
							'Whether to ignore repeated callbacks for the same task and state. Callbacks to the test URL are never ignored.',
					},
				],
			},
		],
	};

	/** APIXO gets the URL with each task, so there is nothing to create or delete there. */
	webhookMethods = {
		default: {
			checkExists: async () => false,
			async create(this: IHookFunctions): Promise<boolean> {
				if (checksSignature(this)) await readSigningKey(this);
				if (asksApi(this)) await connectTrigger(this);
				return true;
			},
			delete: async () => true,
		},
	};

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		const node = this.getNode();
		const log = (level: 'warn' | 'error', text: string, taskId?: string) => {
			const about = taskId === undefined ? text : `${text} [task ${taskId}]`;
			const line = boundedLog(node.id, `APIXO Trigger '${node.name}' ${about}`);
			if (line !== undefined) this.logger[level](line, { workflowId: this.getWorkflow().id });
		};
		const response = this.getResponseObject();
		try {
			const { status, message, taskId, start } = await receive(this);
			if (status === 200) {
				const json = start && { ...start.output, nonce: start.nonce };
				return { webhookResponse: { message }, workflowData: json && [[{ json }]] };
			}
			log('warn', `answered ${status}: ${message}`, taskId);
			response.status(status).json({ message });
		} catch (error) {
			// Without this, n8n would start a failing run of the workflow for an unauthenticated caller.
			log('error', `answered 500: ${error instanceof Error ? error.message : String(error)}`);
			response.status(500).json({ message: "The trigger is misconfigured: see n8n's log" });
		}
		return { noWebhookResponse: true };
	}

	/** n8n calls it with what `webhook` returned, in the process that runs the workflow. */
	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const [item] = this.getInputData();
		const { nonce, ...json } = item.json;
		const events = outputsFor(this.getNodeParameter('events', 0) as string[]);
		const outputs: INodeExecutionData[][] = events.map(() => []);
		const callback = {
			taskId: String(json.taskId),
			state: String(json.state),
			nonce: typeof nonce === 'string' ? nonce : undefined,
		};
		// A person asked for this run: a test, or a retry of one that did not come to its end.
		const isAskedFor = ['manual', 'retry'].includes(this.getMode());
		const dropsDuplicates = this.getNodeParameter('options.deduplication', 0, true) as boolean;
		const reason = isAskedFor ? undefined : await whyToStop(this, callback, dropsDuplicates);
		if (reason === undefined) {
			const output = events.findIndex(({ value }) => value === callback.state);
			outputs[output]?.push({ ...item, json });
		} else {
			this.addExecutionHints({ message: reason, location: 'outputPane' });
		}
		return outputs;
	}
}
