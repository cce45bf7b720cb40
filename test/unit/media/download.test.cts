import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { IBinaryData } from 'n8n-workflow';
import type { FileResponse, Timing } from '../../../nodes/shared/api/transport';
import { createSlots } from '../../../nodes/shared/tasks/concurrency';
import { type Downloading, downloadFiles } from '../../../nodes/shared/media/download';

const NOW_MS = Date.parse('2026-05-01T12:00:00Z');
const URL_1 = 'https://cdn.example.com/output/1.png';

/** A file, or what goes wrong with it. */
type Scripted = Partial<Omit<FileResponse, 'stream'>> & { body?: Buffer | Readable };

function fileOf(script: Scripted): FileResponse {
	const { body = Buffer.from('fox') } = script;
	const stream = Buffer.isBuffer(body) ? Readable.from([body], { objectMode: false }) : body;
	return {
		status: 200,
		...script,
		headers: { 'content-type': 'image/png', ...script.headers },
		stream,
	};
}

function brokenOff(error: Error, ...pieces: Buffer[]): Readable {
	return Readable.from(
		(async function* () {
			yield* pieces;
			throw error;
		})(),
		{ objectMode: false },
	);
}

interface World {
	downloading: Downloading;
	stored: Array<{ fileName: string; mimeType: string; bytes: Buffer }>;
	opened: string[];
	streams: Readable[];
	/** Between attempts, in ms. */
	waitedMs: number[];
	/** Ends the period in which a body has to bring something. */
	endPeriod(): void;
}

/** @param script answers to the attempts at each URL, in order; the last one for all further ones */
function world(
	script: Record<string, Array<Scripted | Error>>,
	{ maxBytes = 1000, ...overrides }: Partial<Downloading> = {},
): World {
	let nowMs = NOW_MS;
	const periods: Array<() => void> = [];
	const timing: Timing = {
		now: () => nowMs,
		random: () => 0.5,
		isCancelled: () => false,
		async sleep(ms, signal) {
			if (signal) return await new Promise((resolve) => periods.push(resolve));
			result.waitedMs.push(ms);
			nowMs += ms;
		},
	};
	const attempts = new Map<string, number>();
	const notUsed = async () => await Promise.reject(new Error('Not for files'));
	const result: World = {
		stored: [],
		opened: [],
		streams: [],
		waitedMs: [],
		endPeriod: () => periods.splice(0).forEach((wake) => wake()),
		downloading: {
			timing,
			maxBytes,
			health: {},
			inTurn: async (work) => await work(),
			transport: {
				send: notUsed,
				read: notUsed,
				async open(url) {
					result.opened.push(url);
					const done = attempts.get(url) ?? 0;
					attempts.set(url, done + 1);
					const entry = script[url].at(done) ?? script[url].at(-1) ?? {};
					if (entry instanceof Error) throw entry;
					const file = fileOf(entry);
					result.streams.push(file.stream as Readable);
					return file;
				},
			},
			async store(stream, fileName, mimeType) {
				const bytes = await buffer(stream);
				result.stored.push({ fileName, mimeType, bytes });
				return { data: bytes.toString('base64'), fileName, mimeType } satisfies IBinaryData;
			},
			...overrides,
		},
	};
	return result;
}

/** The first file that is lost. */
const lossOf = async ({ downloading }: World, urls = [URL_1]) => {
	const downloads = await downloadFiles(urls, downloading);
	return downloads.ok ? undefined : downloads.error.lost[0];
};

