import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { IBinaryData } from 'n8n-workflow';
import type { FileResponse, Timing } from '../../../nodes/shared/api/transport';
import { type Downloading, downloadFiles } from '../../../nodes/shared/media/download';

const STALL_MS = 60_000;
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
	/** Between tries, in ms. */
	waitedMs: number[];
	/** Ends the time after which a body that brought nothing counts as stalled. */
	stall(): void;
}

/** @param script answers to the tries of each URL, in order; the last one for all further tries */
function world(
	script: Record<string, Array<Scripted | Error>>,
	{ maxBytes = 1000, ...overrides }: Partial<Downloading> = {},
): World {
	let nowMs = 0;
	const stalls: Array<() => void> = [];
	const timing: Timing = {
		now: () => nowMs,
		random: () => 0.5,
		async sleep(ms) {
			if (ms === STALL_MS) return await new Promise((resolve) => stalls.push(resolve));
			result.waitedMs.push(ms);
			nowMs += ms;
		},
	};
	const tries = new Map<string, number>();
	const notUsed = async () => await Promise.reject(new Error('Not for files'));
	const result: World = {
		stored: [],
		opened: [],
		streams: [],
		waitedMs: [],
		stall: () => stalls.splice(0).forEach((wake) => wake()),
		downloading: {
			timing,
			maxBytes,
			inTurn: async (work) => await work(),
			transport: {
				send: notUsed,
				read: notUsed,
				async open(url) {
					result.opened.push(url);
					const tried = tries.get(url) ?? 0;
					tries.set(url, tried + 1);
					const entry = script[url].at(tried) ?? script[url].at(-1) ?? {};
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

const failureOf = async ({ downloading }: World, urls = [URL_1]) => {
	const downloads = await downloadFiles(urls, downloading);
	return downloads.ok ? undefined : downloads;
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
			files: [
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
		['a network fault', new Error('socket hang up')],
		['HTTP 503', { status: 503 }],
		['HTTP 500', { status: 500 }],
		['HTTP 429', { status: 429 }],
		['a web page', { headers: { 'content-type': 'text/html' } }],
		['a body that breaks off', { body: brokenOff(new Error('aborted'), Buffer.from('fo')) }],
		['a body that ends too early', { headers: { 'content-length': '4' } }],
	])('starts again from the start after %s', async (_, fault) => {
		const files = world({ [URL_1]: [fault, {}] });
		expect(await downloadFiles([URL_1], files.downloading)).toMatchObject({ ok: true });
		expect(files.stored.map(({ bytes }) => bytes.toString())).toEqual(['fox']);
		expect(files.waitedMs).toEqual([500]);
		expect(files.streams.every(({ destroyed }) => destroyed)).toBe(true);
	});

	it('waits longer from try to try, and gives up after six', async () => {
		const files = world({ [URL_1]: [{ status: 503 }] });
		expect(await failureOf(files)).toMatchObject({ fileNumber: 1, failure: { status: 503 } });
		expect(files.opened).toHaveLength(6);
		expect(files.waitedMs).toEqual([500, 1000, 2000, 4000, 8000]);
	});

	it('honours Retry-After, up to five minutes', async () => {
		const headers = (seconds: number) => ({ 'retry-after': String(seconds) });
		const files = world({
			[URL_1]: [
				{ status: 503, headers: headers(7) },
				{ status: 429, headers: headers(86_400) },
				{ status: 503 },
			],
		});
		expect(await failureOf(files)).toMatchObject({ failure: { status: 503 } });
		expect(files.waitedMs).toEqual([7000, 293_000]);
	});

	it.each([400, 401, 403, 404, 410, 204, 206, 304])(
		'asks once where HTTP %d says no',
		async (status) => {
			const files = world({ [URL_1]: [{ status }] });
			expect(await failureOf(files)).toMatchObject({ failure: { kind: 'refused', status } });
			expect(files.opened).toHaveLength(1);
			expect(files.streams[0].destroyed).toBe(true);
		},
	);

	it('refuses a file that says it is too large, without reading it', async () => {
		const body = Readable.from([Buffer.alloc(1001)], { objectMode: false });
		const read = jest.spyOn(body, 'read');
		const files = world({ [URL_1]: [{ body, headers: { 'content-length': '1001' } }] });
		expect(await failureOf(files)).toMatchObject({ failure: { kind: 'tooLarge', bytes: 1001 } });
		expect(read).not.toHaveBeenCalled();
		expect(body.destroyed).toBe(true);
	});

	it('breaks off a file that grows too large, and does not try again', async () => {
		let pieces = 0;
		const body = Readable.from(
			(function* () {
				for (; pieces < 1000; pieces++) yield Buffer.alloc(100);
			})(),
			{ objectMode: false },
		);
		const files = world({ [URL_1]: [{ body }] });
		expect(await failureOf(files)).toMatchObject({ failure: { kind: 'tooLarge' } });
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

	it('gives up a body that brings nothing for a minute, and starts again', async () => {
		const silent = new Readable({ read() {} });
		const files = world({ [URL_1]: [{ body: silent }, {}] });
		const downloads = downloadFiles([URL_1], files.downloading);
		silent.push('f');
		await new Promise(setImmediate);
		files.stall();
		await new Promise(setImmediate);
		expect(silent.destroyed).toBe(false);
		files.stall();
		expect(await downloads).toMatchObject({ ok: true });
		expect(silent.destroyed).toBe(true);
		expect(files.opened).toHaveLength(2);
	});

	it('does not try again where the store fails, and lets go of the connection', async () => {
		const body = new Readable({ read() {} });
		const store = async () => await Promise.reject(new Error('ENOSPC: no space left'));
		const files = world({ [URL_1]: [{ body }] }, { store });
		expect(await failureOf(files)).toMatchObject({
			failure: { kind: 'notStored', message: 'ENOSPC: no space left' },
		});
		expect(files.opened).toHaveLength(1);
		expect(body.destroyed).toBe(true);
	});

	it.each(['file:///etc/passwd', 'ftp://cdn.example.com/1.png', 'data:image/png;base64,AA', 'x'])(
		'opens nothing where a URL is %s',
		async (url) => {
			const files = world({ [URL_1]: [{}] });
			expect(await failureOf(files, [URL_1, url])).toMatchObject({
				fileNumber: 2,
				failure: { kind: 'notWebAddress', message: url },
			});
			expect(files.opened).toEqual([]);
		},
	);

	it('does not begin with further files after one is lost', async () => {
		const urls = ['1', '2'].map((number) => `https://cdn.example.com/${number}.png`);
		let turn: Promise<unknown> = Promise.resolve();
		const oneByOne = async <T,>(work: () => Promise<T>) => {
			const mine = turn.then(work);
			turn = mine.catch(() => {});
			return await mine;
		};
		const files = world({ [urls[0]]: [{ status: 404 }] }, { inTurn: oneByOne });
		expect(await failureOf(files, urls)).toMatchObject({ fileNumber: 1 });
		expect(files.opened).toEqual([urls[0]]);
	});

	it('rejects when the run is cancelled while it waits for the next try', async () => {
		const files = world({ [URL_1]: [{ status: 503 }] });
		files.downloading.timing.sleep = async () => await Promise.reject(new Error('cancelled'));
		await expect(downloadFiles([URL_1], files.downloading)).rejects.toThrow('cancelled');
		expect(files.opened).toHaveLength(1);
	});
});
