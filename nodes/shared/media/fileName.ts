import { extensionOf } from './fileType';

/** File systems take 255 bytes; extension, number and a store's own additions need room too. */
const MAX_NAME_BYTES = 200;

/** Not allowed in names on one system or another; \p{Cf} has what reverses the direction of text. */
const UNSAFE = /[<>:"/\\|?*\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
/** Names of devices on Windows, whatever extension follows. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)$/i;

/** The file name that a URL ends with, safe to store; undefined where it has none with extension. */
export function fileNameInUrl(url: string): string | undefined {
	const segment = new URL(url).pathname.split('/').at(-1) ?? '';
	return named(decoded(segment));
}

/**
 * The name for a file whose URL has none: that of `Content-Disposition`, else `fallback` with the
 * extension of the MIME type.
 */
export function fileNameInAnswer(
	contentDisposition: string | undefined,
	mimeType: string,
	fallback: string,
): string {
	const extension = extensionOf(mimeType);
	const offered = safeName(nameInDisposition(contentDisposition ?? ''));
	return named(offered) ?? [offered || fallback, extension].filter(Boolean).join('.');
}

/** The name, with a number before its extension where it is taken; takes it. */
export function takeName(name: string, taken: Set<string>): string {
	const [, stem, extension] = /^(.+?)((?:\.\w+)?)$/su.exec(name) ?? ['', name, ''];
	let free = name;
	// Some file systems do not distinguish upper and lower case.
	for (let number = 2; taken.has(free.toLowerCase()); number++) {
		free = `${stem}-${number}${extension}`;
	}
	taken.add(free.toLowerCase());
	return free;
}

function named(text: string): string | undefined {
	const name = safeName(text);
	return /.\.\w{1,10}$/.test(name) ? name : undefined;
}

function safeName(text: string): string {
	const [, stem = '', extension = ''] =
		/^(.*?)((?:\.\w{1,10})?)$/su.exec(text.replace(UNSAFE, '_').trim()) ?? [];
	const plain = stem.replace(/^[.\s]+/, '').replace(/(?<![.\s])[.\s]+$/, '');
	if (plain === '') return '';
	return `${shortened(DEVICE.test(plain) ? `_${plain}` : plain)}${extension}`;
}

/** Cut between characters, so that it does not exceed the limit in UTF-8. */
function shortened(text: string): string {
	let bytes = 0;
	let kept = '';
	for (const character of text) {
		bytes += Buffer.byteLength(character);
		if (bytes > MAX_NAME_BYTES) break;
		kept += character;
	}
	return kept;
}

/** `filename*` (RFC 6266) or `filename`, which n8n and others percent-encode; empty where absent. */
function nameInDisposition(header: string): string {
	const extended = /filename\*\s*=\s*[\w-]*'[\w-]*'([^;\s]+)/i.exec(header)?.[1];
	if (extended) return decoded(extended);
	const [, quoted, token] = /filename\s*=\s*(?:"((?:\\.|[^"\\])*)"|([^;\s]+))/i.exec(header) ?? [];
	return decoded(quoted?.replace(/\\(.)/g, '$1') ?? token ?? '');
}

function decoded(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}
