import { createHash } from 'node:crypto';
import type { INodeExecutionData } from 'n8n-workflow';
import { fetch } from 'undici';
import type { Stage } from '../action/support.cts';

/** Size and digest: jest takes a minute to compare some megabytes byte by byte. */
export function fingerprint(bytes: Buffer): string {
	return `${bytes.length} bytes, ${createHash('sha256').update(bytes).digest('hex')}`;
}

/** Fingerprints of what these URLs serve. */
export async function originals(urls: unknown): Promise<string[]> {
	return await Promise.all(
		(urls as string[]).map(async (url) => {
			const answer = await fetch(url);
			expect(answer.status).toBe(200);
			return fingerprint(Buffer.from(await answer.arrayBuffer()));
		}),
	);
}

/** An item's files, in the order of their properties. */
export async function filesOf({ api }: Stage, { binary = {} }: INodeExecutionData) {
	return await Promise.all(
		Object.entries(binary).map(async ([property, file]) => ({
			property,
			fileName: file.fileName,
			mimeType: file.mimeType,
			content: fingerprint(await api.readBinary(file)),
		})),
	);
}
