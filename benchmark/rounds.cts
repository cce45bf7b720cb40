/**
 * Several rounds, in which what is compared takes turns, so that a busy moment of the machine hits
 * all of it.
 */

/** The middle of some rounds, with the least and the greatest. */
export interface Measured {
	median: number;
	least: number;
	most: number;
}

/** What was compared, by its name: a value for each round. */
export type Rounds<T = number> = Record<string, T[]>;

export async function inTurns<T>(
	rounds: number,
	contenders: Record<string, () => Promise<T>>,
): Promise<Rounds<T>> {
	const results: Rounds<T> = {};
	for (let round = 0; round < rounds; round++) {
		const order = Object.keys(contenders);
		// What comes first may leave something to do for what comes next.
		if (round % 2 === 1) order.reverse();
		for (const name of order) (results[name] ??= []).push(await contenders[name]());
	}
	return results;
}

/** One of several values that each round measured. */
export function valuesOf<K extends string>(rounds: Rounds<Record<K, number>>, key: K): Rounds {
	return Object.fromEntries(
		Object.entries(rounds).map(([name, values]) => [name, values.map((value) => value[key])]),
	);
}

export function measured(values: number[]): Measured {
	const sorted = [...values].sort((a, b) => a - b);
	const middle = (sorted.length - 1) / 2;
	return {
		median: (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2,
		least: sorted[0],
		most: sorted[sorted.length - 1],
	};
}

/** One divided by another, round by round. */
export function ratio(rounds: Rounds, one: string, other: string): Measured {
	return measured(rounds[one].map((value, round) => value / rounds[other][round]));
}
