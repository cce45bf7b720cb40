import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sharedN8n } from '../harness/shared.cts';
import type { CredentialReference } from '../harness/workflows.cts';

/** A stand-in for a service with the interface of S3. */
export interface Storage {
	/** What was uploaded, by the path of the request: `/bucket/name`. */
	files: Map<string, Buffer>;
	/** For the S3 node, in the n8n that test files share. */
	credential(): Promise<CredentialReference>;
	stop(): Promise<void>;
}

const LOCATION = '<LocationConstraint xmlns="s3">us-east-1</LocationConstraint>';

/** Starts a storage on loopback that keeps in memory whatever is uploaded. */
export async function startStorage(): Promise<Storage> {
	const files = new Map<string, Buffer>();
	const server = createServer((incoming, outgoing) => {
		const chunks: Buffer[] = [];
		incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
		incoming.on('end', () => {
			const path = (incoming.url ?? '').split('?', 1)[0];
			if (incoming.method === 'PUT') files.set(path, Buffer.concat(chunks));
			outgoing.end(incoming.method === 'GET' ? LOCATION : '');
		});
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	return {
		files,
		credential: async () =>
			await sharedN8n().api.createCredential('S3 account', 's3', {
				endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
				region: 'us-east-1',
				accessKeyId: 'any',
				secretAccessKey: 'any',
				forcePathStyle: true,
				ignoreSSLIssues: false,
			}),
		stop: async () => {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}
