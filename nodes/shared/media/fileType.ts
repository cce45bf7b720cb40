/** What APIXO's models make and take, and related types. The first extension is preferred. */
const EXTENSIONS: Record<string, string[]> = {
	'image/png': ['png'],
	'image/jpeg': ['jpg', 'jpeg'],
	'image/webp': ['webp'],
	'image/gif': ['gif'],
	'image/avif': ['avif'],
	'video/mp4': ['mp4', 'm4v'],
	'video/webm': ['webm'],
	'video/quicktime': ['mov'],
	'audio/mpeg': ['mp3'],
	'audio/wav': ['wav'],
	'audio/ogg': ['ogg'],
	'audio/flac': ['flac'],
	'audio/mp4': ['m4a'],
	'audio/aac': ['aac'],
};

/** Other names of these types, as some servers and programs write them. */
const ALIASES = new Map([
	['image/jpg', 'image/jpeg'],
	['image/pjpeg', 'image/jpeg'],
	['audio/mp3', 'audio/mpeg'],
	['audio/x-wav', 'audio/wav'],
	['audio/wave', 'audio/wav'],
	['audio/x-m4a', 'audio/mp4'],
	['video/x-m4v', 'video/mp4'],
]);

/** What servers say of files whose type they do not know. */
const UNKNOWN = 'application/octet-stream';
const SAYS_NOTHING = new Set(['', UNKNOWN, 'binary/octet-stream', 'application/x-download']);

/** A media type in lower case, without parameters and under its usual name. */
export function plainMimeType(contentType: string | undefined): string {
	const type = (contentType ?? '').split(';', 1)[0].trim().toLowerCase();
	return ALIASES.get(type) ?? type;
}

/** The MIME type of a file: as the server says, else by the extension of its name. */
export function mimeTypeOf(contentType: string | undefined, fileName: string): string {
	const said = plainMimeType(contentType);
	return SAYS_NOTHING.has(said) ? (mimeTypeByName(fileName) ?? UNKNOWN) : said;
}

/** The usual extension without its dot; undefined for types that no model makes. */
export function extensionOf(mimeType: string): string | undefined {
	return EXTENSIONS[mimeType]?.[0];
}

/**
 * Whether an answer is a page or an error message where a media file is expected: by a name with
 * the extension of one, or by one without extension.
 */
export function isTextInsteadOfFile(contentType: string | undefined, fileName: string): boolean {
	const isMediaExpected =
		extensionIn(fileName) === undefined || mimeTypeByName(fileName) !== undefined;
	return isMediaExpected && isTextType(plainMimeType(contentType));
}

function isTextType(type: string): boolean {
	if (type === 'image/svg+xml') return false;
	return type.startsWith('text/') || /[/+](json|xml)$/.test(type);
}

function mimeTypeByName(fileName: string): string | undefined {
	const extension = extensionIn(fileName);
	if (extension === undefined) return undefined;
	return Object.keys(EXTENSIONS).find((type) => EXTENSIONS[type].includes(extension));
}

function extensionIn(fileName: string): string | undefined {
	return /\.(\w+)$/.exec(fileName)?.[1].toLowerCase();
}
