import { createHash } from 'node:crypto';

/** A short text that tells data from other data. */
export function fingerprint(data: unknown): string {
	return createHash('sha256').update(jsonOf(data)).digest('base64url').slice(0, 22);
}

/** An item may hold what JSON cannot: a circular object, a BigInt. */
function jsonOf(request: unknown): string {
	const ancestors: unknown[] = [];
	return JSON.stringify(request, function (this: unknown, _key, value: unknown) {
		if (typeof value === 'bigint') return String(value);
		if (typeof value !== 'object' || value === null) return value;
		while (ancestors.length > 0 && ancestors.at(-1) !== this) ancestors.pop();
		if (ancestors.includes(value)) return 'circular';
		ancestors.push(value);
		return value;
	});
}
