import { cpuMs } from '../models/cpuMs.cts';

/**
 * Processor time for a megabyte. On an idle machine nearly all of them take under 50 ms; 80,000
 * different names take four times what JSON.parse alone does. The limit is for a busy machine, and
 * still tells one pass over the text from a quadratic one, which takes minutes.
 */
export const MAX_CPU_MS = 1_000;

const ATTEMPTS = 5;

/** The least of some attempts: what other programs and the garbage collector add is not counted. */
export function leastCpuMs(work: () => unknown): number {
	let least = Infinity;
	for (let attempt = 0; attempt < ATTEMPTS && least > MAX_CPU_MS / 20; attempt++) {
		least = Math.min(least, cpuMs(work));
	}
	return least;
}
