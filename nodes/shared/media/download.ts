import type { IBinaryData } from 'n8n-workflow';

import { retryAfterMs } from '../api/answers';
import { isTransientStatus, networkFailure } from '../api/failure';
import { retry } from '../api/retry';
import type { ByteStream, FileResponse, Timing, Transport } from '../api/transport';
import type { Result } from '../result';
import { GONE_STATUSES, isTransient, type DownloadFailure } from './downloadFailure';
import { fileAgeMs } from './fileAge';
import { fileNameInAnswer, fileNameInUrl, takeName } from './fileName';
import { isTextInsteadOfFile, mimeTypeOf, plainMimeType } from './fileType';
import { watchBody } from './watchedBody';

/** To the headers. */
const OPEN_TIMEOUT_MS = 60_000;
/**
 * Further attempts start for so long after the first; a `Retry-After` beyond it is cut. Where no file
 * of the run came for so long, each further one gets one attempt: a run of 500 that are downloaded 4
 * at a time would otherwise take ten hours to learn that the server is down.
 */
const RETRY_MS = 5 * 60_000;
/** A file may take so long after the end of its task to be served everywhere. */
const SETTLING_MS = 10 * 60_000;

const TOO_LATE: Result<never, DownloadFailure> = {
	ok: false,
	error: { kind: 'tooLate', message: 'no time is left' },
};

/** What the downloads of a run have come to, which they share. */
export interface DownloadHealth {
	/** Unix ms since which each attempt has failed; undefined where the last one did not. */
	failingSinceMs?: number;
}

/** What downloading needs of the world. */
export interface Downloading {
	transport: Transport;
	timing: Timing;
	/** Larger files are not downloaded. */
	maxBytes: number;
	/** When the task was completed, Unix ms as APIXO says; then its files are at most so old. */
	completeTime?: unknown;
	health: DownloadHealth;
	/** Unix ms; whatever is not downloaded by then is given up. Default: never. */
	latestMs?: number;
	/** Bounds how many files are downloaded at once. */
	inTurn: <T>(work: () => Promise<T>) => Promise<T>;
	/** Puts a stream into the binary store, and leaves nothing there where the stream fails. */
	store(stream: ByteStream, fileName: string, mimeType: string): Promise<IBinaryData>;
}

/** A file that could not be downloaded. */
export interface LostFile {
	/** Position in the list of URLs, from 1. */
	fileNumber: number;
	failure: DownloadFailure;
}

export interface IncompleteDownload {
	/** By position of the URL; undefined where the file is lost. */
	files: Array<IBinaryData | undefined>;
	/** At least one. */
	lost: LostFile[];
}

/**
 * Streams files into the binary store, in the order of their URLs. Transient failures are retried,
 * each time from the start. A lost file does not keep the others away.
 * Rejects only when the run is cancelled.
 */
export async function downloadFiles(
	urls: string[],
	downloading: Downloading,
): Promise<Result<IBinaryData[], IncompleteDownload>> {
	const taken = new Set<string>();
	const names = urls.map((url) => {
		const name = isHttpUrl(url) ? fileNameInUrl(url) : undefined;
		return name === undefined ? undefined : takeName(name, taken);
	});
	const settled = await Promise.allSettled(
		urls.map(
			async (url, index) =>
				await downloading.inTurn(async () => {
					const nameIt = (headers: FileResponse['headers']) =>
						(names[index] ??= takeName(nameByAnswer(headers, index + 1), taken));
					return await downloadFile(url, nameIt, downloading);
				}),
		),
	);
	const files: Array<IBinaryData | undefined> = [];
	const lost: LostFile[] = [];
	for (const [index, result] of settled.entries()) {
		if (result.status === 'rejected') throw result.reason;
		const download = result.value;
		files.push(download.ok ? download.value : undefined);
		if (!download.ok) lost.push({ fileNumber: index + 1, failure: download.error });
	}
	if (lost.length > 0) return { ok: false, error: { files, lost } };
	return { ok: true, value: files.filter((file) => file !== undefined) };
}

function isHttpUrl(url: string): boolean {
	return URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
}

function nameByAnswer(headers: FileResponse['headers'], fileNumber: number): string {
	const mimeType = mimeTypeOf(headers['content-type'], '');
	return fileNameInAnswer(headers['content-disposition'], mimeType, `file-${fileNumber}`);
}

