/** What APIXO's models make and take, and their close relatives. The first extension is preferred. */
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

/** Names for the same, as some servers and programs write them. */
const ALIASES = new Map([
	['image/jpg', 'image/jpeg'],
	['image/pjpeg', 'image/jpeg'],
	['audio/mp3', 'audio/mpeg'],
	['audio/x-wav', 'audio/wav'],
	['audio/wave', 'audio/wav'],
	['audio/x-m4a', 'audio/mp4'],
	['video/x-m4v', 'video/mp4'],
]);

/** What servers say of files that they know nothing about. */
const UNKNOWN = 'application/octet-stream';
const SAYS_NOTHING = new Set(['', UNKNOWN, 'binary/octet-stream', 'application/x-download']);

const PAGE_TYPES = /^(text\/html|application\/xhtml\+xml)$/;

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

/** Whether an answer is a web page where its name promises a picture, a video or a sound. */
export function isPageInsteadOfFile(contentType: string | undefined, fileName: string): boolean {
	return PAGE_TYPES.test(plainMimeType(contentType)) && mimeTypeByName(fileName) !== undefined;
}

function mimeTypeByName(fileName: string): string | undefined {
	const extension = /\.(\w+)$/.exec(fileName)?.[1].toLowerCase();
	if (extension === undefined) return undefined;
	return Object.keys(EXTENSIONS).find((type) => EXTENSIONS[type].includes(extension));
}
