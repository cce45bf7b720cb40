import type { CatalogueModel } from '../models/catalogueTypes';
import { CATEGORIES, type Category } from '../models/categories';
import { kindOfHost } from '../net/host';
import { BYTES_PER_MEGABYTE } from '../units';
import { extensionOf, mimeTypeOf } from './fileType';

/** A file that is to go into a model's input. */
export interface InputFile {
	name: string;
	mimeType: string;
	/** Unknown in older versions of n8n. */
	bytes?: number;
}

/** What speaks against a file: a `problem` keeps the request from being sent, a `warning` does not. */
export interface FileCheck {
	problem?: string;
	warning?: string;
}

/** What `mimeTypeOf` says where neither the type nor the name tells what a file is. */
const UNKNOWN_TYPE = 'application/octet-stream';

/**
 * From APIXO's pages on parameters and error codes (IMAGE_TOO_LARGE, UNSUPPORTED_FORMAT). Models
 * override them freely.
 */
const USUAL_FILES: { [category in Category]?: { types: string[]; maxMegabytes: number } } = {
	image: { types: ['image/jpeg', 'image/png', 'image/webp'], maxMegabytes: 10 },
};

/**
 * Whether a model takes a file. What its page in the catalogue states is a problem; the usual limits
 * of APIXO, and of models that are not or only partly known, are only warned of.
 * @param model the catalogue's entry, where it has one
 */
export function checkInputFile(
	file: InputFile,
	inputName: string,
	model: CatalogueModel | undefined,
): FileCheck {
	if (file.bytes === 0) {
		return { problem: `The file '${file.name}' is empty (0 bytes). Check the node that made it.` };
	}
	const input = model?.inputs.find(({ name }) => name === inputName);
	const family = CATEGORIES.find(({ mediaType }) => inputName.toLowerCase().includes(mediaType));
	const usual = family && USUAL_FILES[family.value];
	const violation = violationOf(file, inputName, {
		types: input?.fileTypes ?? usual?.types,
		mediaType: family?.mediaType,
		maxMegabytes: input?.maxFileMegabytes ?? usual?.maxMegabytes,
	});
	if (violation === undefined) return {};
	const isStated =
		model?.confidence === 'page' && input !== undefined && input.disputed?.input === undefined;
	if (isStated && !violation.isUncertain) return { problem: violation.message };
	return {
		warning: `${violation.message} The limits of '${inputName}' are not certain, so the request is sent anyway.`,
	};
}

function violationOf(
	file: InputFile,
	inputName: string,
	{
		types,
		mediaType,
		maxMegabytes,
	}: { types?: string[]; mediaType?: string; maxMegabytes?: number },
): { message: string; isUncertain: boolean } | undefined {
	// Storage such as S3 or FTP often names no type, though the file's name tells it.
	const type = mimeTypeOf(file.mimeType, file.name);
	const fits = types ? types.includes(type) : !mediaType || type.startsWith(`${mediaType}/`);
	if (!fits) {
		const wanted = types ? types.map(typeName).join(', ') : `${mediaType} files`;
		return {
			message: `The file '${file.name}' is of type '${type}', but '${inputName}' accepts ${wanted}. Convert it first.`,
			isUncertain: type === UNKNOWN_TYPE,
		};
	}
	if (maxMegabytes !== undefined && (file.bytes ?? 0) > maxMegabytes * BYTES_PER_MEGABYTE) {
		const megabytes = ((file.bytes ?? 0) / BYTES_PER_MEGABYTE).toFixed(1);
		return {
			message: `The file '${file.name}' is ${megabytes} MB, but '${inputName}' accepts at most ${maxMegabytes} MB per file. Make it smaller first.`,
			isUncertain: false,
		};
	}
	return undefined;
}

function typeName(mimeType: string): string {
	return mimeType === 'image/jpeg' ? 'JPEG' : (extensionOf(mimeType)?.toUpperCase() ?? mimeType);
}

const HOW_TO_FIX =
	'Set N8N_WEBHOOK_URL (formerly WEBHOOK_URL) to the public HTTPS URL of this n8n and restart it, or give the model a public URL of the file instead';

/**
 * Why APIXO cannot download a file from this URL of n8n, as a message; undefined where it can.
 * @param allowLoopback for a simulator on this machine
 */
export function fileUrlProblem(
	url: string,
	fileName: string,
	{ allowLoopback }: { allowLoopback: boolean },
): string | undefined {
	const { protocol, hostname, origin } = new URL(url);
	const host = kindOfHost(hostname);
	if (host === 'loopback' && allowLoopback) return undefined;
	const cannot = `APIXO can't download the file '${fileName}'`;
	if (host !== 'public')
		return `${cannot}, because it can't reach n8n at '${origin}'. ${HOW_TO_FIX}.`;
	if (protocol !== 'https:') {
		return `${cannot}, because n8n's URL '${origin}' isn't an HTTPS one. ${HOW_TO_FIX}.`;
	}
	return undefined;
}

/** Inputs of such names hold URLs, in models that are not in the catalogue, too. */
const HOLDS_URLS = /_urls?$/i;

/**
 * Why APIXO cannot download a file whose URL an input names, as a message; undefined where it may.
 * Its pages take public URLs, and a task that fails for lack of a file may be charged.
 * @param nameOf how the user knows an input
 * @param allowLoopback for a simulator on this machine
 */
export function givenUrlProblem(
	input: Record<string, unknown>,
	nameOf: (inputName: string) => string,
	{ allowLoopback }: { allowLoopback: boolean },
): string | undefined {
	const urls = Object.entries(input)
		.filter(([name]) => HOLDS_URLS.test(name))
		.flatMap(([name, value]) => [value].flat().map((url): [string, unknown] => [name, url]));
	for (const [name, text] of urls) {
		if (typeof text !== 'string' || !/^https?:/i.test(text) || !URL.canParse(text)) continue;
		const { hostname, host } = new URL(text);
		const kind = kindOfHost(hostname);
		if (kind === 'public' || (kind === 'loopback' && allowLoopback)) continue;
		return (
			`'${nameOf(name)}' names a file at '${host}', which is not on the internet, so APIXO can't download it. ` +
			"Give a public URL, or use a file of the item with the option 'Input Files'."
		);
	}
	return undefined;
}
