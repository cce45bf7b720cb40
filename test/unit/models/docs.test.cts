import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { catalogueSchema } from '../../../nodes/shared/models/catalogueSchema.ts';

const page = readFileSync(join(__dirname, '../../../docs/adding-a-model.md'), 'utf8');

test('the sample entry of docs/adding-a-model.md is right', () => {
	const [, entry] = /```json\n(.*?)```/s.exec(page) ?? [];
	expect(catalogueSchema.safeParse([JSON.parse(entry)]).error?.issues).toBeUndefined();
});

test('docs/adding-a-model.md explains every field', () => {
	const model = catalogueSchema.element.shape;
	const fields = [...Object.keys(model), ...Object.keys(model.inputs.element.shape)];
	for (const name of fields) expect(page).toContain(`\`${name}\``);
});
