import type { Explanation } from '../tasks/explain';
import type { TaskOutput } from '../tasks/output';
import type { Downloads } from './download';
import type { DownloadFailure } from './downloadFailure';

/** APIXO's page on the response format. */
const FILES_LIVE_MS = 24 * 60 * 60_000;
const BYTES_PER_MEGABYTE = 1024 * 1024;

/** What CDNs answer for a file that is no more. */
const GONE_STATUSES = new Set([403, 404, 410]);

/**
 * A finished task with a file that could not be had: names the task and all its result URLs, so
 * that nothing paid for is lost.
 */
export function explainLostDownload(
	{ taskId, model, state, resultUrls, completeTime }: TaskOutput,
	{ fileNumber, failure }: Extract<Downloads, { ok: false }>,
	nowMs: number,
): Explanation {
	const finishedAtMs = typeof completeTime === 'number' ? completeTime : undefined;
	const isOld = finishedAtMs !== undefined && nowMs - finishedAtMs >= FILES_LIVE_MS;
	const isGone = failure.kind === 'refused' && (GONE_STATUSES.has(failure.status ?? 0) || isOld);
	const reason = isGone
		? `it has expired: APIXO keeps result files for 24 hours [${failure.message}]`
		: whatHappened(failure);
	const advice = isGone ? adviceForExpired(finishedAtMs) : whatToDo(failure);
	return {
		message: `File ${fileNumber} of ${resultUrls.length} of APIXO task ${taskId} could not be downloaded: ${reason}`,
		description: [`${advice}. Result URLs of the task:`, ...resultUrls].join('\n'),
		httpCode: failure.status?.toString(),
		task: { taskId, model: String(model), state, resultUrls },
	};
}

function adviceForExpired(finishedAtMs: number | undefined): string {
	const when =
		finishedAtMs === undefined
			? ''
			: `The task finished at ${new Date(finishedAtMs).toISOString()}. `;
	return `${when}Generate it again, and turn on 'Download Results' to keep the files`;
}

function whatHappened({ kind, message, bytes }: DownloadFailure): string {
	switch (kind) {
		case 'notWebAddress':
			return `'${message}' is not an http or https address`;
		case 'refused':
			return `its server refused it [${message}]`;
		case 'transientError':
			return `its server could not give it out [${message}]`;
		case 'page':
			return 'its server sent a web page instead';
		case 'tooLarge':
			return bytes === undefined
				? "it is larger than 'Max File Size' allows"
				: `it has ${(bytes / BYTES_PER_MEGABYTE).toFixed(1)} MB, more than 'Max File Size' allows`;
		case 'cutOff':
			return `it broke off half-way [${message}]`;
		case 'network':
			return `its server could not be reached [${message}]`;
		case 'notStored':
			return `n8n could not store it [${message}]`;
	}
}

function whatToDo({ kind }: DownloadFailure): string {
	if (kind === 'tooLarge') {
		return "Raise 'Max File Size' in the options, or work with the URLs below, which live for 24 hours";
	}
	const again =
		'The task is done and paid for: fetch its files with resource Task, operation Download, within 24 hours of its end';
	return kind === 'notStored' ? `Check the space that n8n has for binary data. ${again}` : again;
}
