import {
	extensionOf,
	isTextInsteadOfFile,
	mimeTypeOf,
	plainMimeType,
} from '../../../nodes/shared/media/fileType';

describe('mimeTypeOf', () => {
	it.each([
		['image/png', 'out.png', 'image/png'],
		['IMAGE/PNG; charset=binary', 'out.png', 'image/png'],
		['image/jpg', 'out.jpg', 'image/jpeg'],
		['video/x-m4v', 'out.m4v', 'video/mp4'],
		// What the server says counts, unless it says nothing.
		['image/webp', 'out.png', 'image/webp'],
		['application/zip', 'out.png', 'application/zip'],
		['application/octet-stream', 'out.mp4', 'video/mp4'],
		['binary/octet-stream', 'track.MP3', 'audio/mpeg'],
		['', 'out.webp', 'image/webp'],
		[undefined, 'out.jpeg', 'image/jpeg'],
		[undefined, 'out.unheard-of', 'application/octet-stream'],
		[undefined, 'out', 'application/octet-stream'],
		[undefined, 'png', 'application/octet-stream'],
	])('takes %p for %s as %s', (contentType, name, expected) => {
		expect(mimeTypeOf(contentType, name)).toBe(expected);
	});
});

describe('extensionOf', () => {
	it.each([
		['image/jpeg', 'jpg'],
		['video/quicktime', 'mov'],
		['application/octet-stream', undefined],
		['constructor', undefined],
	])('of %s is %s', (type, extension) => {
		expect(extensionOf(type)).toBe(extension);
	});
});

describe('isTextInsteadOfFile', () => {
	it.each([
		['text/html; charset=utf-8', 'out.png', true],
		['application/xhtml+xml', 'out.mp4', true],
		['application/json', 'out.png', true],
		['Application/JSON; charset=utf-8', 'out.mp3', true],
		['application/problem+json', 'out.png', true],
		['application/xml', 'out.png', true],
		['text/plain', 'out.webp', true],
		['text/html', 'report.html', false],
		['text/html', 'download', true],
		['application/json', '', true],
		['application/json', 'lyrics.json', false],
		['text/plain', 'subtitles.srt', false],
		['image/svg+xml', 'download', false],
		['application/octet-stream', 'download', false],
		['image/png', 'out.png', false],
		[undefined, 'out.png', false],
	])('%p as %s: %p', (contentType, name, expected) => {
		expect(isTextInsteadOfFile(contentType, name)).toBe(expected);
	});
});

it('plainMimeType knows a type by any of its names', () => {
	expect(
		['audio/mp3', 'audio/x-wav', 'Audio/Wave', 'constructor', undefined].map(plainMimeType),
	).toEqual(['audio/mpeg', 'audio/wav', 'audio/wav', 'constructor', '']);
});
