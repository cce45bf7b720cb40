import { fileAddressProblem, inputFileProblem } from '../../../nodes/shared/media/inputFile';
import { findModel } from '../../../nodes/shared/models/catalogue';

const MEGABYTE = 1024 * 1024;
const inputOf = (model: string, name: string) => {
	const input = findModel(model)?.inputs.find((candidate) => candidate.name === name);
	if (!input) throw new Error(`${model} has no input ${name}`);
	return input;
};
const file = (name: string, mimeType: string, bytes?: number) => ({ name, mimeType, bytes });

describe('inputFileProblem', () => {
	it.each([
		['nano-banana', 'image_urls', file('a.png', 'image/png', 10 * MEGABYTE)],
		['nano-banana', 'image_urls', file('a.jpg', 'image/jpg', 1)],
		['nano-banana', 'image_urls', file('a.webp', 'image/webp', 1)],
		['nano-banana', 'image_urls', file('no size', 'image/webp')],
		['wan-2-7-image', 'image_urls', file('a.png', 'image/png', 20 * MEGABYTE)],
		['hailuo-2-3', 'image_urls', file('a.png', 'image/png', 20 * MEGABYTE)],
		['seedance-2-0', 'video_urls', file('a.webm', 'video/webm', 500 * MEGABYTE)],
		['seedance-2-0', 'audio_urls', file('a.wav', 'audio/wav', 500 * MEGABYTE)],
		['kling-3-0-std', 'video_urls', file('a.m4v', 'video/x-m4v', 1)],
	])('lets %s have %s', (model, name, given) => {
		expect(inputFileProblem(given, name, inputOf(model, name))).toBeUndefined();
	});

	it('lets inputs that nobody knows have anything', () => {
		expect(inputFileProblem(file('a.zip', 'application/zip', 1e9), 'lora_urls')).toBeUndefined();
	});

	it.each([
		[
			'nano-banana',
			'image_urls',
			file('big.png', 'image/png', 10 * MEGABYTE + 1),
			"The file 'big.png' has 10.0 MB, but 'image_urls' takes at most 10 MB a file. Make it smaller first.",
		],
		[
			'wan-2-7-image',
			'image_urls',
			file('big.png', 'image/png', 21 * MEGABYTE),
			"The file 'big.png' has 21.0 MB, but 'image_urls' takes at most 20 MB a file. Make it smaller first.",
		],
		[
			'nano-banana',
			'image_urls',
			file('a.gif', 'image/gif', 1),
			"The file 'a.gif' is of type 'image/gif', but 'image_urls' takes JPEG, PNG, WEBP. Convert it first.",
		],
		[
			'veo-3-1',
			'image_urls',
			file('a.webp', 'image/webp', 1),
			"The file 'a.webp' is of type 'image/webp', but 'image_urls' takes JPEG, PNG. Convert it first.",
		],
		[
			'kling-3-0-std',
			'video_urls',
			file('a.webm', 'video/webm', 1),
			"The file 'a.webm' is of type 'video/webm', but 'video_urls' takes MP4, MOV. Convert it first.",
		],
		[
			'seedance-2-0',
			'audio_urls',
			file('a.mp4', 'video/mp4', 1),
			"The file 'a.mp4' is of type 'video/mp4', but 'audio_urls' takes audio files. Convert it first.",
		],
	])('keeps from %s in %s what it does not take', (model, name, given, problem) => {
		expect(inputFileProblem(given, name, inputOf(model, name))).toBe(problem);
	});
});

describe('fileAddressProblem', () => {
	const problemOf = (origin: string, allowLoopback = false) =>
		fileAddressProblem(`${origin}/rest/binary-data/signed?token=secret`, 'a.png', {
			allowLoopback,
		});

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
			`the file 'a.png' from this n8n at '${origin}', which it cannot reach`,
		);
		expect(problem).toContain('Set N8N_WEBHOOK_URL (formerly WEBHOOK_URL)');
		expect(problem).not.toContain('secret');
	});

	it('refuses plain http', () => {
		expect(problemOf('http://n8n.example.com')).toMatch(
			/'http:\/\/n8n\.example\.com', which is not an https address\. Set N8N_WEBHOOK_URL/,
		);
	});
});
