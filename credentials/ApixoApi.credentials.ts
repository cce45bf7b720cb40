import type {
	IAuthenticateGeneric,
	IAuthenticateRuleResponseCode,
	IAuthenticateRuleResponseSuccessBody,
	ICredentialTestRequest,
	ICredentialType,
	Icon,
	INodeProperties,
} from 'n8n-workflow';

const KEY_REFUSED =
	'APIXO does not accept this API key. Make a new one in the dashboard under API Keys';
const KEY_FORBIDDEN =
	'APIXO knows this API key but forbids its use here: check its permissions and its IP allow-list in the dashboard';

const httpStatus = (value: number, message: string): IAuthenticateRuleResponseCode => ({
	type: 'responseCode',
	properties: { value, message },
});

const body = (
	key: string,
	value: unknown,
	message: string,
): IAuthenticateRuleResponseSuccessBody => ({
	type: 'responseSuccessBody',
	properties: { key, value, message },
});

export class ApixoApi implements ICredentialType {
	name = 'apixoApi';

	displayName = 'APIXO API';

	icon: Icon = {
		light: 'file:../nodes/Apixo/apixo.svg',
		dark: 'file:../nodes/Apixo/apixo.dark.svg',
	};

	documentationUrl = 'https://apixo.ai/docs/concepts/authentication';

	properties: INodeProperties[] = [
		{
			displayName: 'API Key',
			name: 'apiKey',
			type: 'string',
			typeOptions: { password: true },
			required: true,
			default: '',
			description: 'Made in the APIXO dashboard under API Keys, and shown there only once',
		},
		{
			displayName: 'Base URL',
			name: 'baseUrl',
			type: 'string',
			default: 'https://api.apixo.ai/api/v1',
			description: 'Change it only for a proxy or the simulator',
		},
		{
			displayName: 'Callback Secret',
			name: 'callbackSecret',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			placeholder: 'Optional',
			description:
				'Signs callback URLs, so that nobody else can start your workflows. Leave empty to use a key derived from the API key; set it to keep callbacks valid when the API key changes.',
		},
	];

	authenticate: IAuthenticateGeneric = {
		type: 'generic',
		properties: { headers: { Authorization: '=Bearer {{$credentials.apiKey}}' } },
	};

	test: ICredentialTestRequest = {
		request: {
			method: 'GET',
			url: '={{ $credentials.baseUrl.trim().replace(/\\/+$/, "") }}/apikeys/current-balance',
		},
		rules: [
			httpStatus(401, KEY_REFUSED),
			httpStatus(403, KEY_FORBIDDEN),
			httpStatus(404, "There is no APIXO API at this address: check 'Base URL'"),
			httpStatus(
				429,
				'APIXO is receiving too many requests from this account: try again in a minute',
			),
			body('code', 401, KEY_REFUSED),
			body('code', 403, KEY_FORBIDDEN),
			// Rules compare for equality only. An envelope with any other code carries no balance, and
			// only a number has this method.
			body(
				'data.toFixed',
				undefined,
				"APIXO answered without a balance: check 'Base URL', or try again if it was a passing fault",
			),
		] as ICredentialTestRequest['rules'],
	};
}
