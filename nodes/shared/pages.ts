/** APIXO's pages for people, as the errors and notices of the nodes link to them. */
export const DASHBOARD_URL = 'https://apixo.ai/dashboard';
export const API_KEYS_URL = 'https://apixo.ai/dashboard/api-keys';
export const DOCS_URL = 'https://apixo.ai/docs';
