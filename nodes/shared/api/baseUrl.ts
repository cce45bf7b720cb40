/** Where the APIXO API is, unless a credential names a proxy or simulator (page "authentication"). */
export const APIXO_BASE_URL = 'https://api.apixo.ai/api/v1';
