import { EXECUTION_TIMEOUT, type Explanation } from '../tasks/explain';
import type { TaskOutput } from '../tasks/output';
import { BYTES_PER_MEGABYTE } from '../units';
import type { LostFile } from './download';
import { GONE_STATUSES, type DownloadFailure } from './downloadFailure';
import { fileAgeMs } from './fileAge';

/** APIXO's page on the response format. */
const FILES_LIVE_MS = 24 * 60 * 60_000;

/**
 * A finished task with files that could not be downloaded: names the task and all its result URLs,
 * so that nothing paid for is lost.
 * @param lost at least one; the first gives the reason
 */
export function explainLostDownload(
	{ taskId, model, state, resultUrls, completeTime }: TaskOutput,
	lost: LostFile[],
	nowMs: number,
): Explanation {
	const [{ failure }] = lost;
	const ageMs = fileAgeMs(completeTime, nowMs);
	const isExpired = hasExpired(failure, ageMs);
	const reason = isExpired
		? `it has expired, since APIXO keeps result files for 24 hours [${failure.message}]`
		: whatHappened(failure);
	const advice = isExpired ? adviceForExpired(nowMs, ageMs) : whatToDo(failure);
	const numbers = lost.map(({ fileNumber }) => fileNumber);
	const which = `${numbers.join(', ')} of ${resultUrls.length} could not be downloaded`;
	const what = numbers.length === 1 ? `File ${which}` : `Files ${which}. File ${numbers[0]}`;
	return {
		message: `${what}: ${reason} (task ${taskId})`,
		description: [`${advice}. Result URLs of the task:`, ...resultUrls].join('\n'),
		httpCode: failure.status?.toString(),
		task: { taskId, model: String(model), state, resultUrls },
	};
}

/** Without a known age a missing file has probably expired; a refusal of a young one is another matter. */
function hasExpired({ kind, status }: DownloadFailure, ageMs: number | undefined): boolean {
	if (kind !== 'refused' || status === undefined) return false;
	return ageMs === undefined ? GONE_STATUSES.has(status) : ageMs >= FILES_LIVE_MS;
}

function adviceForExpired(nowMs: number, ageMs: number | undefined): string {
	const again = 'Generate it again, and download its files within 24 hours';
	if (ageMs === undefined) return again;
	return `The task finished at ${new Date(nowMs - ageMs).toISOString()}. ${again}`;
}

function whatHappened({ kind, message, bytes }: DownloadFailure): string {
	switch (kind) {
		case 'notHttpUrl':
			return `'${message}' is not an HTTP or HTTPS URL`;
		case 'refused':
			return `the server refused it [${message}]`;
		case 'transientError':
			return `the server couldn't deliver it [${message}]`;
		case 'notYetThere':
			return `the server doesn't have it yet [${message}]`;
		case 'notAFile':
			return `the server sent a page or a message instead [${message}]`;
		case 'empty':
			return `the server sent an empty file [${message}]`;
		case 'tooLarge':
			return bytes === undefined
				? "it is larger than 'Max File Size' allows"
				: `it is ${(bytes / BYTES_PER_MEGABYTE).toFixed(1)} MB, more than 'Max File Size' allows`;
		case 'cutOff':
			return `the download was interrupted [${message}]`;
		case 'network':
			return `the server couldn't be reached [${message}]`;
		case 'tooLate':
			return `n8n is about to end the execution [${message}]`;
		case 'notStored':
			return `n8n couldn't store it [${message}]`;
	}
}

function whatToDo({ kind }: DownloadFailure): string {
	if (kind === 'tooLarge') {
		return "Raise 'Max File Size' in the options, or work with the URLs below, which expire 24 hours after the end of the task";
	}
	const again =
		'The task is done and paid for. To get its files, use resource Task, operation Download, within 24 hours of its end';
	if (kind === 'tooLate') {
		return `Raise ${EXECUTION_TIMEOUT}. ${again}`;
	}
	return kind === 'notStored' ? `Check the space that n8n has for binary data. ${again}` : again;
}
