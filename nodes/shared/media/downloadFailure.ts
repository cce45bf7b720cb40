/** Why a file could not be had. */
export type DownloadFailureKind =
	| 'notWebAddress'
	| 'refused'
	| 'transientError'
	| 'page'
	| 'tooLarge'
	| 'cutOff'
	| 'network'
	| 'notStored';

export interface DownloadFailure {
	kind: DownloadFailureKind;
	/** The server's status line, or what network or store said. */
	message: string;
	/** HTTP status. */
	status?: number;
	retryAfterMs?: number;
	/** From `Content-Length`, of a file that is too large. */
	bytes?: number;
}

/** May the download be tried again, from the start? */
export function isTransient({ kind }: DownloadFailure): boolean {
	return kind === 'transientError' || kind === 'page' || kind === 'cutOff' || kind === 'network';
}
