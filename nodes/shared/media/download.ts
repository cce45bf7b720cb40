import type { IBinaryData } from 'n8n-workflow';

import { retryAfterMs } from '../api/answers';
import { networkFailure } from '../api/failure';
import { MAX_ATTEMPTS, retryDelayMs } from '../api/retry';
import type { ByteStream, FileResponse, Timing, Transport } from '../api/transport';
import { isTransient, type DownloadFailure } from './downloadFailure';
import { fileNameInAnswer, fileNameInUrl, takeName } from './fileName';
import { isPageInsteadOfFile, mimeTypeOf } from './fileType';
import { watchBody } from './watchedBody';

/** To the headers. */
const OPEN_TIMEOUT_MS = 60_000;
/** Tries again for so long after the first; a `Retry-After` beyond it is cut. */
const PATIENCE_MS = 5 * 60_000;

/** What downloading needs of the world. */
export interface Downloading {
	transport: Transport;
	timing: Timing;
	/** Larger files are not downloaded. */
	maxBytes: number;
	/** Bounds how many files come at once. */
	inTurn: <T>(work: () => Promise<T>) => Promise<T>;
	/** Puts a stream into the binary store, and leaves nothing where the stream breaks off. */
	store(stream: ByteStream, fileName: string, mimeType: string): Promise<IBinaryData>;
}

export type Downloads =
	| { ok: true; files: IBinaryData[] }
	| { ok: false; fileNumber: number; failure: DownloadFailure };

type Download = { ok: true; file: IBinaryData } | { ok: false; failure: DownloadFailure };

/**
 * Streams files into the binary store, in the order of their URLs. Passing faults are tried again,
 * each time from the start. The first file that cannot be had ends all (`fileNumber` from 1).
 * Rejects only when the run is cancelled.
 */
export async function downloadFiles(urls: string[], downloading: Downloading): Promise<Downloads> {
	const unusable = urls.findIndex((url) => !isWebAddress(url));
	if (unusable >= 0) {
		const failure: DownloadFailure = { kind: 'notWebAddress', message: urls[unusable] };
		return { ok: false, fileNumber: unusable + 1, failure };
	}
	const taken = new Set<string>();
	const names = urls.map((url) => {
		const name = fileNameInUrl(url);
		return name === undefined ? undefined : takeName(name, taken);
	});
	let hasFailed = false;
	const settled = await Promise.allSettled(
		urls.map(
			async (url, index) =>
				await downloading.inTurn(async () => {
					if (hasFailed) return undefined;
					const nameIt = (headers: FileResponse['headers']) =>
						(names[index] ??= takeName(nameByAnswer(headers, index + 1), taken));
					const download = await downloadFile(url, nameIt, downloading);
					hasFailed ||= !download.ok;
					return download;
				}),
		),
	);
	const files: IBinaryData[] = [];
	let failed: Downloads | undefined;
	for (const [index, result] of settled.entries()) {
		if (result.status === 'rejected') return await Promise.reject(result.reason);
		if (result.value?.ok) files.push(result.value.file);
		else if (result.value) {
			failed ??= { ok: false, fileNumber: index + 1, failure: result.value.failure };
		}
	}
	return failed ?? { ok: true, files };
}

function isWebAddress(url: string): boolean {
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
): Promise<Download> {
	const { timing } = downloading;
	const deadlineMs = timing.now() + PATIENCE_MS;
	for (let attempts = 1; ; attempts++) {
		const download = await attemptOnce(url, nameIt, downloading);
		if (download.ok || attempts >= MAX_ATTEMPTS || !isTransient(download.failure)) return download;
		const timeLeftMs = deadlineMs - timing.now();
		if (timeLeftMs <= 0) return download;
		await timing.sleep(
			retryDelayMs(attempts, timing.random(), download.failure.retryAfterMs, timeLeftMs),
		);
	}
}

async function attemptOnce(
	url: string,
	nameIt: (headers: FileResponse['headers']) => string,
	{ transport, timing, maxBytes, store }: Downloading,
): Promise<Download> {
	let response: FileResponse;
	try {
		response = await transport.open(url, OPEN_TIMEOUT_MS);
	} catch (error) {
		return { ok: false, failure: { kind: 'network', message: networkFailure(error).message } };
	}
	const { headers, stream } = response;
	// A stream that nobody reads may break off too, and an error that nobody hears ends n8n.
	stream.on('error', () => {});
	const refusal = judgeHead(response, fileNameInUrl(url) ?? '', maxBytes, timing.now());
	if (refusal) {
		stream.destroy();
		return { ok: false, failure: refusal };
	}
	const name = nameIt(headers);
	const body = watchBody(stream, { announcedBytes: announcedBytes(headers), maxBytes, timing });
	try {
		const file = await store(body.stream, name, mimeTypeOf(headers['content-type'], name));
		return { ok: true, file };
	} catch (error) {
		const message = networkFailure(error).message;
		return { ok: false, failure: body.failure() ?? { kind: 'notStored', message } };
	} finally {
		body.end();
	}
}

/** What status and headers tell before anything is read. */
function judgeHead(
	{ status, headers }: FileResponse,
	nameInUrl: string,
	maxBytes: number,
	nowMs: number,
): DownloadFailure | undefined {
	if (status === 429 || status >= 500) {
		const waitMs = retryAfterMs(headers['retry-after'], nowMs);
		return { kind: 'transientError', message: `HTTP ${status}`, status, retryAfterMs: waitMs };
	}
	if (status !== 200) return { kind: 'refused', message: `HTTP ${status}`, status };
	if (isPageInsteadOfFile(headers['content-type'], nameInUrl)) {
		return { kind: 'page', message: 'The answer was a web page', status };
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
