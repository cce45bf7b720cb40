/** Why a file could not be downloaded. */
export type DownloadFailureKind =
	| 'notHttpUrl'
	| 'refused'
	| 'transientError'
	| 'notYetThere'
	| 'notAFile'
	| 'empty'
	| 'tooLarge'
	| 'cutOff'
	| 'network'
	| 'tooLate'
	| 'notStored';

export interface DownloadFailure {
	kind: DownloadFailureKind;
	/** The server's status, or what network or store reported. */
	message: string;
	/** HTTP status. */
	status?: number;
	retryAfterMs?: number;
	/** From `Content-Length`, of a file that is too large. */
	bytes?: number;
}

/** What CDNs answer for a file that was deleted, or is not there yet. */
export const GONE_STATUSES: ReadonlySet<number> = new Set([403, 404, 410]);

const TRANSIENT_KINDS = new Set<DownloadFailureKind>([
	'transientError',
	'notYetThere',
	'notAFile',
	'empty',
	'cutOff',
	'network',
]);

/** Whether the download may succeed when it is attempted again, from the start. */
export function isTransient({ kind }: DownloadFailure): boolean {
	return TRANSIENT_KINDS.has(kind);
}
