import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { N8nApi, SavedWorkflow } from './api.cts';
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
