import { networkFailure } from '../api/failure';
import type { ByteStream, Timing } from '../api/transport';
import type { DownloadFailure, DownloadFailureKind } from './downloadFailure';

/** A body has to bring as much in each period, or a server that drips bytes would hold the run. */
const STALL_MS = 60_000;
const MIN_BYTES_PER_STALL = 64 * 1024;

export interface WatchedBody {
	/** Fails where the body is too large, too short, empty, or stalls. */
	stream: ByteStream;
	/** What was wrong with the body; undefined while nothing is. */
	failure(): DownloadFailure | undefined;
	/** Closes the connection, whatever is left to read. */
	end(): void;
}

/** Watches a body while it is read, piece by piece, by whoever stores it. */
export function watchBody(
	source: ByteStream,
	limits: { announcedBytes?: number; maxBytes: number; latestMs?: number; timing: Timing },
): WatchedBody {
	const { announcedBytes, maxBytes, latestMs = Infinity, timing } = limits;
	const ended = new AbortController();
	let bytes = 0;
	let failure: DownloadFailure | undefined;

	const fail = (kind: DownloadFailureKind, message: string): Error => {
		failure ??= { kind, message };
		return new Error(message);
	};

	let stopWaiting: (error: Error) => void = () => {};
	source.on('error', (error) => stopWaiting(fail('cutOff', networkFailure(error).message)));
	// On Node 22, `compose` does not tell its generator that the source failed: it would wait for ever.
	const nextOf = async (chunks: AsyncIterator<Buffer>) =>
		await new Promise<IteratorResult<Buffer>>((resolve, reject) => {
			if (failure) reject(new Error(failure.message));
			stopWaiting = reject;
			chunks.next().then(resolve, reject);
		});

	const stream = source.compose<ByteStream>(async function* (chunks: AsyncIterable<Buffer>) {
		const iterator = chunks[Symbol.asyncIterator]();
		for (let next = await nextOf(iterator); !next.done; next = await nextOf(iterator)) {
			bytes += next.value.length;
			if (bytes > maxBytes) throw fail('tooLarge', `more than ${maxBytes} bytes`);
			yield next.value;
		}
		ended.abort();
		if (announcedBytes !== undefined && bytes < announcedBytes) {
			throw fail('cutOff', `${bytes} of ${announcedBytes} bytes came`);
		}
		if (bytes === 0) throw fail('empty', '0 bytes');
	});
	// As in download.ts: an unhandled 'error' event would end n8n.
	stream.on('error', () => {});

	const watchForStall = async () => {
		for (let bytesBefore = 0; ; bytesBefore = bytes) {
			const leftMs = Math.ceil(Math.max(0, latestMs - timing.now()));
			await timing.sleep(Math.min(STALL_MS, leftMs), ended.signal);
			if (leftMs <= STALL_MS) return source.destroy(fail('tooLate', `${bytes} bytes came`));
			if (bytes - bytesBefore < MIN_BYTES_PER_STALL) break;
		}
		const seconds = STALL_MS / 1000;
		return source.destroy(fail('cutOff', `less than ${MIN_BYTES_PER_STALL} bytes in ${seconds} s`));
	};
	// Rejects when the body has ended, and when the run is cancelled, which closes the stream by itself.
	watchForStall().catch(() => {});

	return {
		stream,
		failure: () => failure,
		end() {
			ended.abort();
			source.destroy();
		},
	};
}
