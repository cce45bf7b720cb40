import type { IExecuteFunctions } from 'n8n-workflow';

import { execute } from '../../../../nodes/Apixo/actions/model/getAll.operation';
import { allModels } from '../../../../nodes/shared/models/catalogue';
import { FakeExecution } from '../fakeExecution';

/** How many models come out, of an n8n whose expressions give these parameters. */
async function count(parameters: Record<string, unknown>): Promise<number> {
	const context = Object.create(new FakeExecution().context, {
		getNodeParameter: {
			value: (name: string, _: number, fallback: unknown) =>
				Object.hasOwn(parameters, name) ? parameters[name] : fallback,
		},
	}) as IExecuteFunctions;
	return (await execute.call(context)).length;
}

it('lists all models, or as many as the limit says', async () => {
	expect(await count({})).toBe(allModels().length);
	expect(await count({ returnAll: false, limit: 3 })).toBe(3);
	expect(await count({ returnAll: false, limit: '2' })).toBe(2);
});

it.each([0, -1, 1.5, NaN, 'many', null])('refuses a limit of %p', async (limit) => {
	await expect(count({ returnAll: false, limit })).rejects.toThrow(
		"'Limit' must be a whole number of at least 1",
	);
});
