/**
 * The rules of n8n's scanner (`@n8n/scan-community-package`) by the plugins it uses itself, so that
 * both of its legs run offline. To be used as the scanner does, without inline configuration:
 *
 *   source:   eslint --config <this file> --no-inline-config package.json "{nodes,credentials}/**\/*.{js,ts,json}"
 *   package:  the same with "**\/*.js" and package.json in the unpacked tarball
 *
 * The scanner itself is no dependency: it reads packages that are published already, and brings 220 MB.
 */
import { n8nCommunityNodesPlugin } from '@n8n/eslint-plugin-community-nodes';
import { defineConfig } from 'eslint/config';
import n8nNodesBasePlugin from 'eslint-plugin-n8n-nodes-base';
import tseslint from 'typescript-eslint';

const { community, credentials, nodes } = n8nNodesBasePlugin.configs;

export default defineConfig(
	n8nCommunityNodesPlugin.configs.recommended,
	{ plugins: { 'n8n-nodes-base': n8nNodesBasePlugin }, rules: { 'no-console': 'error' } },
	{ files: ['**/*.{ts,json}'], languageOptions: { parser: tseslint.parser } },
	{ files: ['package.json'], rules: community.rules },
	{
		files: ['**/credentials/**/*.ts'],
		rules: {
			...credentials.rules,
			'n8n-nodes-base/cred-class-field-documentation-url-miscased': 'off',
			'n8n-nodes-base/cred-class-field-type-options-password-missing': 'off',
		},
	},
	{
		files: ['**/nodes/**/*.ts'],
		rules: {
			...nodes.rules,
			'n8n-nodes-base/node-class-description-inputs-wrong-regular-node': 'off',
			'n8n-nodes-base/node-class-description-outputs-wrong': 'off',
			'n8n-nodes-base/node-param-type-options-max-value-present': 'off',
		},
	},
);
