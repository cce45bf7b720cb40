import { allModels } from '../../../nodes/shared/models/catalogue';
import { formFields } from '../../../nodes/Apixo/editor/fields';
import { modeOptions } from '../../../nodes/Apixo/editor/modes';
import { emptyFieldsNotice } from '../../../nodes/Apixo/editor/notices';
import { mergeCatalogue, modelsFromIndex } from '../../../nodes/shared/models/publicIndex';
import { validateInput } from '../../../nodes/shared/models/validate';

const entry = {
	model_id: 'new-video',
	slug: 'new-video',
	category: 'video',
	title: 'New Video',
	integration_type: 'task_api',
	schema_path: 'models/schemas/new-video.json',
	doc_path: 'models/video/new-video',
};

it('takes the task models of the three categories, whatever else the index holds', () => {
	const index = {
		total_models: 5,
		models: [
			entry,
			{ ...entry, model_id: 'chat', category: 'text', integration_type: 'llm_gateway' },
			{ ...entry, model_id: 'gateway-image', category: 'image', integration_type: 'llm_gateway' },
			{ ...entry, model_id: 'untitled', title: undefined },
			{ ...entry, model_id: 7 },
			null,
		],
		added_later: true,
	};
	expect(modelsFromIndex(index)).toEqual([
		{ id: 'new-video', title: 'New Video', category: 'video' },
		{ id: 'untitled', title: 'untitled', category: 'video' },
	]);
});

it.each([undefined, null, 'text', [], {}, { models: 'none' }])('finds no model in %j', (answer) => {
	expect(modelsFromIndex(answer)).toEqual([]);
});

it('adds listed models that are missing by name only, once, and keeps the rest', () => {
	const indexed = modelsFromIndex({
		models: [
			entry,
			entry,
			{ ...entry, model_id: 'nano-banana', category: 'image', title: 'Other' },
		],
	});
	const merged = mergeCatalogue(allModels(), indexed);
	expect(merged.slice(0, allModels().length)).toEqual(allModels());
	const added = merged.slice(allModels().length);
	expect(added).toEqual([
		{
			id: 'new-video',
			title: 'New Video',
			category: 'video',
			modes: [],
			inputs: [],
			confidence: 'name-only',
		},
	]);
	expect(formFields(added[0], undefined)).toEqual([]);
	expect(modeOptions(added[0], undefined)).toMatchObject([{ value: '' }]);
	expect(emptyFieldsNotice(added[0])).toMatch(/'Specify Input' to 'Using JSON'/);
	expect(validateInput(added[0], { prompt: 5 })).toEqual({ problems: [], warnings: [] });
});