describe('downloadFiles', () => {
	it('stores files in the order of their URLs, with name and type', async () => {
		const urls = [1, 2, 3].map((number) => `https://cdn.example.com/${number}/out.png`);
		const late = new Readable({ read() {} });
		const files = world({
			[urls[0]]: [{ body: late }],
			[urls[1]]: [{ body: Buffer.from('second'), headers: { 'content-type': 'image/webp' } }],
			[urls[2]]: [{ body: Buffer.from('third') }],
		});
		const downloads = downloadFiles(urls, files.downloading);
		while (files.stored.length < 2) await new Promise(setImmediate);
		late.push('first');
		late.push(null);
		expect(await downloads).toMatchObject({
			ok: true,
			value: [
				{ fileName: 'out.png', mimeType: 'image/png', data: btoa('first') },
				{ fileName: 'out-2.png', mimeType: 'image/webp', data: btoa('second') },
				{ fileName: 'out-3.png', mimeType: 'image/png', data: btoa('third') },
			],
		});
	});

	it('takes the name from the answer where the URL has none', async () => {
		const urls = ['https://cdn.example.com/get?id=1', 'https://cdn.example.com/get?id=2'];
		const files = world({
			[urls[0]]: [{ headers: { 'content-disposition': 'attachment; filename="fox.png"' } }],
			[urls[1]]: [
				{ status: 503, headers: { 'content-type': 'application/json' } },
				{ headers: { 'content-type': 'audio/mpeg' } },
			],
		});
		await downloadFiles(urls, files.downloading);
		expect(files.stored.map(({ fileName }) => fileName)).toEqual(['fox.png', 'file-2.mp3']);
	});

	it.each<[string, Scripted | Error]>([
		['a network error', new Error('socket hang up')],
		['HTTP 503', { status: 503 }],
		['HTTP 500', { status: 500 }],
		['HTTP 530', { status: 530 }],
		['HTTP 429', { status: 429 }],
		['HTTP 408', { status: 408 }],
		['HTTP 425', { status: 425 }],
		['a web page', { headers: { 'content-type': 'text/html' } }],
		['an error in JSON', { headers: { 'content-type': 'application/json' } }],
		['a file of 0 bytes', { body: Buffer.alloc(0) }],
		[
			'a file that says it has 0 bytes',
			{ body: Buffer.alloc(0), headers: { 'content-length': '0' } },
		],
		['a body that breaks off', { body: brokenOff(new Error('aborted'), Buffer.from('fo')) }],
		['a body that ends too early', { headers: { 'content-length': '4' } }],
	])('starts again from the start after %s', async (_, first) => {
		const files = world({ [URL_1]: [first, {}] });
		expect(await downloadFiles([URL_1], files.downloading)).toMatchObject({ ok: true });
		expect(files.stored.map(({ bytes }) => bytes.toString())).toEqual(['fox']);
		expect(files.waitedMs).toEqual([1_000]);
		expect(files.streams.every(({ destroyed }) => destroyed)).toBe(true);
	});

	it('waits longer from attempt to attempt, and gives up after five minutes', async () => {
		const files = world({ [URL_1]: [{ status: 503 }] });
		expect(await lossOf(files)).toMatchObject({ fileNumber: 1, failure: { status: 503 } });
		expect(files.waitedMs.slice(0, 5)).toEqual([1_000, 1_500, 2_500, 4_500, 8_500]);
		expect(files.waitedMs.reduce((sum, ms) => sum + ms)).toBe(300_000);
	});

	it('gives up on many after five minutes in all, where not one of them comes', async () => {
		const urls = Array.from({ length: 30 }, (_, index) => `https://cdn.example.com/${index}.png`);
		const files = world(Object.fromEntries(urls.map((url) => [url, [{ status: 503 }]])), {
			inTurn: createSlots(1),
		});
		expect(await downloadFiles(urls, files.downloading)).toMatchObject({
			ok: false,
			error: { lost: urls.map((_, index) => ({ fileNumber: index + 1 })) },
		});
		expect(files.waitedMs.reduce((sum, ms) => sum + ms)).toBe(300_000);
		expect(files.opened.filter((url) => url !== urls[0])).toEqual(urls.slice(1));
	});

	it('tries each for five minutes where others come', async () => {
		const urls = ['lost', 'there', 'late'].map((name) => `https://cdn.example.com/${name}.png`);
		const [lost, there, late] = urls;
		const files = world(
			{ [lost]: [{ status: 503 }], [there]: [{}], [late]: [{ status: 503 }, {}] },
			{ inTurn: createSlots(1) },
		);
		expect(await downloadFiles(urls, files.downloading)).toMatchObject({
			ok: false,
			error: { lost: [{ fileNumber: 1 }] },
		});
	});

	it('honours Retry-After, up to five minutes', async () => {
		const headers = (seconds: number) => ({ 'retry-after': String(seconds) });
		const files = world({
			[URL_1]: [
				{ status: 503, headers: headers(7) },
				{ status: 429, headers: headers(1_800) },
				{ status: 503 },
			],
		});
		expect(await lossOf(files)).toMatchObject({ failure: { status: 503 } });
		expect(files.waitedMs).toEqual([7_500, 292_500]);
	});

	const MINUTE_MS = 60_000;
	it.each([
		[403, 0],
		[404, 1],
		[410, 9],
		// The clocks of APIXO and n8n differ.
		[404, -30],
	])('waits for a file that answers %d when its task ended %d minutes ago', async (status, age) => {
		const files = world({ [URL_1]: [{ status }, {}] }, { completeTime: NOW_MS - age * MINUTE_MS });
		expect(await downloadFiles([URL_1], files.downloading)).toMatchObject({ ok: true });
	});

	it('loses a file that is still not there after five minutes', async () => {
		const files = world({ [URL_1]: [{ status: 404 }] }, { completeTime: NOW_MS });
		expect(await lossOf(files)).toMatchObject({ failure: { kind: 'notYetThere', status: 404 } });
		expect(files.downloading.timing.now()).toBe(NOW_MS + 300_000);
	});

	it.each([
		[404, NOW_MS - 11 * MINUTE_MS],
		[400, NOW_MS],
		[404, 1.7e18],
		[404, NaN],
		[404, -1],
		[404, 1_700_000_000],
		[404, '1700000000000'],
		[404, undefined],
	])('asks once where HTTP %d says no and completeTime is %p', async (status, completeTime) => {
		const files = world({ [URL_1]: [{ status }] }, { completeTime });
		expect(await lossOf(files)).toMatchObject({ failure: { kind: 'refused', status } });
		expect(files.opened).toHaveLength(1);
	});

	it.each([400, 401, 403, 404, 410, 204, 206, 304])(
		'asks once where HTTP %d says no',
		async (status) => {
			const files = world({ [URL_1]: [{ status }] });
			expect(await lossOf(files)).toMatchObject({ failure: { kind: 'refused', status } });
			expect(files.opened).toHaveLength(1);
			expect(files.streams[0].destroyed).toBe(true);
		},
	);

	it('refuses a file that says it is too large, without reading it', async () => {
		const body = Readable.from([Buffer.alloc(1001)], { objectMode: false });
		const read = jest.spyOn(body, 'read');
		const files = world({ [URL_1]: [{ body, headers: { 'content-length': '1001' } }] });
		expect(await lossOf(files)).toMatchObject({ failure: { kind: 'tooLarge', bytes: 1001 } });
		expect(read).not.toHaveBeenCalled();
		expect(body.destroyed).toBe(true);
	});

	it('breaks off a file that grows too large, and makes no further attempt', async () => {
		let pieces = 0;
		const body = Readable.from(
			(function* () {
				for (; pieces < 1000; pieces++) yield Buffer.alloc(100);
			})(),
			{ objectMode: false },
		);
		const files = world({ [URL_1]: [{ body }] });
		expect(await lossOf(files)).toMatchObject({ failure: { kind: 'tooLarge' } });
		expect(pieces).toBeLessThan(1000);
		expect(files.opened).toHaveLength(1);
		expect(files.stored).toEqual([]);
		expect(body.destroyed).toBe(true);
	});

	it('takes a file of exactly the size that is allowed', async () => {
		const files = world({ [URL_1]: [{ body: Buffer.alloc(1000) }] });
		expect(await downloadFiles([URL_1], files.downloading)).toMatchObject({ ok: true });
	});

	it('does not hold a length against a body that was compressed on the way', async () => {
		const headers = { 'content-length': '2000', 'content-encoding': 'gzip' };
		const files = world({ [URL_1]: [{ headers }] });
		expect(await downloadFiles([URL_1], files.downloading)).toMatchObject({ ok: true });
	});

	it.each([
		['nothing', 0],
		['a drip', 1_000],
	])('breaks off a body that brings %s in a minute, and starts again', async (_, bytes) => {
		const stalled = new Readable({ read() {} });
		const files = world({ [URL_1]: [{ body: stalled }, {}] }, { maxBytes: 1_000_000 });
		const downloads = downloadFiles([URL_1], files.downloading);
		stalled.push(Buffer.alloc(100_000));
		await new Promise(setImmediate);
		files.endPeriod();
		stalled.push(Buffer.alloc(bytes));
		await new Promise(setImmediate);
		expect(stalled.destroyed).toBe(false);
		files.endPeriod();
		expect(await downloads).toMatchObject({ ok: true });
		expect(stalled.destroyed).toBe(true);
		expect(files.opened).toHaveLength(2);
	});

	it('makes no further attempt where the store fails, and closes the connection', async () => {
		const body = new Readable({ read() {} });
		const store = async () => await Promise.reject(new Error('ENOSPC: no space left'));
		const files = world({ [URL_1]: [{ body }] }, { store });
		expect(await lossOf(files)).toMatchObject({
			failure: { kind: 'notStored', message: 'ENOSPC: no space left' },
		});
		expect(files.opened).toHaveLength(1);
		expect(body.destroyed).toBe(true);
	});

	it.each(['file:///etc/passwd', 'ftp://cdn.example.com/1.png', 'data:image/png;base64,AA', 'x'])(
		'does not open %s',
		async (url) => {
			const files = world({ [URL_1]: [{}] });
			expect(await lossOf(files, [URL_1, url])).toEqual({
				fileNumber: 2,
				failure: { kind: 'notHttpUrl', message: url },
			});
			expect(files.opened).toEqual([URL_1]);
		},
	);

	it('keeps the files that came where others are lost', async () => {
		const urls = [1, 2, 3].map((number) => `https://cdn.example.com/${number}.png`);
		const files = world({
			[urls[0]]: [{ status: 404 }],
			[urls[1]]: [{}],
			[urls[2]]: [{ headers: { 'content-length': '1001' } }],
		});
		expect(await downloadFiles(urls, files.downloading)).toMatchObject({
			ok: false,
			error: {
				files: [undefined, { fileName: '2.png' }, undefined],
				lost: [
					{ fileNumber: 1, failure: { kind: 'refused' } },
					{ fileNumber: 3, failure: { kind: 'tooLarge' } },
				],
			},
		});
	});

	it('attempts nothing after the latest moment, and tells what the last attempt met', async () => {
		const files = world({ [URL_1]: [{ status: 503 }] }, { latestMs: NOW_MS + 4_000 });
		expect(await lossOf(files)).toMatchObject({ failure: { kind: 'transientError' } });
		expect(files.waitedMs.reduce((sum, ms) => sum + ms)).toBe(4_000);
		const openedBefore = files.opened.length;
		expect(await lossOf(files)).toMatchObject({ failure: { kind: 'tooLate' } });
		expect(files.opened).toHaveLength(openedBefore);
	});

	it('breaks off a body that is still under way at the latest moment', async () => {
		const files = world({ [URL_1]: [{ body: new Readable({ read() {} }) }] });
		const latestMs = NOW_MS + 4_000;
		const loss = lossOf({ ...files, downloading: { ...files.downloading, latestMs } });
		while (files.streams.length === 0) await new Promise(setImmediate);
		await files.downloading.timing.sleep(4_000);
		files.endPeriod();
		expect(await loss).toMatchObject({ failure: { kind: 'tooLate', message: '0 bytes came' } });
		expect(files.streams[0].destroyed).toBe(true);
	});

	it('rejects when the run is cancelled while it waits for the next attempt', async () => {
		const files = world({ [URL_1]: [{ status: 503 }] });
		files.downloading.timing.sleep = async () => await Promise.reject(new Error('cancelled'));
		await expect(downloadFiles([URL_1], files.downloading)).rejects.toThrow('cancelled');
		expect(files.opened).toHaveLength(1);
	});
});
