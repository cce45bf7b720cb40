/** As n8n evaluates an expression of the description that reads the parameter `events`. */
export function evaluate(expression: string, events: unknown): unknown {
	// n8n ends an expression at the first two closing braces, whatever they are part of.
	const [, body, rest] = /^=\{\{(.*?)\}\}(.*)$/s.exec(expression) ?? [];
	if (rest !== '') throw new Error(`n8n ends this expression before its end: ${expression}`);
	return (new Function('$parameter', `return ${body}`) as (parameter: object) => unknown)({
		events,
	});
}
