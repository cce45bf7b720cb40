import { crc32, deflateSync } from 'node:zlib';
import { createHash } from 'node:crypto';
import { textAnswer } from './answers.cts';
import type { Answer, Body } from './answers.cts';
import { lettering } from './lettering.cts';
import type { FileType, Task } from './tasks.cts';

const MIME_TYPES: Record<FileType, string> = {
	png: 'image/png',
	jpeg: 'image/jpeg',
	webp: 'image/webp',
	mp4: 'video/mp4',
	mp3: 'audio/mpeg',
};

const LONG_SIDE_PIXELS = 256;

/** What a picture shows, and in which shape. */
interface Motif {
	/** As inputs name it, such as `16:9`; a square where there is none. */
	aspectRatio?: string;
	/** Written into the picture. */
	text?: string;
}

/** In pixels; multiples of 8, which is what JPEG is made of. */
function sizeOf({ aspectRatio }: Motif): { width: number; height: number } {
	const [, across, down] = /^(\d+):(\d+)$/.exec(aspectRatio ?? '') ?? [];
	const ratio = Number(across) / Number(down);
	if (!Number.isFinite(ratio) || ratio <= 0) {
		return { width: LONG_SIDE_PIXELS, height: LONG_SIDE_PIXELS };
	}
	const side = (share: number) => Math.max(8, Math.round((LONG_SIDE_PIXELS * share) / 8) * 8);
	return { width: side(Math.min(1, ratio)), height: side(Math.min(1, 1 / ratio)) };
}

/** A frame of silence: MPEG-1 layer III, 128 kbit/s, 44.1 kHz, 417 bytes. */
const SILENT_FRAME = Buffer.concat([Buffer.from('fffb9000', 'hex'), Buffer.alloc(413)]);

/** Of a plain 1x1 picture. */
const WEBP = Buffer.from('UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA', 'base64');

/** The beginning of an MP4: its file type, then a box of media data that the filler fills. */
const MP4_START = Buffer.concat([
	Buffer.from([0, 0, 0, 24]),
	Buffer.from('ftypisom\0\0\0\0isommp42', 'latin1'),
	Buffer.from([0, 0, 0, 0]),
	Buffer.from('mdat'),
]);

/** How many bytes a file has that no plan names: enough to look real, little enough to be quick. */
const USUAL_BYTES: Partial<Record<FileType, number>> = {
	mp4: 256 * 1024,
	mp3: 100 * SILENT_FRAME.length,
};

/**
 * The n-th file (from 1) of a task, made while it is sent, the same each time: a real picture in
 * its own colour, filled up to the planned size. `nowMs` is simulated time.
 */
export function fileAnswer(task: Task | undefined, fileName: string, nowMs: number): Answer {
	const [, number, extension] = /^(\d+)\.(\w+)$/.exec(fileName) ?? [];
	const index = Number(number);
	if (task?.final?.state !== 'success') return gone(404);
	const { files, fileType, fileBytes, fileTtlSeconds, expiredFileStatus } = task.plan;
	if (extension !== fileType || index < 1 || index > files) return gone(404);
	if (nowMs >= task.final.completeTimeMs + fileTtlSeconds * 1000) {
		return gone(expiredFileStatus ?? 403);
	}
	return {
		status: 200,
		headers: { 'content-type': MIME_TYPES[fileType] },
		body: content(fileType, `${task.taskId}/${index}`, fileBytes, motifOf(task)),
	};
}

function motifOf({ input, prompt }: Task): Motif {
	const { aspect_ratio: aspectRatio } = input as Record<string, unknown>;
	return { text: prompt, ...(typeof aspectRatio === 'string' && { aspectRatio }) };
}

/** What a CDN answers for a file that is not there, or no more. */
function gone(status: 403 | 404): Answer {
	const [code, message] =
		status === 403
			? ['AccessDenied', 'Request has expired']
			: ['NoSuchKey', 'The specified key does not exist.'];
	return textAnswer(
		status,
		`<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`,
		'application/xml',
	);
}

/** A file of that type and size; without a size, as long as the type asks for. */
export function content(fileType: FileType, seed: string, bytes?: number, motif: Motif = {}): Body {
	const start = startOf(fileType, seed, motif);
	const length = bytes ?? USUAL_BYTES[fileType] ?? start.length;
	return {
		length,
		*pieces(pieceBytes) {
			const filler = fillerOf(fileType, pieceBytes);
			for (let at = 0; at < Math.min(length, start.length); at += pieceBytes) {
				yield start.subarray(at, Math.min(at + pieceBytes, length));
			}
			for (let at = start.length; at < length; at += filler.length) {
				yield filler.subarray(0, Math.min(filler.length, length - at));
			}
		},
	};
}

