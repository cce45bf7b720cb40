import { cpuMs } from '../models/cpuMs.cts';

/** Up to this many: other programs that keep the cores busy make most of them take longer. */
const ATTEMPTS = 100;

/**
 * The least of some attempts, up to the first within the limit: what other programs and the garbage
 * collector add is not counted.
 */
function leastWithin(limitMs: number, work: () => unknown): number {
	let least = Infinity;
	for (let attempt = 0; attempt < ATTEMPTS && least >= limitMs; attempt++) {
		least = Math.min(least, cpuMs(work));
	}
	return least;
}

/** A megabyte of objects with many names, what JSON.parse takes longest for. */
const MANY_NAMES = JSON.stringify(
	Array.from({ length: 80 }, (_, object) =>
		Object.fromEntries(Array.from({ length: 1_000 }, (_name, name) => [`n${object}_${name}`, 1])),
	),
);

/** What JSON.parse takes for it on a quiet core of 2026, at most. */
const USUAL_PARSE_MS = 20;

/** Processor time for a megabyte: 50 ms, and on a slower core as much more as JSON.parse takes. */
export const MAX_CPU_MS =
	50 * Math.max(1, leastWithin(USUAL_PARSE_MS, () => JSON.parse(MANY_NAMES)) / USUAL_PARSE_MS);

/** Processor time that some work takes, within the limit in at least one of its attempts. */
export const leastCpuMs = (work: () => unknown): number => leastWithin(MAX_CPU_MS, work);
