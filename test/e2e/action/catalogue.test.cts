import { automaticMode } from '../../../nodes/Apixo/editor/modes';
import { allModels } from '../../../nodes/shared/models/catalogue';
import { sampleInput, wrongInputs } from '../../unit/models/sampleInput';
import { jsons, openStage, type Stage } from './support.cts';

/** Every mode of every model; one of which only the name is known, in a mode that is made up. */
const cases = allModels().flatMap((model) =>
	(model.modes.length > 0 ? model.modes : ['standard']).map((mode) => ({ model, mode })),
);

/** A node that takes model and inputs from its items, and does not wait. */
async function submitAll(stage: Stage, items: Array<{ model: string; input: object }>) {
	return await stage.run({
		items,
		onError: 'continueRegularOutput',
		parameters: {
			model: { __rl: true, mode: 'id', value: '={{ $json.model }}' },
			mode: '',
			prompt: '',
			specifyInput: 'json',
			inputJson: '={{ $json.input }}',
			completion: 'none',
			options: {},
		},
	});
}

it('submits a valid request for every model and mode, as it was given', async () => {
	const stage = await openStage();
	const items = cases.map(({ model, mode }) => ({
		model: model.id,
		input: {
			...sampleInput(model, mode),
			...(model.inputs.length === 0 && { prompt: 'a red fox' }),
		},
	}));
	const { output } = await submitAll(stage, items);
	expect(jsons(output).filter(({ error }) => error)).toEqual([]);
	const received = output.map(({ json }) => {
		const { model, input } = stage.simulator.task(json.taskId as string);
		return { model, input };
	});
	expect(received).toEqual(items);
});

it('refuses each input that is wrong by its page, by its name and before any request', async () => {
	const stage = await openStage();
	const ofPages = cases.filter(({ model }) => model.confidence === 'page');
	const wrong = ofPages.flatMap(({ model, mode }) =>
		[...wrongInputs(model, mode)]
			// A mode that is left out is not wrong where the node finds one that suits the inputs.
			.filter(([, input]) => input.mode !== undefined || automaticMode(model, input) === undefined)
			.map(([name, input]) => ({ name, model: model.id, input })),
	);
	expect(wrong.length).toBeGreaterThan(ofPages.length);
	const { output } = await submitAll(
		stage,
		wrong.map(({ model, input }) => ({ model, input })),
	);
	const unnamed = output.flatMap(({ json }, index) =>
		String(json.error).includes(`'${wrong[index].name}'`) ? [] : [{ ...wrong[index], json }],
	);
	expect(unnamed).toEqual([]);
	expect(output).toHaveLength(wrong.length);
	expect(stage.submits).toBe(0);
});
