import { NodeConnectionTypes, type INodeOutputConfiguration } from 'n8n-workflow';

import { isTerminal, type TerminalState } from '../shared/api/schemas';

interface TriggerEvent {
	/** The state of the task; also the option's value. */
	value: TerminalState;
	/** Of the option, the output, and in the subtitle. */
	name: string;
	description: string;
	/** In the nodes panel. */
	action: string;
}

/** What can start a workflow, in the order of the outputs. */
export const EVENTS: readonly TriggerEvent[] = [
	{
		value: 'success',
		name: 'Success',
		description: 'A task finished. Its files are available in resultUrls for 24 hours.',
		action: 'On task success',
	},
	{
		value: 'failed',
		name: 'Failed',
		description: 'A task failed. See failCode and failMsg for the reason.',
		action: 'On task failure',
	},
];

/** Why a task in this state starts no workflow that selected these events; undefined if it does. */
export function ignoreReason(state: string, selected: readonly string[]): string | undefined {
	if (!isTerminal(state)) return `the state '${state}' is not final`;
	if (!selected.includes(state)) {
		return `the event '${state}' is not among those of the trigger`;
	}
	return undefined;
}

/** The outputs of a trigger that selected these events, in order. Each has its own. */
export function outputsFor(selected: readonly string[]): readonly TriggerEvent[] {
	const events = EVENTS.filter(({ value }) => selected.includes(value));
	return events.length > 0 ? events : EVENTS;
}

/** `outputsFor` as an expression: n8n evaluates it when the events change. */
export function outputsExpression(): `={{${string}}}` {
	const outputs = EVENTS.map(({ value, name }) => ({
		value,
		output: {
			type: NodeConnectionTypes.Main,
			displayName: name,
		} satisfies INodeOutputConfiguration,
	}));
	const selected = '({ value }) => ($parameter["events"] ?? []).includes(value)';
	// Two closing braces beside each other would end the expression.
	const all = JSON.stringify(outputs).replaceAll('}}', '} }');
	return `={{ ((all) => all.some(${selected}) ? all.filter(${selected}) : all)(${all}).map(({ output }) => output) }}`;
}

/** The names of the selected events. */
export function subtitleExpression(): string {
	const names = Object.fromEntries(EVENTS.map(({ value, name }) => [value, name]));
	return `={{ ($parameter["events"] ?? []).map((event) => (${JSON.stringify(names)})[event] ?? event).join(" + ") }}`;
}
