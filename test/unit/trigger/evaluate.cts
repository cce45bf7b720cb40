/** As n8n evaluates an expression of the description that reads the parameter `events`. */
export function evaluate(expression: string, events: unknown): unknown {
	const body = expression.slice('={{'.length, -'}}'.length);
	return (new Function('$parameter', `return ${body}`) as (parameter: object) => unknown)({
		events,
	});
}
