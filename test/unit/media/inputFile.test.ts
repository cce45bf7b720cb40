import {
	givenUrlProblem,
	checkInputFile,
	fileUrlProblem,
} from '../../../nodes/shared/media/inputFile';
import { findModel } from '../../../nodes/shared/models/catalogue';
import { cpuMs, HOSTILE_TEXTS, LINEAR_CPU_MS } from '../models/cpuMs.cts';

const MEGABYTE = 1024 * 1024;
const file = (name: string, mimeType: string, bytes?: number) => ({ name, mimeType, bytes });

describe('checkInputFile', () => {
	it.each([
		['nano-banana', 'image_urls', file('a.png', 'image/png', 10 * MEGABYTE)],
		['nano-banana', 'image_urls', file('a.jpg', 'image/jpg', 1)],
		['nano-banana', 'image_urls', file('a.webp', 'image/webp', 1)],
		['nano-banana', 'image_urls', file('no size', 'image/webp')],
		['nano-banana', 'image_urls', file('from-s3.JPG', 'application/octet-stream', 1)],
		['nano-banana', 'image_urls', file('from-ftp.jpeg', '', 1)],
		['wan-2-7-image', 'image_urls', file('a.png', 'image/png', 20 * MEGABYTE)],
		['hailuo-2-3', 'image_urls', file('a.png', 'image/png', 20 * MEGABYTE)],
		['seedance-2-0', 'video_urls', file('a.webm', 'video/webm', 500 * MEGABYTE)],
		['seedance-2-0', 'audio_urls', file('a.wav', 'audio/wav', 500 * MEGABYTE)],
		['kling-3-0-std', 'video_urls', file('a.m4v', 'video/x-m4v', 1)],
		['no-such-model', 'lora_urls', file('a.zip', 'application/zip', 1e9)],
	])('%s: takes in %s without a remark %j', (model, name, given) => {
		expect(checkInputFile(given, name, findModel(model))).toEqual({});
	});

	it.each([
		[
			'nano-banana',
			'image_urls',
			file('big.png', 'image/png', 10 * MEGABYTE + 1),
			"The file 'big.png' is 10.0 MB, but 'image_urls' accepts at most 10 MB per file. Make it smaller first.",
		],
		[
			'nano-banana',
			'image_urls',
			file('a.gif', 'image/gif', 1),
			"The file 'a.gif' is of type 'image/gif', but 'image_urls' accepts JPEG, PNG, WEBP. Convert it first.",
		],
		[
			'veo-3-1',
			'image_urls',
			file('a.webp', 'image/webp', 1),
			"The file 'a.webp' is of type 'image/webp', but 'image_urls' accepts JPEG, PNG. Convert it first.",
		],
	])('%s: refuses in %s what its page rules out', (model, name, given, problem) => {
		expect(checkInputFile(given, name, findModel(model))).toEqual({ problem });
	});

	it.each([
		['no-such-model', 'image_urls', file('big.png', 'image/png', 21 * MEGABYTE)],
		['no-such-model', 'image_urls', file('a.gif', 'image/gif', 1)],
		['no-such-model', 'audio_urls', file('a.mp4', 'video/mp4', 1)],
		['seedream-4-0', 'image_urls', file('a.heic', 'image/heic', 1)],
		['wan-2-7-image', 'image_urls', file('big.png', 'image/png', 21 * MEGABYTE)],
		['kling-3-0-std', 'video_urls', file('a.webm', 'video/webm', 1)],
		['nano-banana', 'mask_image_urls', file('a.gif', 'image/gif', 1)],
		['nano-banana', 'image_urls', file('untyped', 'application/octet-stream', 1)],
	])('%s: only warns of what is not certain: in %s %j', (model, name, given) => {
		const { problem, warning } = checkInputFile(given, name, findModel(model));
		expect(problem).toBeUndefined();
		expect(warning).toMatch(
			/^The file '.*, but '.*' accepts .*\. The limits of '.*' are not certain, so the request is sent anyway\.$/,
		);
	});

	it.each(['nano-banana', 'no-such-model'])('refuses a file without content (%s)', (model) => {
		expect(checkInputFile(file('a.png', 'image/png', 0), 'image_urls', findModel(model))).toEqual({
			problem: "The file 'a.png' is empty (0 bytes). Check the node that made it.",
		});
	});

	it.each(HOSTILE_TEXTS)('takes no more than linear time for names of 1 MB of %s', (_, text) => {
		expect(
			cpuMs(() => checkInputFile(file(text, text), text, findModel('nano-banana'))),
		).toBeLessThan(LINEAR_CPU_MS);
	});
});

