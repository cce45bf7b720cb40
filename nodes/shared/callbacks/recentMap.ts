export interface RecentMapLimits {
	maxAgeMs: number;
	maxCount: number;
}

export interface RecentMap<V> {
	get(key: string): V | undefined;
	/** A key that is set anew counts as new. */
	set(key: string, value: V): void;
	delete(key: string): void;
}

/**
 * A map that forgets: what is older than the limit, and the oldest where there are too many.
 * @param now time in ms, from whatever moment
 */
export function createRecentMap<V>(limits: RecentMapLimits, now: () => number): RecentMap<V> {
	// In the order of their time.
	const entries = new Map<string, { atMs: number; value: V }>();

	const isRecent = ({ atMs }: { atMs: number }) => now() - atMs <= limits.maxAgeMs;

	function forgetTheOld(): void {
		for (const [key, entry] of entries) {
			if (entries.size <= limits.maxCount && isRecent(entry)) return;
			entries.delete(key);
		}
	}

	return {
		get(key) {
			forgetTheOld();
			const entry = entries.get(key);
			// One before it may be newer where the clock was set back.
			return entry && isRecent(entry) ? entry.value : undefined;
		},
		set(key, value) {
			entries.delete(key);
			entries.set(key, { atMs: now(), value });
			forgetTheOld();
		},
		delete(key) {
			entries.delete(key);
		},
	};
}
