import { networkFailure } from '../api/failure';
import type { ByteStream, Timing } from '../api/transport';
import type { DownloadFailure, DownloadFailureKind } from './downloadFailure';

/** A body that brings nothing for this long is given up. */
const STALL_MS = 60_000;

export interface WatchedBody {
	/** Breaks off where the body is too large, too short, or stalls. */
	stream: ByteStream;
	/** What was wrong with the body; undefined while nothing is. */
	failure(): DownloadFailure | undefined;
	/** Lets go of the connection, whatever is left to read. */
	end(): void;
}

/** Watches over a body while it is read, piece by piece, by whoever stores it. */
export function watchBody(
	source: ByteStream,
	limits: { announcedBytes?: number; maxBytes: number; timing: Timing },
): WatchedBody {
	const { announcedBytes, maxBytes, timing } = limits;
	let bytes = 0;
	let hasEnded = false;
	let failure: DownloadFailure | undefined;

	const breakOff = (kind: DownloadFailureKind, message: string): Error => {
		failure ??= { kind, message };
		return new Error(message);
	};
	source.on('error', (error) => breakOff('cutOff', networkFailure(error).message));

	const stream = source.compose<ByteStream>(async function* (chunks: AsyncIterable<Buffer>) {
		for await (const chunk of chunks) {
			bytes += chunk.length;
			if (bytes > maxBytes) throw breakOff('tooLarge', `more than ${maxBytes} bytes`);
			yield chunk;
		}
		if (announcedBytes !== undefined && bytes < announcedBytes) {
			throw breakOff('cutOff', `${bytes} of ${announcedBytes} bytes came`);
		}
	});
	// Also where nobody has begun to read it.
	stream.on('error', () => {});

	const watchForStall = async () => {
		for (let seenBytes = -1; !hasEnded && seenBytes !== bytes; ) {
			seenBytes = bytes;
			await timing.sleep(STALL_MS);
		}
		if (!hasEnded) source.destroy(breakOff('cutOff', `Nothing came for ${STALL_MS / 1000} s`));
	};
	// A cancelled run breaks off the stream by itself.
	watchForStall().catch(() => {});

	return {
		stream,
		failure: () => failure,
		end() {
			hasEnded = true;
			source.destroy();
		},
	};
}