function startOf(fileType: FileType, seed: string, motif: Motif): Buffer {
	const colour = createHash('sha256').update(seed).digest();
	switch (fileType) {
		case 'png':
			return png(colour, motif);
		case 'jpeg':
			return jpeg(colour, motif);
		case 'webp':
			return WEBP;
		case 'mp4':
			return MP4_START;
		case 'mp3':
			return SILENT_FRAME;
	}
}

function fillerOf(fileType: FileType, pieceBytes: number): Buffer {
	if (fileType !== 'mp3') return Buffer.alloc(pieceBytes, 0x5a);
	const frames = Math.max(1, Math.floor(pieceBytes / SILENT_FRAME.length));
	return Buffer.alloc(frames * SILENT_FRAME.length, SILENT_FRAME);
}

/** Runs from one colour to a darker one, with the text in white. */
function png(seed: Buffer, motif: Motif): Buffer {
	const { width, height } = sizeOf(motif);
	const isLetter = lettering(motif.text ?? '', width);
	const parts = [...seed.subarray(0, 3)];
	const brightest = Math.max(1, ...parts);
	const rows = Array.from({ length: height }, (_, y) => {
		const light = 255 - y / 2;
		const pixel = parts.map((part) => (part / brightest) * light);
		const pixels = Array.from({ length: width }, (__, x) =>
			isLetter(x, y) ? [255, 255, 255] : pixel,
		);
		return Buffer.from([0, ...pixels.flat()]);
	});
	const header = Buffer.alloc(13);
	header.writeUInt32BE(width, 0);
	header.writeUInt32BE(height, 4);
	// 8 bits for each of red, green and blue.
	header.set([8, 2], 8);
	return Buffer.concat([
		Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
		pngChunk('IHDR', header),
		pngChunk('IDAT', deflateSync(Buffer.concat(rows))),
		pngChunk('IEND', Buffer.alloc(0)),
	]);
}

function pngChunk(type: string, data: Buffer): Buffer {
	const typed = Buffer.concat([Buffer.from(type, 'latin1'), data]);
	const length = Buffer.alloc(4);
	length.writeUInt32BE(data.length);
	const checksum = Buffer.alloc(4);
	checksum.writeUInt32BE(crc32(typed));
	return Buffer.concat([length, typed, checksum]);
}

/**
 * One colour, baseline JPEG. Two Huffman codes do: `0` for a difference of 7 bits,
 * `10` for none. The first block has the colour, all others do not differ from it.
 */
function jpeg([blueness, redness]: Buffer, motif: Motif): Buffer {
	const { width, height } = sizeOf(motif);
	const difference = (value: number) =>
		(value > 0 ? value : value + 127).toString(2).padStart(7, '0');
	const tone = (part: number) => (part < 128 ? -64 - (part % 56) : 64 + (part % 56));
	const first = [64, tone(blueness), tone(redness)].map((value) => `0${difference(value)}0`);
	const blocks = (width / 8) * (height / 8);
	const bits = first.join('') + '100'.repeat(3 * (blocks - 1));
	const scan = (bits + '1'.repeat(7))
		.match(/.{8}/g)!
		.map((byte) => parseInt(byte, 2))
		// Within a scan 0xff begins a marker, unless a zero follows.
		.flatMap((byte) => (byte === 0xff ? [byte, 0] : [byte]));
	const segment = (marker: number, bytes: number[]) => [
		0xff,
		marker,
		(bytes.length + 2) >> 8,
		(bytes.length + 2) & 0xff,
		...bytes,
	];
	const sides = [height, width].flatMap((side) => [side >> 8, side & 0xff]);
	const codeLengths = (...counts: number[]) => [...counts, ...Array(16 - counts.length).fill(0)];
	return Buffer.from([
		...[0xff, 0xd8],
		...segment(0xe0, [...Buffer.from('JFIF\0'), 1, 1, 0, 0, 1, 0, 1, 0, 0]),
		...segment(0xdb, [0, ...Array(64).fill(8)]),
		...segment(0xc0, [8, ...sides, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0]),
		...segment(0xc4, [0x00, ...codeLengths(1, 1), 7, 0]),
		...segment(0xc4, [0x10, ...codeLengths(1), 0]),
		...segment(0xda, [3, 1, 0, 2, 0, 3, 0, 0, 63, 0]),
		...scan,
		...[0xff, 0xd9],
	]);
}
