import type { DownloadFailure } from '../../../nodes/shared/media/downloadFailure';
import { explainLostDownload } from '../../../nodes/shared/media/explainLostDownload';
import type { TaskOutput } from '../../../nodes/shared/tasks/output';

const HOUR_MS = 3_600_000;
const finishedAtMs = Date.parse('2026-05-01T12:00:00Z');
const output: TaskOutput = {
	taskId: 'task-1',
	model: 'nano-banana',
	state: 'success',
	resultUrls: ['https://cdn.example.com/1.png', 'https://cdn.example.com/2.png'],
	completeTime: finishedAtMs,
	deliveredBy: 'poll',
};

const explain = (failure: DownloadFailure, hoursLater = 1) =>
	explainLostDownload(
		output,
		{ ok: false, fileNumber: 2, failure },
		finishedAtMs + hoursLater * HOUR_MS,
	);

describe('a file that could not be downloaded', () => {
	it.each<[DownloadFailure, number, RegExp]>([
		[{ kind: 'refused', message: 'HTTP 403', status: 403 }, 25, /24 hours \[HTTP 403\]$/],
		[{ kind: 'refused', message: 'HTTP 404', status: 404 }, 1, /24 hours \[HTTP 404\]$/],
		[{ kind: 'refused', message: 'HTTP 410', status: 410 }, 1, /24 hours \[HTTP 410\]$/],
		[{ kind: 'refused', message: 'HTTP 400', status: 400 }, 24, /24 hours \[HTTP 400\]$/],
	])('has expired: %j', (failure, hoursLater, end) => {
		const { message, description } = explain(failure, hoursLater);
		expect(message).toMatch(
			/^File 2 of 2 of APIXO task task-1 could not be downloaded: it has expired: APIXO keeps result files for/,
		);
		expect(message).toMatch(end);
		expect(description).toMatch(
			/^The task finished at 2026-05-01T12:00:00.000Z\. Generate it again/,
		);
	});

	it.each<[DownloadFailure, RegExp, RegExp]>([
		[
			{ kind: 'refused', message: 'HTTP 400', status: 400 },
			/its server refused it \[HTTP 400\]$/,
			/operation Download, within 24 hours/,
		],
		[
			{ kind: 'transientError', message: 'HTTP 503', status: 503 },
			/could not give it out \[HTTP 503\]$/,
			/done and paid for/,
		],
		[{ kind: 'page', message: 'The answer was a web page' }, /a web page instead$/, /paid for/],
		[
			{ kind: 'tooLarge', message: '3145728 bytes', bytes: 3145728 },
			/it has 3\.0 MB, more than 'Max File Size' allows$/,
			/^Raise 'Max File Size'/,
		],
		[
			{ kind: 'tooLarge', message: 'more than 5 bytes' },
			/it is larger than 'Max File Size' allows$/,
			/^Raise 'Max File Size'/,
		],
		[{ kind: 'cutOff', message: 'aborted' }, /broke off half-way \[aborted\]$/, /paid for/],
		[{ kind: 'network', message: 'ECONNREFUSED' }, /not be reached \[ECONNREFUSED\]$/, /paid/],
		[{ kind: 'notStored', message: 'ENOSPC' }, /n8n could not store it \[ENOSPC\]$/, /^Check the/],
		[
			{ kind: 'notWebAddress', message: 'file:///etc/passwd' },
			/'file:\/\/\/etc\/passwd' is not an http or https address$/,
			/paid for/,
		],
	])('is told with what to do: %j', (failure, message, advice) => {
		const explanation = explain(failure);
		expect(explanation.message).toMatch(message);
		expect(explanation.description).toMatch(advice);
	});

	it('names the task and every result URL, so that nothing paid for is lost', () => {
		const explanation = explain({ kind: 'network', message: 'x' });
		expect(explanation.task).toEqual({
			taskId: 'task-1',
			model: 'nano-banana',
			state: 'success',
			resultUrls: output.resultUrls,
		});
		for (const url of output.resultUrls) expect(explanation.description).toContain(url);
	});
});
