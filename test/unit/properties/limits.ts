import { cpuMs } from '../models/cpuMs.cts';

/** Processor time for a megabyte. */
export const MAX_CPU_MS = 50;

/**
 * While other programs keep the cores busy, most take longer: JSON.parse alone takes 20 to 30 ms for
 * objects of many names.
 */
const ATTEMPTS = 100;

/**
 * The least of some attempts, up to the first within the limit: what other programs and the garbage
 * collector add is not counted.
 */
export function leastCpuMs(work: () => unknown): number {
	let least = Infinity;
	for (let attempt = 0; attempt < ATTEMPTS && least >= MAX_CPU_MS; attempt++) {
		least = Math.min(least, cpuMs(work));
	}
	return least;
}
