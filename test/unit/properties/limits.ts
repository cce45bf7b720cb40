import { cpuMs } from '../models/cpuMs.cts';

/** Processor time for a megabyte. */
const QUIET_CPU_MS = 50;
/** While four programs share each core, the same work takes up to four times as much. */
export const MAX_CPU_MS = 4 * QUIET_CPU_MS;

const ATTEMPTS = 5;

/** The least of some attempts: what other programs and the garbage collector add is not counted. */
export function leastCpuMs(work: () => unknown): number {
	let least = Infinity;
	for (let attempt = 0; attempt < ATTEMPTS && least > QUIET_CPU_MS; attempt++) {
		least = Math.min(least, cpuMs(work));
	}
	return least;
}
