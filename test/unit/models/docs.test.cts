import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { catalogueSchema } from './catalogueSchema.ts';

const page = readFileSync(join(__dirname, '../../../docs/adding-a-model.md'), 'utf8');

it('has a sample entry in docs/adding-a-model.md that is right', () => {
	const [, entry] = /```json\n(.*?)```/s.exec(page) ?? [];
	expect(catalogueSchema.safeParse([JSON.parse(entry)]).error?.issues).toBeUndefined();
});

it('explains every field in docs/adding-a-model.md', () => {
	const model = catalogueSchema.element.shape;
	const fields = [...Object.keys(model), ...Object.keys(model.inputs.element.shape)];
	for (const name of fields) expect(page).toContain(`\`${name}\``);
});
