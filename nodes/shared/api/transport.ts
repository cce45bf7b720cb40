import type { BinaryHelperFunctions } from 'n8n-workflow';

/** A byte stream as n8n's binary store takes it (Node's `Readable`, named without importing it). */
export type ByteStream = Exclude<Parameters<BinaryHelperFunctions['prepareBinaryData']>[0], Buffer>;

export interface HttpRequest {
	method: 'GET' | 'POST';
	url: string;
	/** JSON text. */
	body?: string;
	/** Hard limit from sending to the last byte of the answer. */
	timeoutMs: number;
	/** How long the request may still take after the run is cancelled. */
	cancelGraceMs: number;
}

export interface HttpResponse {
	status: number;
	/** Names in lower case. */
	headers: Record<string, string | undefined>;
	body: string;
}

export interface FileResponse {
	status: number;
	headers: Record<string, string | undefined>;
	stream: ByteStream;
}

/**
 * The only way out to the network: n8n's helpers inside n8n, undici outside.
 * Every HTTP status is an answer; a rejection means that no complete answer came.
 */
export interface Transport {
	/** Sends with the APIXO key, follows no redirect. */
	send(request: HttpRequest): Promise<HttpResponse>;
	/** Reads a public document without the key, follows redirects. `timeoutMs` as in `HttpRequest`. */
	read(url: string, timeoutMs: number): Promise<HttpResponse>;
	/**
	 * Opens a public file without the key, follows redirects. `timeoutMs` is a hard limit up to the
	 * headers; the stream breaks off when the run is cancelled.
	 */
	open(url: string, timeoutMs: number): Promise<FileResponse>;
}

/** Time and chance, so that every wait runs in tests without waiting. */
export interface Timing {
	/** Unix time in ms. */
	now(): number;
	/** Rejects when the run is cancelled, before or meanwhile, and when `signal` aborts. */
	sleep(ms: number, signal?: AbortSignal): Promise<void>;
	/** In [0, 1). */
	random(): number;
	/** Whether the run was cancelled: then nothing may be submitted. */
	isCancelled(): boolean;
}
