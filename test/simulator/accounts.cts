import type { Clock } from './clock.cts';

/** The guise in which APIXO says that the balance is too low; all three were seen. */
export type LowBalanceAs = '402' | '400' | 'failCode';

export interface RateLimit {
	requestsPerMinute: number;
	concurrentTasks: number;
	/** How Retry-After is given with a 429; APIXO's pages name none. */
	retryAfter: 'seconds' | 'date' | 'none';
	/** What Retry-After says instead of the truth; below 0 with `date`: a date that is past. */
	retryAfterSeconds?: number;
}

/** The figures of APIXO's ltx-2-19b page. */
export const DOCUMENTED_RATE_LIMIT: RateLimit = {
	requestsPerMinute: 10_000,
	concurrentTasks: 1_000,
	retryAfter: 'none',
};

const MINUTE_MS = 60_000;

/** An API key with its balance and what it asked for in the last simulated minute. */
export interface Account {
	key: string;
	balanceUsd: number;
	forbidden: boolean;
	requestTimesMs: number[];
}

/** The API keys that exist. */
export class Accounts {
	private readonly accounts = new Map<string, Account>();
	private readonly opening = new Map<string, { balanceUsd: number; forbidden: boolean }>();

	constructor(private readonly clock: Clock) {}

	add(key: string, balanceUsd: number, forbidden = false): void {
		this.opening.set(key, { balanceUsd, forbidden });
		this.accounts.set(key, { key, balanceUsd, forbidden, requestTimesMs: [] });
	}

	/** The account of an `Authorization: Bearer` header, if there is one. */
	find(authorization: string | undefined): Account | undefined {
		const key = /^Bearer (.+)$/.exec(authorization ?? '')?.[1];
		return key === undefined ? undefined : this.accounts.get(key);
	}

	/**
	 * Counts a request. Answers how long, in simulated seconds, until the key may ask again,
	 * or undefined where it may ask now. The minute is simulated time.
	 */
	overRate(account: Account, limit: RateLimit): number | undefined {
		const now = this.clock.nowMs();
		const times = account.requestTimesMs;
		while (times.length > 0 && times[0] <= now - MINUTE_MS) times.shift();
		if (times.length >= limit.requestsPerMinute) {
			return ((times[0] ?? now) + MINUTE_MS - now) / 1000;
		}
		times.push(now);
		return undefined;
	}

	/** Takes a price off the balance; rounded, because balances are no place for 0.1 + 0.2. */
	charge(account: Account, priceUsd: number): void {
		account.balanceUsd = Math.round((account.balanceUsd - priceUsd) * 10_000) / 10_000;
	}

	/** Gives every key its first balance back. */
	reset(): void {
		for (const [key, { balanceUsd, forbidden }] of this.opening) {
			this.add(key, balanceUsd, forbidden);
		}
	}
}
