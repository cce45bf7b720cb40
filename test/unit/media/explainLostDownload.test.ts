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

const explain = (failure: DownloadFailure, hoursLater = 1, completeTime: unknown = finishedAtMs) =>
	explainLostDownload(
		{ ...output, completeTime } as TaskOutput,
		[{ fileNumber: 2, failure }],
		finishedAtMs + hoursLater * HOUR_MS,
	);
const refused = (status: number): DownloadFailure => ({
	kind: 'refused',
	message: `HTTP ${status}`,
	status,
});

describe('a file that could not be downloaded', () => {
	it.each([
		[403, 25],
		[404, 24],
		[410, 100],
		[400, 24],
	])('has expired where HTTP %i says no after %i hours', (status, hoursLater) => {
		const { message, description } = explain(refused(status), hoursLater);
		expect(message).toBe(
			`File 2 of 2 could not be downloaded: it has expired, since APIXO keeps result files for 24 hours [HTTP ${status}] (task task-1)`,
		);
		expect(description).toMatch(
			/^The task finished at 2026-05-01T12:00:00.000Z\. Generate it again, and download/,
		);
	});

	it.each([[null], [1.7e18], [1_700_000_000], [NaN], [-1], ['yesterday']])(
		'has expired where HTTP 404 says no and completeTime is %p',
		(completeTime) => {
			const { message, description } = explain(refused(404), 1, completeTime);
			expect(message).toMatch(/it has expired/);
			expect(description).toMatch(/^Generate it again/);
		},
	);

	it.each([
		[404, 1, finishedAtMs],
		[403, 23, finishedAtMs],
		[400, 1, null],
	])('has not where HTTP %i says no after %i hours (completeTime %p)', (status, hours, time) => {
		const { message, description } = explain(refused(status), hours, time);
		expect(message).toMatch(new RegExp(`the server refused it \\[HTTP ${status}\\] \\(task`));
		expect(description).toMatch(/operation Download, within 24 hours/);
		expect(description).not.toMatch(/Generate it again|Download Results/);
	});

	it.each<[DownloadFailure, RegExp, RegExp]>([
		[
			{ kind: 'transientError', message: 'HTTP 503', status: 503 },
			/couldn't deliver it \[HTTP 503\]$/,
			/done and paid for/,
		],
		[
			{ kind: 'notYetThere', message: 'HTTP 404', status: 404 },
			/doesn't have it yet \[HTTP 404\]$/,
			/operation Download/,
		],
		[
			{ kind: 'notAFile', message: 'text/html' },
			/sent a page or a message instead \[text\/html\]$/,
			/paid for/,
		],
		[{ kind: 'empty', message: '0 bytes' }, /sent an empty file \[0 bytes\]$/, /paid for/],
		[
			{ kind: 'tooLarge', message: '3145728 bytes', bytes: 3145728 },
			/it is 3\.0 MB, more than 'Max File Size' allows$/,
			/^Raise 'Max File Size'/,
		],
		[
			{ kind: 'tooLarge', message: 'more than 5 bytes' },
			/it is larger than 'Max File Size' allows$/,
			/^Raise 'Max File Size'/,
		],
		[{ kind: 'cutOff', message: 'aborted' }, /was interrupted \[aborted\]$/, /paid for/],
		[{ kind: 'network', message: 'ECONNREFUSED' }, /couldn't be reached \[ECONNREFUSED\]$/, /paid/],
		[{ kind: 'notStored', message: 'ENOSPC' }, /n8n couldn't store it \[ENOSPC\]$/, /^Check the/],
		[
			{ kind: 'notHttpUrl', message: 'file:///etc/passwd' },
			/'file:\/\/\/etc\/passwd' is not an HTTP or HTTPS URL$/,
			/paid for/,
		],
	])('is told with what to do: %j', (failure, message, advice) => {
		const explanation = explain(failure);
		const [cause] = explanation.message.split(' (task task-1)');
		expect(cause).toMatch(message);
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

	it('is named with the others that are lost', () => {
		const lost = [1, 2].map((fileNumber) => ({ fileNumber, failure: refused(404) }));
		expect(explainLostDownload(output, lost, finishedAtMs).message).toMatch(
			/^Files 1, 2 of 2 could not be downloaded\. File 1: the server refused it .*\(task task-1\)$/,
		);
	});
});
