import type {
	IAuthenticateRuleResponseCode,
	IAuthenticateRuleResponseSuccessBody,
	ICredentialDataDecryptedObject,
	ICredentialTestRequest,
	ICredentialType,
	IHttpRequestOptions,
	Icon,
	INodeProperties,
} from 'n8n-workflow';

import { APIXO_BASE_URL } from '../nodes/shared/api/baseUrl';

const KEY_REFUSED =
	'APIXO rejected this API key. Check it, or create a new one in the APIXO dashboard under API Keys';
const KEY_FORBIDDEN =
	"This API key isn't allowed to be used here. Check its permissions and IP allowlist in the APIXO dashboard";
const REDIRECTED =
	"The address in 'Base URL' redirects to another one. Enter the address of APIXO itself, which begins with https://";
const REDIRECT_STATUSES = [301, 302, 303, 307, 308];

/** As people write it. No regular expression: n8n refuses the form where it is too busy for one. */
const HTTP_STARTS = ['http://', 'HTTP://', ' http://'];

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
			displayName:
				'<a href="https://apixo.ai/dashboard/api-keys" target="_blank">Create an API key</a> in your APIXO dashboard. It is shown only once.',
			name: 'dashboardNotice',
			type: 'notice',
			default: '',
		},
		{
			displayName: 'API Key',
			name: 'apiKey',
			type: 'string',
			typeOptions: { password: true },
			required: true,
			default: '',
			description:
				'Create a key in your <a href="https://apixo.ai/dashboard/api-keys" target="_blank">APIXO dashboard</a> under API Keys. It is shown only once.',
		},
		{
			displayName: 'Base URL',
			name: 'baseUrl',
			type: 'string',
			default: APIXO_BASE_URL,
			description: 'Only change this if you use a proxy or the simulator',
		},
		{
			displayName:
				'Over HTTP, others on the network can read the API key. Use HTTPS, unless the address is in your own network.',
			name: 'httpNotice',
			type: 'notice',
			default: '',
			displayOptions: {
				show: { baseUrl: HTTP_STARTS.map((startsWith) => ({ _cnd: { startsWith } })) },
			},
		},
		{
			// Where no answer comes, n8n shows the code of the error alone and asks no rule of the test.
			displayName:
				"n8n must be able to reach this address. If the test says ECONNREFUSED, ENOTFOUND or ETIMEDOUT, it can't: check the address, and any firewall or proxy in between. ERR_INVALID_URL means that the address isn't a valid URL.",
			name: 'reachableNotice',
			type: 'notice',
			default: '',
			displayOptions: { hide: { baseUrl: [APIXO_BASE_URL] } },
		},
		{
			displayName: 'Callback Secret',
			name: 'callbackSecret',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			placeholder: 'e.g. a long random string',
			description:
				'Secret for signing callback URLs, so that only your own tasks can start your workflows. Leave empty to derive it from the API key. Set it if you plan to rotate the API key.',
		},
	];

	/**
	 * A function: n8n would evaluate an expression for each request, in the execution's isolate. Not a
	 * method: n8n copies what the object itself has, and offers the HTTP Request node no type without.
	 */
	authenticate = async (
		{ apiKey }: ICredentialDataDecryptedObject,
		options: IHttpRequestOptions,
	): Promise<IHttpRequestOptions> => {
		const headers = { ...options.headers, Authorization: `Bearer ${String(apiKey ?? '').trim()}` };
		return { ...options, headers };
	};

	test: ICredentialTestRequest = {
		request: {
			method: 'GET',
			url: `={{ ($credentials.baseUrl || "${APIXO_BASE_URL}").trim().replace(/\\/+$/, "") }}/apikeys/current-balance`,
			// As in the node: the key is not sent on to another host.
			disableFollowRedirect: true,
		},
		rules: [
			httpStatus(401, KEY_REFUSED),
			httpStatus(403, KEY_FORBIDDEN),
			httpStatus(404, "No APIXO API found at this address. Check 'Base URL'"),
			httpStatus(429, 'Too many requests from this account. Try again in a minute'),
			...REDIRECT_STATUSES.map((status) => httpStatus(status, REDIRECTED)),
			body('code', 401, KEY_REFUSED),
			body('code', 403, KEY_FORBIDDEN),
			// Rules compare for equality only. An envelope with any other code carries no balance, and
			// only a number has this method.
			body(
				'data.toFixed',
				undefined,
				"The response contained no balance. Check 'Base URL', or try again in a moment",
			),
		] as ICredentialTestRequest['rules'],
	};
}
