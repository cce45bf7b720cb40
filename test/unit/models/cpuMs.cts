/**
 * Processor time that some work takes, in milliseconds. Unlike the time on the clock it does not
 * grow while other programs keep the machine busy.
 */
export function cpuMs(work: () => void): number {
	const before = process.cpuUsage();
	work();
	const { user, system } = process.cpuUsage(before);
	return (user + system) / 1000;
}

/** 1 MB each: what makes a regular expression start over at every character. */
export const HOSTILE_TEXTS = [
	' ',
	'\t\n',
	',',
	', ',
	'a',
	'a ',
	'https://',
	'https://a, ',
	'data:',
	'data:a',
	'[',
	'-_',
	'1_',
	'aA',
	'.',
].map((text): [shown: string, text: string] => [
	JSON.stringify(text),
	text.repeat(1_000_000 / text.length),
]);

/** Far above what one pass over such a text takes, far below the hours of a quadratic one. */
export const LINEAR_CPU_MS = 3000;
