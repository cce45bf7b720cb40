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
 * @param now Unix time in ms
 */
export function createRecentMap<V>(limits: RecentMapLimits, now: () => number): RecentMap<V> {
	// In the order of their time.
	const entries = new Map<string, { atMs: number; value: V }>();

	function forgetTheOld(): void {
		for (const [key, { atMs }] of entries) {
			if (entries.size <= limits.maxCount && now() - atMs <= limits.maxAgeMs) return;
			entries.delete(key);
		}
	}

	return {
		get(key) {
			forgetTheOld();
			return entries.get(key)?.value;
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
