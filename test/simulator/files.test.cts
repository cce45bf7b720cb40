import { crc32, inflateSync } from 'node:zlib';
import { request } from 'undici';
import type { ApiClient } from './apiClient.cts';
import { eventuallyHolds } from '../support/eventually.cts';
import { useSimulator, withSimulator } from './fixture.cts';
import type { Simulator, TaskPlan } from './simulator.cts';

let simulator: Simulator;
let client: ApiClient;

useSimulator({ timeScale: 1000 }, (fixture) => ({ simulator, client } = fixture));

async function fileUrls(plan: TaskPlan): Promise<string[]> {
	simulator.plan({}, { seconds: 0, ...plan });
	const taskId = await client.taskId();
	await simulator.whenIdle();
	return simulator.task(taskId).resultUrls;
}

async function download(url: string) {
	const { statusCode, headers, body } = await request(url);
	return { status: statusCode, headers, content: Buffer.from(await body.arrayBuffer()) };
}

/** The chunks of a PNG; throws where a checksum is wrong. */
function pngChunks(png: Buffer): Array<{ type: string; data: Buffer }> {
	const chunks = [];
	for (let at = 8; at < png.length; ) {
		const length = png.readUInt32BE(at);
		const typed = png.subarray(at + 4, at + 8 + length);
		if (crc32(typed) !== png.readUInt32BE(at + 8 + length)) throw new Error(`Damaged at ${at}`);
		chunks.push({ type: typed.toString('latin1', 0, 4), data: typed.subarray(4) });
		at += 12 + length;
	}
	return chunks;
}

it('makes pictures that can be decoded, each in its colour', async () => {
	const [one, two] = await fileUrls({ files: 2 });
	const { status, headers, content } = await download(one);
	expect(status).toBe(200);
	expect(headers).toMatchObject({
		'content-type': 'image/png',
		'content-length': String(content.length),
	});
	const chunks = pngChunks(content);
	expect(chunks.map(({ type }) => type)).toEqual(['IHDR', 'IDAT', 'IEND']);
	const pixels = inflateSync(chunks[1].data);
	expect(pixels).toHaveLength(256 * (1 + 256 * 3));
	expect(Math.max(...pixels.subarray(1, 4))).toBe(255);
	expect((await download(one)).content).toEqual(content);
	expect((await download(two)).content).not.toEqual(content);
});

it('makes pictures of the asked shape, with the words of the prompt', async () => {
	const draw = async (input: Record<string, unknown>) => {
		simulator.plan({}, { seconds: 0 });
		const taskId = await client.taskId({ input });
		await simulator.whenIdle();
		return (await download(simulator.task(taskId).resultUrls[0])).content;
	};
	const prompt = 'a red fox';
	const [header, { data }] = pngChunks(await draw({ prompt, aspect_ratio: '16:9' }));
	expect([header.data.readUInt32BE(0), header.data.readUInt32BE(4)]).toEqual([256, 144]);
	const pixels = inflateSync(data);
	const isWhite = (x: number, y: number) =>
		pixels
			.subarray(y * (1 + 256 * 3) + 1 + x * 3)
			.subarray(0, 3)
			.every((part) => part === 255);
	// The upper end of the A, and the space behind it.
	expect([isWhite(13, 9), isWhite(9, 9), isWhite(25, 9)]).toEqual([true, false, false]);

	const jpeg = await draw({ prompt, aspect_ratio: '9:16', output_format: 'jpeg' });
	const frame = jpeg.indexOf(Buffer.from('ffc0', 'hex'));
	expect([jpeg.readUInt16BE(frame + 5), jpeg.readUInt16BE(frame + 7)]).toEqual([256, 144]);
});

it.each([
	['png', 'image/png', /^\x89PNG\r\n/],
	['jpeg', 'image/jpeg', /^\xff\xd8\xff\xe0..JFIF/s],
	['webp', 'image/webp', /^RIFF....WEBP/s],
	['mp4', 'video/mp4', /^.{4}ftypisom/s],
	['mp3', 'audio/mpeg', /^\xff\xfb/],
] as const)('makes %s files of any size', async (fileType, contentType, magic) => {
	for (const fileBytes of [undefined, 100_000, 64, 0]) {
		const [url] = await fileUrls({ fileType, fileBytes });
		expect(url).toMatch(new RegExp(`/1\\.${fileType}$`));
		const { headers, content } = await download(url);
		expect(headers).toMatchObject({
			'content-type': contentType,
			'content-length': String(content.length),
		});
		if (fileBytes !== undefined) expect(content).toHaveLength(fileBytes);
		if (fileBytes !== 0) expect(content.toString('latin1', 0, 32)).toMatch(magic);
	}
});

it('streams a large file without holding it', async () => {
	const fileBytes = 300 * 1024 * 1024;
	const [url] = await fileUrls({ fileType: 'mp4', fileBytes });
	const before = process.memoryUsage().rss;
	let most = before;
	let received = 0;
	const { body } = await request(url);
	for await (const chunk of body) {
		received += (chunk as Buffer).length;
		most = Math.max(most, process.memoryUsage().rss);
	}
	expect(received).toBe(fileBytes);
	expect(most - before).toBeLessThan(100 * 1024 * 1024);
});

it('has no files of tasks that failed, run, or do not exist, and none beyond the last', async () => {
	const [good] = await fileUrls({});
	const [failed] = await fileUrls({ outcome: 'failed' });
	const [running] = await fileUrls({ outcome: 'never' });
	const strange = [`${simulator.url}/files/0123/1.png`, good.replace('1.png', '2.png')];
	for (const url of [failed, running, ...strange, good.replace('.png', '.mp4')]) {
		const { status, headers } = await download(url);
		expect(status).toBe(404);
		expect(headers['content-type']).toBe('application/xml');
	}
});

it.each([403, 404] as const)('answers %d for a file that has expired', async (status) => {
	const [url] = await fileUrls({ fileTtlSeconds: 0, expiredFileStatus: status });
	const gone = await download(url);
	expect(gone.status).toBe(status);
	expect(gone.content.toString()).toMatch(/^<\?xml.*<Code>\w+<\/Code>/s);
});

it('lets files expire after 24 simulated hours', async () => {
	await withSimulator({ timeScale: 400_000 }, async (fast, fastClient) => {
		const taskId = await fastClient.taskId({ input: { simulate: { seconds: 0 } } });
		await fast.whenIdle();
		const [url] = fast.task(taskId).resultUrls;
		expect(await fastClient.get(url)).toMatchObject({ status: 200 });
		await eventuallyHolds(async () =>
			expect(await fastClient.get(url)).toMatchObject({ status: 403 }),
		);
	});
});

it('breaks off, refuses and sends slowly on demand', async () => {
	const [url] = await fileUrls({ fileBytes: 1_000_000 });
	simulator.faultNext('file', [
		{ kind: 'dropAfterAccept' },
		{ kind: 'drop' },
		{ kind: 'http', status: 503 },
		{ kind: 'slow', seconds: 0.2 },
	]);
	const { statusCode, headers, body } = await request(url);
	let received = 0;
	const cut = (async () => {
		for await (const chunk of body) received += (chunk as Buffer).length;
	})();
	await expect(cut).rejects.toThrow();
	expect([statusCode, headers['content-length'], received]).toEqual([200, '1000000', 500_000]);

	await expect(download(url)).rejects.toThrow();
	expect(await download(url)).toMatchObject({ status: 503 });
	const startedAt = performance.now();
	expect((await download(url)).content).toHaveLength(1_000_000);
	expect(performance.now() - startedAt).toBeGreaterThan(180);
});