async function downloadFile(
	url: string,
	nameIt: (headers: FileResponse['headers']) => string,
	downloading: Downloading,
): Promise<Result<IBinaryData, DownloadFailure>> {
	if (!isHttpUrl(url)) return { ok: false, error: { kind: 'notHttpUrl', message: url } };
	const { timing, health, latestMs = Infinity } = downloading;
	const ownDeadlineMs = Math.min(timing.now() + RETRY_MS, latestMs);
	let last: Result<IBinaryData, DownloadFailure> = TOO_LATE;
	const attempt = async () => {
		const startedMs = timing.now();
		if (startedMs >= latestMs) return last;
		const download = (last = await attemptOnce(url, nameIt, downloading));
		const isFailing = !download.ok && isTransient(download.error);
		health.failingSinceMs = isFailing ? (health.failingSinceMs ?? startedMs) : undefined;
		return download;
	};
	return await retry(attempt, {
		isRetryable: isTransient,
		deadlineMs: () => Math.min(ownDeadlineMs, (health.failingSinceMs ?? timing.now()) + RETRY_MS),
		timing,
	});
}

async function attemptOnce(
	url: string,
	nameIt: (headers: FileResponse['headers']) => string,
	downloading: Downloading,
): Promise<Result<IBinaryData, DownloadFailure>> {
	const { transport, timing, maxBytes, store, latestMs = Infinity } = downloading;
	const timeoutMs = Math.max(1, Math.ceil(Math.min(OPEN_TIMEOUT_MS, latestMs - timing.now())));
	let response: FileResponse;
	try {
		response = await transport.open(url, timeoutMs);
	} catch (error) {
		const kind = timing.now() >= latestMs ? 'tooLate' : 'network';
		return { ok: false, error: { kind, message: networkFailure(error).message } };
	}
	const { headers, stream } = response;
	// An unhandled 'error' event would end n8n, even on a stream that nobody reads.
	stream.on('error', () => {});
	const refusal = judgeHead(response, fileNameInUrl(url) ?? '', downloading);
	if (refusal) {
		stream.destroy();
		return { ok: false, error: refusal };
	}
	const name = nameIt(headers);
	const limits = { announcedBytes: announcedBytes(headers), maxBytes, latestMs, timing };
	const body = watchBody(stream, limits);
	try {
		const file = await store(body.stream, name, mimeTypeOf(headers['content-type'], name));
		return { ok: true, value: file };
	} catch (error) {
		const message = networkFailure(error).message;
		return { ok: false, error: body.failure() ?? { kind: 'notStored', message } };
	} finally {
		body.end();
	}
}

/** What status and headers tell before anything is read. */
function judgeHead(
	{ status, headers }: FileResponse,
	nameInUrl: string,
	{ timing, completeTime, maxBytes }: Downloading,
): DownloadFailure | undefined {
	if (isTransientStatus(status)) {
		const waitMs = retryAfterMs(headers['retry-after'], timing.now());
		return { kind: 'transientError', message: `HTTP ${status}`, status, retryAfterMs: waitMs };
	}
	if (status !== 200) {
		const ageMs = fileAgeMs(completeTime, timing.now());
		const isSettling = GONE_STATUSES.has(status) && ageMs !== undefined && ageMs < SETTLING_MS;
		return { kind: isSettling ? 'notYetThere' : 'refused', message: `HTTP ${status}`, status };
	}
	const contentType = headers['content-type'];
	if (isTextInsteadOfFile(contentType, nameInUrl)) {
		return { kind: 'notAFile', message: plainMimeType(contentType), status };
	}
	const bytes = announcedBytes(headers);
	if (bytes !== undefined && bytes > maxBytes) {
		return { kind: 'tooLarge', message: `${bytes} bytes`, bytes };
	}
	return undefined;
}

/** `Content-Length`; undefined where it counts other bytes than those that are read. */
function announcedBytes(headers: FileResponse['headers']): number | undefined {
	const length = headers['content-length'];
	if (length === undefined || !/^\d+$/.test(length)) return undefined;
	return (headers['content-encoding'] ?? 'identity') === 'identity' ? Number(length) : undefined;
}
