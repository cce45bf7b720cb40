import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { IPinData } from 'n8n-workflow';
import type { N8nApi, SavedWorkflow } from './api.cts';
import type { RunningN8n } from './n8n.cts';
import type { CredentialReference, WorkflowDefinition } from './workflows.cts';

const EXAMPLES = resolve(__dirname, '..', '..', '..', 'examples');

/** File names of the example workflows. */
export function exampleFiles(): string[] {
	return readdirSync(EXAMPLES).filter((name) => name.endsWith('.json'));
}

/**
 * Imports an example as a user does: from its file, then this credential is chosen in every node
 * that asks for one of APIXO. An example that says `"active": true` is activated.
 */
export async function importExample(
	api: N8nApi,
	file: string,
	credential: CredentialReference,
): Promise<SavedWorkflow> {
	const text = readFileSync(join(EXAMPLES, file), 'utf8');
	const { active, ...definition } = JSON.parse(text) as WorkflowDefinition & { active?: boolean };
	for (const { credentials } of definition.nodes) {
		if (credentials?.apixoApi) {
			credentials.apixoApi = { id: credential.id, name: credential.name };
		}
	}
	const workflow = await api.createWorkflow(definition);
	if (active) await api.activate(workflow.id);
	return workflow;
}

/** The message that starts the agent's example, where nobody is there to type it. */
export const CHAT_MESSAGE: IPinData = {
	'When Chat Message Received': [{ json: { chatInput: 'a red fox' } }],
};

/**
 * Changes a text of the workflow's nodes, as JSON.
 * @throws Error where they do not contain it
 */
export async function changeText(
	api: N8nApi,
	{ id }: SavedWorkflow,
	from: RegExp,
	to: string,
): Promise<void> {
	const before = JSON.stringify((await api.getWorkflow(id)).nodes);
	const after = before.replace(from, to);
	if (after === before) throw new Error(`No node of workflow ${id} contains ${from}`);
	await api.updateWorkflow(id, { nodes: JSON.parse(after) as SavedWorkflow['nodes'] });
}

/** Chooses this credential in the nodes that ask for one of its type. */
export async function chooseCredential(
	api: N8nApi,
	workflow: SavedWorkflow,
	type: string,
	credential: CredentialReference,
): Promise<void> {
	const chosen = `"${type}":${JSON.stringify(credential)}`;
	await changeText(api, workflow, new RegExp(`"${type}":\\{[^}]*\\}`), chosen);
}

/** The URL that the editor shows for the workflow's APIXO Trigger. */
export function triggerUrl(
	{ url }: { url: string },
	{ nodes }: SavedWorkflow,
	path: 'webhook' | 'webhook-test' = 'webhook',
): string {
	const trigger = nodes.find(({ type }) => type === 'n8n-nodes-apixo.apixoTrigger');
	return `${url}/${path}/${trigger?.webhookId}/apixo`;
}

/** What the note of an example with its own trigger asks the user to do. */
export async function fillInTriggerUrl(n8n: RunningN8n, workflow: SavedWorkflow): Promise<void> {
	await changeText(n8n.api, workflow, /Copy the production URL[^"]*/, triggerUrl(n8n, workflow));
}

/** The safety net of the hybrid example would wait a minute before its first poll. */
export async function quickenSafetyNet(api: N8nApi, workflow: SavedWorkflow): Promise<void> {
	const quick = '"initialWait":1,"pollInterval":1,"pollingStrategy":"fixed"';
	await changeText(api, workflow, /"initialWait":60/, quick);
}