describe('fileUrlProblem', () => {
	const problemOf = (origin: string, allowLoopback = false) =>
		fileUrlProblem(`${origin}/rest/binary-data/signed?token=secret`, 'a.png', { allowLoopback });

	it.each([
		['https://n8n.example.com', false],
		['https://n8n.example.com:8443', true],
		['http://localhost:5678', true],
		['http://127.0.0.1:5678', true],
	])('takes %s (loopback allowed: %s)', (origin, allowLoopback) => {
		expect(problemOf(origin, allowLoopback)).toBeUndefined();
	});

	it.each([
		['http://localhost:5678', false],
		['https://127.0.0.1', false],
		['https://192.168.1.10', true],
		['http://n8n:5678', true],
		['https://n8n.local', false],
	])('refuses %s as out of reach (loopback allowed: %s)', (origin, allowLoopback) => {
		const problem = problemOf(origin, allowLoopback);
		expect(problem).toContain(
			`APIXO can't download the file 'a.png', because it can't reach n8n at '${origin}'. `,
		);
		expect(problem).toContain('Set N8N_WEBHOOK_URL (formerly WEBHOOK_URL)');
		expect(problem).not.toContain('secret');
	});

	it('refuses plain http', () => {
		expect(problemOf('http://n8n.example.com')).toMatch(
			/because n8n's URL 'http:\/\/n8n\.example\.com' isn't an HTTPS one\. Set N8N_WEBHOOK_URL/,
		);
	});
});

describe('givenUrlProblem', () => {
	const problemOf = (input: Record<string, unknown>, allowLoopback = false) =>
		givenUrlProblem(input, (name) => `the ${name}`, { allowLoopback });

	it.each<[string, Record<string, unknown>, string]>([
		['this machine', { image_urls: ['http://localhost:5678/a.png'] }, 'localhost:5678'],
		['a container', { image_urls: ['https://e.com/a.png', 'http://minio:9000/a'] }, 'minio:9000'],
		['a private address, as one text', { image_url: 'https://192.168.1.10/a.png' }, '192.168.1.10'],
		['a name that nobody has', { audio_urls: ['https://a.test/a.mp3'] }, 'a.test'],
	])('names %s', (_, input, host) => {
		const [name] = Object.keys(input);
		expect(problemOf(input)).toContain(
			`'the ${name}' names a file at '${host}', which is not on the internet`,
		);
	});

	it.each<[string, Record<string, unknown>]>([
		['public URLs', { image_urls: ['https://file.apixo.ai/a.png', 'http://example.com/a.png'] }],
		['data: URLs', { image_urls: ['data:image/png;base64,AAAA'] }],
		['what is no URL', { image_urls: ['localhost', 7, null, 'http://'], video_url: {} }],
		['other inputs', { prompt: 'http://localhost/', style: ['http://localhost/'] }],
	])('has nothing against %s', (_, input) => {
		expect(problemOf(input)).toBeUndefined();
	});

	it('lets a simulator on this machine have files there, and only there', () => {
		expect(problemOf({ image_urls: ['http://127.0.0.1:8080/a.png'] }, true)).toBeUndefined();
		expect(problemOf({ image_urls: ['http://10.0.0.1/a.png'] }, true)).toContain("'10.0.0.1'");
	});
});
