import { ApixoTrigger } from '../../../nodes/ApixoTrigger/ApixoTrigger.node';
import codex from '../../../nodes/ApixoTrigger/ApixoTrigger.node.json';
import {
	EVENTS,
	ignoreReason,
	outputsExpression,
	outputsFor,
	subtitleExpression,
} from '../../../nodes/ApixoTrigger/events';
import { evaluate } from './evaluate.cts';

const both = ['success', 'failed'];

describe('ignoreReason', () => {
	it.each<[string, string[], RegExp | undefined]>([
		['success', both, undefined],
		['failed', both, undefined],
		['success', ['success'], undefined],
		['failed', ['failed'], undefined],
		['failed', ['success'], /event 'failed' is not among/],
		['success', ['failed'], /event 'success' is not among/],
		['success', [], /event 'success' is not among/],
		['pending', both, /'pending' is not final/],
		['processing', both, /not final/],
		['processing_r2', both, /not final/],
		['Success', both, /not final/],
		['toString', both, /not final/],
	])('%s for %j: %s', (state, events, expected) => {
		expect(ignoreReason(state, events)).toEqual(expected && expect.stringMatching(expected));
	});
});

describe.each([
	[both, ['Success', 'Failed']],
	[
		['failed', 'success'],
		['Success', 'Failed'],
	],
	[['success'], ['Success']],
	[['failed'], ['Failed']],
	[[], ['Success', 'Failed']],
])('a trigger that selected %j', (selected, names) => {
	it(`has the outputs ${names.join(', ')}`, () => {
		expect(outputsFor(selected).map(({ name }) => name)).toEqual(names);
		expect(evaluate(outputsExpression(), selected)).toEqual(
			names.map((displayName) => ({ type: 'main', displayName })),
		);
	});
});

it('survives a workflow without events', () => {
	expect(evaluate(outputsExpression(), undefined)).toHaveLength(EVENTS.length);
	expect(evaluate(subtitleExpression(), undefined)).toBe('');
});

it.each([
	[both, 'Success + Failed'],
	[['failed'], 'Failed'],
	[['new'], 'new'],
])('the subtitle of %j is %s', (selected, subtitle) => {
	expect(evaluate(subtitleExpression(), selected)).toBe(subtitle);
});

it('offers every event in its description, with all of them by default', () => {
	const { properties } = new ApixoTrigger().description;
	const events = properties.find(({ name }) => name === 'events');
	expect(events?.options).toEqual(EVENTS);
	expect(events?.default).toEqual(EVENTS.map(({ value }) => value));
});

it('is found in the nodes panel by the name of every event', () => {
	for (const { name } of EVENTS) expect(codex.alias).toContain(name.toLowerCase());
});
