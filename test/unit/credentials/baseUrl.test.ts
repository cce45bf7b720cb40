import { NodeHelpers } from 'n8n-workflow';

import { ApixoApi } from '../../../credentials/ApixoApi.credentials';

/** The notices that the form of the credential shows with this base URL. */
function noticesWith(baseUrl: string): string {
	return new ApixoApi().properties
		.filter(({ type }) => type === 'notice')
		.filter((notice) => NodeHelpers.displayParameter({ baseUrl }, notice, null, null))
		.map(({ displayName }) => displayName)
		.join('\n');
}

const KEY_CAN_BE_READ = /others on the network can read the API key/;

it.each(['http://api.apixo.ai/api/v1', 'HTTP://api.apixo.ai', ' http://proxy:8080', 'http://'])(
	'warns that the key can be read on the way to %j',
	(baseUrl) => expect(noticesWith(baseUrl)).toMatch(KEY_CAN_BE_READ),
);

it.each(['https://api.apixo.ai/api/v1', 'HTTPS://api.apixo.ai', '', 'https://http:8080'])(
	'does not on the way to %j',
	(baseUrl) => expect(noticesWith(baseUrl)).not.toMatch(KEY_CAN_BE_READ),
);
