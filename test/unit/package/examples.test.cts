import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { INode, ResourceMapperField } from 'n8n-workflow';
import { formFields } from '../../../nodes/Apixo/editor/fields';
import { findModel } from '../../../nodes/shared/models/catalogue';

const EXAMPLES = resolve(__dirname, '..', '..', '..', 'examples');

interface FormNode {
	label: string;
	model: string;
	mode?: string;
	input: { value: Record<string, unknown> | null; schema: ResourceMapperField[] };
}

/** The nodes with a form in all examples. */
const formNodes = readdirSync(EXAMPLES).flatMap((file): FormNode[] => {
	const { nodes } = JSON.parse(readFileSync(join(EXAMPLES, file), 'utf8')) as { nodes: INode[] };
	return nodes
		.filter(({ parameters }) => parameters.operation === 'generate')
		.map(({ name, parameters }) => ({
			label: `${file}: ${name}`,
			model: (parameters.model as { value: string }).value,
			mode: parameters.mode as string | undefined,
			input: parameters.input as unknown as FormNode['input'],
		}));
});

// Where the form differs from what is stored, n8n marks an example as changed once its node was
// opened, and runs the node, which costs money, again.
it.each(formNodes)('$label has the form that the editor shows', ({ model, mode, input }) => {
	expect(input.schema).toEqual(formFields(findModel(model), mode));
	const known = input.schema.map(({ id }) => id);
	expect(input.value).not.toBeNull();
	for (const name of Object.keys(input.value ?? {})) expect(known).toContain(name);
	for (const { id, defaultValue } of input.schema) {
		if (defaultValue !== undefined) expect(input.value).toHaveProperty(id);
	}
});
