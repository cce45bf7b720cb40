/** What a request is counted under. */
export type Endpoint = 'generateTask' | 'statusTask' | 'balance' | 'schemaIndex' | 'file' | 'other';

/** A request as it came, and what it was answered. */
export interface RecordedRequest {
	endpoint: Endpoint;
	method: string;
	path: string;
	query: Record<string, unknown>;
	headers: Record<string, unknown>;
	/** The parsed body; cut to text where it is over 64 kB; undefined where it could not be read. */
	body?: unknown;
	model?: string;
	taskId?: string;
	/** Real time, Unix ms. */
	atMs: number;
	/** Simulated seconds since the simulator was started. */
	atSimSeconds: number;
	/** The HTTP status answered; undefined where the client got no answer. */
	status?: number;
	/** The kind of fault that was applied. */
	fault?: string;
	/** Real time, Unix ms, at which the client closed the connection without the whole answer. */
	clientLeftAtMs?: number;
}

export interface RequestFilter {
	endpoint?: Endpoint;
	taskId?: string;
	model?: string;
}

const MOST_REQUESTS = 20_000;
const LARGEST_BODY_BYTES = 64 * 1024;

/** Keeps the newest 20,000 requests, and counts all. */
export class RequestLog {
	private records: RecordedRequest[] = [];
	private totals = noRequests();

	add(record: RecordedRequest): void {
		this.records.push(record);
		this.totals[record.endpoint] += 1;
		if (this.records.length > MOST_REQUESTS) this.records.shift();
	}

	list(filter: RequestFilter = {}): RecordedRequest[] {
		return this.records.filter(
			({ endpoint, taskId, model }) =>
				(filter.endpoint === undefined || filter.endpoint === endpoint) &&
				(filter.taskId === undefined || filter.taskId === taskId) &&
				(filter.model === undefined || filter.model === model),
		);
	}

	counts(): Record<Endpoint, number> {
		return { ...this.totals };
	}

	clear(): void {
		this.records = [];
		this.totals = noRequests();
	}
}

function noRequests(): Record<Endpoint, number> {
	return { generateTask: 0, statusTask: 0, balance: 0, schemaIndex: 0, file: 0, other: 0 };
}

/** The value itself, or the beginning of its JSON where that is over 64 kB. */
export function recordable(value: unknown): unknown {
	const json = JSON.stringify(value) ?? '';
	if (json.length <= LARGEST_BODY_BYTES) return value;
	return `${json.slice(0, LARGEST_BODY_BYTES)}… (${json.length} characters in all)`;
}
