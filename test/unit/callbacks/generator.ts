/** Values that look random and are the same in every run. */
export interface Generator {
	/** An integer from 0 to `limit - 1`. */
	below(limit: number): number;
	oneOf<T>(values: readonly T[]): T;
	/** Of 0 to `maxLength` entries. */
	listOf<T>(maxLength: number, make: () => T): T[];
}

/** A linear congruential generator, with the constants of Numerical Recipes. */
export function createGenerator(seed: number): Generator {
	let state = seed >>> 0;
	const below = (limit: number) => {
		state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
		return Math.floor((state / 2 ** 32) * limit);
	};
	return {
		below,
		oneOf: (values) => values[below(values.length)],
		listOf: (maxLength, make) => Array.from({ length: below(maxLength + 1) }, make),
	};
}
