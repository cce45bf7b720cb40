import { kindOfHost } from '../net/host';
import type { ModelInput } from '../models/catalogueSchema';
import { extensionOf, plainMimeType } from './fileType';

/** A file that is to go into a model's input. */
export interface InputFile {
	name: string;
	mimeType: string;
	/** Unknown in older versions of n8n. */
	bytes?: number;
}

const BYTES_PER_MEGABYTE = 1024 * 1024;

/** From APIXO's pages on parameters and error codes (IMAGE_TOO_LARGE, UNSUPPORTED_FORMAT). */
const USUAL_IMAGE_TYPES = ['image/jpeg', 'image/png', 'image/webp'];
const USUAL_IMAGE_MEGABYTES = 10;

/**
 * Why a model will not take this file, as a sentence; undefined where nothing speaks against it.
 * @param input the catalogue's entry, where it has one
 */
export function inputFileProblem(
	file: InputFile,
	inputName: string,
	input?: Pick<ModelInput, 'fileTypes' | 'maxFileMegabytes'>,
): string | undefined {
	const family = /(image|video|audio)/i.exec(inputName)?.[1].toLowerCase();
	const isImage = family === 'image';
	const types = input?.fileTypes ?? (isImage ? USUAL_IMAGE_TYPES : undefined);
	const maxMegabytes = input?.maxFileMegabytes ?? (isImage ? USUAL_IMAGE_MEGABYTES : undefined);

	const type = plainMimeType(file.mimeType);
	const fits = types ? types.includes(type) : !family || type.startsWith(`${family}/`);
	if (!fits) {
		const wanted = types ? types.map(typeName).join(', ') : `${family} files`;
		return `The file '${file.name}' is of type '${type}', but '${inputName}' takes ${wanted}. Convert it first.`;
	}
	if (maxMegabytes !== undefined && (file.bytes ?? 0) > maxMegabytes * BYTES_PER_MEGABYTE) {
		const megabytes = ((file.bytes ?? 0) / BYTES_PER_MEGABYTE).toFixed(1);
		return `The file '${file.name}' has ${megabytes} MB, but '${inputName}' takes at most ${maxMegabytes} MB a file. Make it smaller first.`;
	}
	return undefined;
}

function typeName(mimeType: string): string {
	return mimeType === 'image/jpeg' ? 'JPEG' : (extensionOf(mimeType)?.toUpperCase() ?? mimeType);
}

const HOW_TO_FIX =
	'Set N8N_WEBHOOK_URL (formerly WEBHOOK_URL) to the public https address of this n8n and restart it, or give the model a public URL of the file instead';

/**
 * Why APIXO cannot fetch a file from this address of n8n, as a sentence; undefined where it can.
 * @param allowLoopback for a simulator on this machine
 */
export function fileAddressProblem(
	address: string,
	fileName: string,
	{ allowLoopback }: { allowLoopback: boolean },
): string | undefined {
	const { protocol, hostname, origin } = new URL(address);
	const host = kindOfHost(hostname);
	if (host === 'loopback' && allowLoopback) return undefined;
	const from = `APIXO would have to fetch the file '${fileName}' from this n8n at '${origin}'`;
	if (host !== 'public') return `${from}, which it cannot reach. ${HOW_TO_FIX}.`;
	if (protocol !== 'https:') return `${from}, which is not an https address. ${HOW_TO_FIX}.`;
	return undefined;
}
