import { InputError } from '../../shared/inputError';

/**
 * Text of a parameter, undefined where there is none. An expression may give anything.
 * @throws InputError where it gave something that is no text
 */
export function textIn(label: string, value: unknown): string | undefined {
	if (value === undefined || value === null) return undefined;
	if (typeof value === 'number' || typeof value === 'boolean') return String(value);
	if (typeof value !== 'string') {
		const kind = Array.isArray(value)
			? 'a list'
			: typeof value === 'object'
				? 'an object'
				: `a ${typeof value}`;
		throw new InputError(
			`'${label}' must be text, but the expression gave ${kind}; name the field, for example {{ $json.body.text }}`,
		);
	}
	return value.trim() === '' ? undefined : value;
}
