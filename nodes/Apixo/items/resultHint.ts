import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { isLoopbackUrl } from '../../shared/callbacks/url';
import { escapeHtml } from '../../shared/html';
import { mimeTypeOf } from '../../shared/media/fileType';
import { findModel } from '../../shared/models/catalogue';
import { readCredential } from '../../shared/n8n/connection';
import { kindOfHost } from '../../shared/net/host';

/** One row in the panel's usual width; a hint that needs more than 320 px in all is cut off. */
const MAX_SHOWN = 4;
const ONE_IMAGE_HEIGHT_PX = 140;
/** No result's link is as long, and n8n stores the hint with the execution. */
const MAX_URL_LENGTH = 2_048;
/** Four of 16:9 beside each other. */
const ROW_HEIGHT_PX = 72;

const LINK_TEXTS: Record<string, string> = { video: 'Watch the video', audio: 'Listen' };

const EXPIRY =
	'Links expire after 24 hours. To keep the files, use <b>Download Results</b> (or the operation <b>Download</b> of a task). ' +
	'To use the first link in another node: <code>{{ $json.resultUrls[0] }}</code>';

interface ShownResult {
	url: string;
	/** `image`, `video`, `audio`, or `unknown`. */
	mediaType: string;
}

/**
 * Shows the results of a run above its data: thumbnails of images, links to videos and audio. Shows
 * nothing in an agent's tool call, nor of items whose files were downloaded.
 */
export async function addResultHint(
	context: IExecuteFunctions,
	items: INodeExecutionData[],
): Promise<void> {
	if (context.isToolExecution?.() === true) return;
	const results = items.flatMap(resultsOf);
	const hasLoopback = results.some(({ url }) => isLoopbackUrl(url));
	const message = resultHint(results, {
		allowLoopback: hasLoopback && (await isSimulated(context)),
	});
	if (message !== undefined) {
		context.addExecutionHints({ message, type: 'info', location: 'outputPane' });
	}
}

/**
 * The first results as HTML, of which n8n's sanitizer keeps `img` and `a`; undefined where there is
 * none to show. Only `https` of public hosts; `http`, too, of this machine, where `allowLoopback`
 * says so.
 */
export function resultHint(
	results: ShownResult[],
	{ allowLoopback }: { allowLoopback: boolean },
): string | undefined {
	const safe = results.flatMap(({ url, mediaType }) => {
		const href = safeUrl(url, allowLoopback);
		return href === undefined ? [] : [{ href, mediaType }];
	});
	if (safe.length === 0) return undefined;
	const heightPx = safe.length === 1 ? ONE_IMAGE_HEIGHT_PX : ROW_HEIGHT_PX;
	const shown = safe.slice(0, MAX_SHOWN).map(({ href, mediaType }, index) => {
		const content =
			mediaType === 'image'
				? `<img src="${href}" height="${heightPx}" loading="lazy" alt="Result ${index + 1}">`
				: `${LINK_TEXTS[mediaType] ?? 'Open the file'}${safe.length > 1 ? ` (${index + 1})` : ''}`;
		return `<a href="${href}" target="_blank">${content}</a>`;
	});
	const further = safe.length - shown.length;
	return `${shown.join(' ')}${further > 0 ? ` and ${further} more` : ''}<br>${EXPIRY}`;
}

/** The result URLs of an output item that has no files, each with what it leads to. */
export function resultsOf({ json, binary }: INodeExecutionData): ShownResult[] {
	const { state, model, resultUrls } = json;
	if (binary || state !== 'success' || !Array.isArray(resultUrls)) return [];
	const made = typeof model === 'string' ? findModel(model)?.category : undefined;
	return resultUrls
		.filter((url) => typeof url === 'string')
		.map((url) => ({ url, mediaType: mediaTypeOf(url) ?? made ?? 'unknown' }));
}

/** By the extension of the file's name: a task for audio may have made a cover image, too. */
function mediaTypeOf(url: string): string | undefined {
	const type = mimeTypeOf(undefined, url.split(/[?#]/, 1)[0]).split('/')[0];
	return type === 'application' ? undefined : type;
}

/** The editor loads an image by itself, so no URL may lead into the network that it is used in. */
function safeUrl(text: string, allowLoopback: boolean): string | undefined {
	if (text.length > MAX_URL_LENGTH || !URL.canParse(text)) return undefined;
	const { protocol, hostname, username, password, href } = new URL(text);
	const host = kindOfHost(hostname);
	const isSafe =
		(host === 'public' && protocol === 'https:') ||
		(host === 'loopback' && allowLoopback && /^https?:$/.test(protocol));
	return isSafe && username === '' && password === '' ? escapeHtml(href) : undefined;
}

/** Whether the credential's API runs on this machine. A hint must not cost a result, so no error. */
async function isSimulated(context: IExecuteFunctions): Promise<boolean> {
	const credential = await readCredential(context).catch(() => undefined);
	return credential?.ok === true && isLoopbackUrl(credential.value.baseUrl);
}
